//! The fuzzer: libFuzzer around the target that `TABSPACE_FUZZ` names. `cargo xtask fuzz` builds and runs it.
#![no_main]

use std::sync::LazyLock;

use fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TABSPACE_FUZZ").unwrap_or_default();
    Target::find(&name).unwrap_or_else(|| panic!("TABSPACE_FUZZ names no target: {name:?}"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
