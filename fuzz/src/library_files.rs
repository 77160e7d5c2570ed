//! Files that a person imports: backups of the library, whole and damaged, and those of other programs. What is read is
//! written and read again as the same; brought in, it is on disk whatever was in it, stays as it is after a restart,
//! and is not doubled when the file is imported again.

use protocol::Millis;
use wasm_core::library::backup::{bookmarks, prove, read, write};
use wasm_core::library::engine::{BroughtIn, Engine, library_of};
use wasm_core::session::Effect;

use crate::disk::Disk;

const NOW: Millis = Millis(1_000_000);

pub(crate) fn run(bytes: &[u8]) {
    let Ok(found) = read(bytes) else { return };
    let library = found.library;
    let (text, written) = write(&library, NOW);
    let again = read(text.as_bytes()).expect("what was written can be read");
    assert!(again.whole && again.set_aside.is_empty() && again.removed_aside == 0);
    assert_eq!(again.library, library);
    let _ = (
        prove(text.as_bytes(), &written, &library),
        prove(bytes, &written, &library),
        read(bookmarks::write(&library, "Saved").as_bytes()),
    );

    let mut disk = Disk::default();
    let mut engine = start(&disk);
    let bring = |engine: &mut Engine, disk: &mut Disk| -> Vec<BroughtIn> {
        let brought = library
            .spaces
            .iter()
            .map(|space| engine.bring_in(NOW, space, "a copy"))
            .collect();
        for entry in &library.bin {
            engine.bring_removed(NOW, entry);
        }
        perform(engine, disk);
        brought
    };
    // A file may hold spaces of one id, and records that are not what it lists: both come beside each other.
    bring(&mut engine, &mut disk);
    bring(&mut engine, &mut disk);
    let before = disk.clone();
    let mut engine = start(&disk);
    perform(&mut engine, &mut disk);
    for brought in bring(&mut engine, &mut disk) {
        assert!(
            matches!(brought, BroughtIn::Same(_) | BroughtIn::Nothing),
            "{brought:?} for the third time"
        );
    }
    assert_eq!(disk, before, "nothing new is written");
}

fn start(disk: &Disk) -> Engine {
    let records = disk.records();
    assert_eq!(
        library_of(&records).1,
        Vec::<String>::new(),
        "what was brought in can be read"
    );
    // The ids of one start are not those of another.
    let random = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(
        1 + records.len() as u64 * 1_000_000,
    ));
    let next = move || u128::from(random.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) << 64;
    Engine::restore(&records, next).0
}

fn perform(engine: &mut Engine, disk: &mut Disk) {
    while let Some(effect) = engine.poll() {
        if let Effect::Commit(batch) = effect {
            let number = batch.number;
            disk.write(batch);
            engine.session().committed(NOW, number);
        }
    }
}
