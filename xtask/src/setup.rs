//! What the other commands need on this machine. Everything here looks first and installs only what is
//! missing, so each command simply asks for what it is about to use.
//!
//! Rust's own tools and npm's go into `target/tools`; only Debian packages change the machine.

mod debian;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::repository::{self, root, target};
use crate::shell::{Result, Step, cargo};

pub(crate) use debian::{
    install_browsers_and_database, install_cpp_compiler, install_database_and_npm, install_firefox,
    install_tracer,
};

/// The target of the client.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Versions that are pinned here because nothing else pins them.
const WASM_PACK: &str = "0.15.1";
const BINARYEN: (&str, &str) = ("binaryen", "132.0.0");
const ESBUILD: (&str, &str) = ("esbuild", "0.28.2");
const AXE_CORE: (&str, &str) = ("axe-core", "4.14.1");
/// The icons, from which `cargo xtask icons` takes those that are used.
pub(crate) const LUCIDE: (&str, &str) = ("lucide-static", "1.62.0");
const TYPESCRIPT: [(&str, &str); 2] = [("typescript", "7.0.2"), ("@types/chrome", "0.3.7")];

/// Where the tools are that are installed here.
fn tools() -> PathBuf {
    target().join("tools")
}

/// The folder of a tool that npm installed.
pub(crate) fn npm_modules() -> PathBuf {
    tools().join("npm/node_modules")
}

/// PATH with the tools of this project in front.
pub(crate) fn path_with_tools() -> Result<OsString> {
    let own = [tools().join("bin"), npm_modules().join(".bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))
        .map_err(|error| format!("PATH holds a folder that cannot stand there: {error}"))
}

/// Where a program of the system is.
pub(crate) fn find_on_path(program: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.ok_or_else(|| format!("there is no `{program}` on PATH"))
}

/// What building the client for the browser takes.
pub(crate) fn wasm_tools() -> Result<()> {
    add_wasm_target()?;
    let wasm_bindgen = locked_version("wasm-bindgen")?;
    // Without its default feature it does not need an SSL library.
    install_with_cargo(
        "wasm-bindgen",
        "wasm-bindgen-cli",
        &wasm_bindgen,
        ("1", &["--no-default-features"]),
    )?;
    // It only starts other programs.
    install_with_cargo("wasm-pack", "wasm-pack", WASM_PACK, ("0", &[]))?;
    install_with_npm(&[BINARYEN, ESBUILD])
}

/// What finds violations of accessibility rules in a page; returns its script.
pub(crate) fn axe_core() -> Result<PathBuf> {
    install_with_npm(&[AXE_CORE])?;
    Ok(npm_modules().join("axe-core/axe.min.js"))
}

/// The folder of the icons' release.
pub(crate) fn lucide() -> Result<PathBuf> {
    install_with_npm(&[LUCIDE])?;
    Ok(npm_modules().join(LUCIDE.0))
}

/// What checking the types of the extension's scripts takes.
pub(crate) fn type_checker() -> Result<()> {
    install_with_npm(&TYPESCRIPT)
}

/// Rust's own formatter or linter (`fmt`, `clippy`), which a minimal installation lacks.
pub(crate) fn rust_component(command: &str, component: &str) -> Result<()> {
    if cargo().args([command, "--version"]).output().is_ok() {
        return Ok(());
    }
    if find_on_path("rustup").is_err() {
        return Err(format!(
            "`cargo {command}` is missing and there is no rustup to add it; install your system's package of it"
        ));
    }
    Step::new("rustup")
        .args(["component", "add", component])
        .prepare()
}

/// What checking the client for the browser takes.
pub(crate) fn add_wasm_target() -> Result<()> {
    let sysroot = PathBuf::from(Step::new("rustc").args(["--print", "sysroot"]).output()?);
    if sysroot.join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir() {
        return Ok(());
    }
    if find_on_path("rustup").is_err() {
        return Err(format!(
            "Rust's standard library for {WASM_TARGET} is missing and there is no rustup to add it; install \
             Rust with rustup, or your system's package with that target"
        ));
    }
    Step::new("rustup").args(["target", "add", WASM_TARGET]).prepare()
}

/// The version of a crate in `Cargo.lock`.
fn locked_version(package: &str) -> Result<String> {
    let lock = repository::read_text(&root().join("Cargo.lock"))?;
    let version = lock.split("[[package]]").find_map(|entry| {
        let field = |name: &str| {
            entry
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{name} = "))?.into())
        };
        let quoted = format!("\"{package}\"");
        (field("name") == Some(quoted.as_str()))
            .then(|| field("version").map(|v: &str| v.trim_matches('"').to_owned()))?
    });
    version.ok_or_else(|| format!("Cargo.lock names no {package}; run `cargo update --workspace`"))
}

/// Installs a program of crates.io into `target/tools`, unless exactly that version is there: built at a level of
/// optimisation, and with these options.
fn install_with_cargo(
    program: &str,
    package: &str,
    version: &str,
    (level, options): (&str, &[&str]),
) -> Result<()> {
    let installed = Step::new(tools().join("bin").join(program))
        .arg("--version")
        .output();
    if installed.is_ok_and(|line| line.split_whitespace().any(|word| word == version)) {
        return Ok(());
    }
    let building = tools().join("building");
    let install = |locked: &[&str]| {
        cargo()
            .args(["install", package, "--version", version, "--force", "--root"])
            .arg(tools())
            .arg("--target-dir")
            .arg(&building)
            .args(options)
            .args(locked)
            // These run for seconds a day: built fast beats running fast.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .prepare()
    };
    // A mirror of the registry may lag behind what the package's own lock file asks for.
    install(&["--locked"]).or_else(|_| {
        eprintln!("{package} could not be built from what it was released with; trying with what there is");
        install(&[])
    })?;
    // Hundreds of megabytes that nobody needs again; it does not matter if they stay.
    let _ = std::fs::remove_dir_all(&building);
    Ok(())
}

/// Installs npm packages into `target/tools/npm`, unless exactly these versions are there.
fn install_with_npm(packages: &[(&str, &str)]) -> Result<()> {
    let missing = |(name, version): &&(&str, &str)| {
        let manifest = repository::read(&npm_modules().join(name).join("package.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
        manifest["version"] != **version
    };
    let missing: Vec<String> = packages
        .iter()
        .filter(missing)
        .map(|(name, v)| format!("{name}@{v}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    debian::install_npm()?;
    let folder = tools().join("npm");
    let manifest = folder.join("package.json");
    if !manifest.exists() {
        repository::write(&manifest, b"{ \"private\": true }\n")?;
    }
    let install =
        Step::new("npm")
            .folder(&folder)
            .args(["install", "--save-exact", "--no-audit", "--no-fund"]);
    // A package's own scripts have no business here.
    install
        .args(["--ignore-scripts", "--loglevel=error"])
        .args(missing)
        .prepare()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_tool_is_of_the_version_that_the_workspace_locks() {
        let manifest = repository::read_text(&root().join("Cargo.toml")).expect("a manifest");
        let locked = locked_version("wasm-bindgen").expect("locked");
        assert!(
            manifest.contains(&format!("wasm-bindgen = \"={locked}\"")),
            "locked is {locked}"
        );
        assert!(locked_version("no-such-package").is_err());
    }
}
