//! The kept inputs, without a fuzzer: what once broke something breaks nothing now, and every target still gets what it
//! needs to begin with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// Bytes of an input. What breaks something is to be made small before it is kept.
const LARGEST: usize = 16 * 1024;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// What is in a folder, in the order of the names.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a name").path()).collect();
    paths.sort();
    paths
}

#[test]
fn no_input_that_was_kept_breaks_anything() {
    for target in TARGETS {
        for path in inside(&corpus().join(target.name)) {
            let bytes = std::fs::read(&path).expect("a file");
            // Shown when the target panics.
            println!("{} is given {}", target.name, path.display());
            (target.run)(&bytes);
        }
    }
}

#[test]
fn every_target_has_small_inputs_and_every_input_a_target() {
    let targets: BTreeSet<PathBuf> = TARGETS.iter().map(|target| corpus().join(target.name)).collect();
    assert_eq!(targets.len(), TARGETS.len(), "no two targets have the same name");
    assert_eq!(inside(&corpus()).into_iter().collect::<BTreeSet<_>>(), targets);
    for folder in targets {
        let inputs = inside(&folder);
        assert!(!inputs.is_empty(), "{} holds nothing", folder.display());
        for path in inputs {
            let size = path.metadata().expect("a file").len();
            assert!(size <= LARGEST as u64, "{} is too large", path.display());
        }
    }
}
