//! Sees to it that there is a folder with the web page to embed, so that the relay builds before the page.

use std::path::{Path, PathBuf};
use std::{env, fs};

const PLACEHOLDER: &str = "<!doctype html>
<meta charset=\"utf-8\">
<title>TabSpace</title>
<p>This relay was built without its web page. Build it with <code>cargo xtask build</code>.</p>
";

fn main() {
    println!("cargo:rerun-if-env-changed=TABSPACE_WEB_DIR");
    println!("cargo:rerun-if-env-changed=CARGO_TARGET_DIR");
    println!("cargo:rerun-if-changed=../migrations");
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    // Where `cargo xtask` writes the page.
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| here.join("../target"), PathBuf::from);
    let folder = env::var_os("TABSPACE_WEB_DIR").map_or_else(|| target.join("web"), PathBuf::from);
    ensure_page(&folder).unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
    let folder = folder.canonicalize().expect("it was just made");
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rustc-env=TABSPACE_WEB_DIR={}", folder.display());
}

fn ensure_page(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let index = folder.join("index.html");
    if index.exists() {
        Ok(())
    } else {
        fs::write(index, PLACEHOLDER)
    }
}
