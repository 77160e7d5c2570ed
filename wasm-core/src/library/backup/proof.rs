//! The restore drill: what was read back from the disk is rebuilt, and compared with what was written.

use protocol::SpaceId;

use super::{Kind, Library, SetAside, Space, Unreadable, Written, read};
use crate::library::engine::{rebuilt, rebuilt_entry};

/// What a drill says.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Whether the bytes bring everything back.
    pub verdict: Verdict,
    /// Spaces of the present library that the bytes do not hold as they are now: what a rebuild would lose that was
    /// done since.
    pub changed_since: Vec<SpaceId>,
}

/// Whether bytes bring everything back that was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// They do: every space and every entry of the bin was rebuilt from its records, with what was marked, and is what
    /// the file lists.
    Proven,
    /// They are no backup at all.
    Unreadable(Unreadable),
    /// They are not as they were written: these spaces are lost in them, and what else is missing.
    Damaged(Vec<SetAside>),
    /// They are a backup, but not the one that was written.
    Another,
    /// The records of these spaces, or of what was in them, rebuild something else than what the file lists.
    RebuiltOtherwise(Vec<String>),
}

/// Rebuilds a library from bytes that were read back, and compares it with what was written and with what there is.
pub fn prove(bytes: &[u8], written: &Written, present: &Library) -> Proof {
    let found = match read(bytes) {
        Ok(found) => found,
        Err(why) => {
            return Proof {
                verdict: Verdict::Unreadable(why),
                changed_since: ids(present).collect(),
            };
        }
    };
    let library = &found.library;
    let is_there = |space: &&Space| library.spaces.contains(space);
    let changed_since = present
        .spaces
        .iter()
        .filter(|space| !is_there(space))
        .filter_map(|space| space.id)
        .collect();
    // The file's own checksum stands at its end.
    let end = &bytes[bytes.len().saturating_sub(2 * written.sha256.len())..];
    let is_the_written = String::from_utf8_lossy(end).contains(&written.sha256);
    let rebuilt_otherwise = rebuilt_otherwise(library);
    let verdict = if !found.whole {
        Verdict::Damaged(found.set_aside)
    } else if !is_the_written || library.counts() != written.counts {
        Verdict::Another
    } else if !rebuilt_otherwise.is_empty() {
        Verdict::RebuiltOtherwise(rebuilt_otherwise)
    } else {
        Verdict::Proven
    };
    Proof {
        verdict,
        changed_since,
    }
}

fn ids(library: &Library) -> impl Iterator<Item = SpaceId> {
    library.spaces.iter().filter_map(|space| space.id)
}

/// The names of the spaces, and of those in the bin, whose records make something else than what is listed.
fn rebuilt_otherwise(library: &Library) -> Vec<String> {
    let private = library.spaces.iter().filter(|space| space.kind == Kind::Private);
    let spaces = private
        .filter(|space| rebuilt(space).as_ref() != Some(*space))
        .map(|space| space.name.clone());
    let bin = library
        .bin
        .iter()
        .filter(|entry| rebuilt_entry(entry).as_ref() != Some(*entry))
        .map(|entry| entry.name.clone());
    spaces.chain(bin).collect()
}
