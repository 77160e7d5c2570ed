//! Building what browsers load: the client as WebAssembly, the unpacked extension and the web page.
//!
//! A build whose inputs did not change is skipped, and a file whose content did not change is not written.

mod names;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::repository::{self, Files, dist, read, read_files, root, target, write_files};
use crate::setup;
use crate::shell::{Result, Step, cargo};

/// The three builds of the client, each with the feature of the same name. Pages come first: the relay waits for them.
const CLIENTS: [&str; 3] = [PAGES, "worker", "popup"];

/// The client of all pages but the popup, which the web page is as well.
const PAGES: &str = "pages";

/// A fourth one, with the feature of this name, for tests only: every part in all its states.
const GALLERY: &str = "gallery";

/// The file beside a client that says of which inputs it was built.
const STAMP: &str = "inputs";

/// The file beside a client with what the compiler said about it.
const WARNINGS: &str = "warnings";

/// Bytes that the popup's module and scripts may take, compressed.
const POPUP_BYTES: usize = 200_000;

/// The script of the service worker.
const WORKER: &str = "worker.js";

/// Makes every effect of the worker a step at which a test may stop it.
const FAULTS: &str = "faults.js";

/// The features of WebAssembly that the compiler may have used; every browser that runs the extension has them.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Whom an extension is built for. They differ only in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everyone: the manifest as it is.
    User,
    /// Tests: asks for tab capture at installation, since a headless browser has nobody to ask later, and its worker has
    /// fault points.
    Test,
    /// Measurements: as [`Audience::Test`], with the worker that everyone has.
    Measured,
    /// Chrome's Web Store: without the `key`, which the store assigns.
    Store,
}

/// What a user has.
pub(crate) struct Product {
    /// The extension's folder.
    pub(crate) extension: PathBuf,
    /// The relay's binary.
    pub(crate) relay: PathBuf,
}

/// Builds the extension for `audience`, and the relay as it is published, with the web page in it.
pub(crate) fn product(audience: Audience) -> Result<Product> {
    let relay = clients_and(relay)?;
    let extension = extension(audience)?;
    Ok(Product { extension, relay })
}

/// Builds the client, the extension for `audience` and the web page. Returns the extension's folder.
pub(crate) fn everything(audience: Audience) -> Result<PathBuf> {
    clients_and(|| Ok(()))?;
    extension(audience)
}

/// Builds the relay as it is published and returns its binary.
pub(crate) fn relay() -> Result<PathBuf> {
    cargo()
        .args(["build", "--release", "--package", "tabspace-relay"])
        .run()?;
    Ok(target().join("release/tabspace-relay"))
}

/// Builds the relay for tests and returns its binary. Done by way of its own tests, whose build holds the binary
/// too: a build of the binary alone selects other features of its dependencies and would compile them again.
pub(crate) fn relay_for_tests() -> Result<PathBuf> {
    cargo()
        .args(["test", "--no-run", "--package", "tabspace-relay", "--test", "*"])
        .run()?;
    Ok(target().join("debug/tabspace-relay"))
}

/// Builds the client three times, into `target/client/NAME`, and the web page.
pub(crate) fn clients() -> Result<()> {
    clients_and(|| Ok(()))
}

/// Builds the clients, and does `with_page` as soon as there is the web page. The compiler works on a client with one core;
/// another one meanwhile makes the client before it small, and does what needs the page.
fn clients_and<T: Send>(with_page: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let inputs = &hash_of_inputs()?;
    let finish = |name: &'static str, compiled: bool| {
        if compiled { finish(name, inputs) } else { Ok(()) }
    };
    std::thread::scope(|scope| {
        let compiled = compile(PAGES, inputs)?;
        let page = scope.spawn(move || {
            finish(PAGES, compiled)?;
            web_page()?;
            with_page()
        });
        let mut others = Vec::new();
        for name in CLIENTS.into_iter().filter(|name| *name != PAGES) {
            let compiled = compile(name, inputs)?;
            others.push(scope.spawn(move || finish(name, compiled)));
        }
        others.into_iter().try_for_each(joined)?;
        joined(page)
    })
}

/// What a thread came to.
fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err("panicked".to_owned()))
}

/// Builds the gallery into `target/gallery`: as the web page is put together, and quicker.
pub(crate) fn gallery() -> Result<()> {
    let inputs = hash_of_inputs()?;
    if compile(GALLERY, &inputs)? {
        finish(GALLERY, &inputs)?;
    }
    write_files(&target().join(GALLERY), &page_files(GALLERY, GALLERY)?)
}

/// Compiles a client whose inputs changed; whether they did.
fn compile(name: &str, inputs: &str) -> Result<bool> {
    let folder = client_folder(name);
    let stamp = folder.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == inputs) {
        return Ok(false);
    }
    setup::wasm_tools()?;
    // Gone until the build is whole: half a build must not look like one.
    let _ = std::fs::remove_file(&stamp);
    let warnings = build_client(name, &folder, is_small(name))?;
    repository::write(&folder.join(WARNINGS), warnings.join("\n").as_bytes())?;
    Ok(true)
}

/// Makes a compiled client what browsers load.
fn finish(name: &str, inputs: &str) -> Result<()> {
    let folder = client_folder(name);
    if is_small(name) {
        make_small(&folder.join("tabspace_bg.wasm"), name == "popup")?;
        make_script_small(&folder.join("tabspace.js"))?;
        shorten_names(&folder)?;
    }
    repository::write(&folder.join(STAMP), inputs.as_bytes())
}

/// Whether a client is built for size. The gallery is built to be there soon.
fn is_small(name: &str) -> bool {
    name != GALLERY
}

fn client_folder(name: &str) -> PathBuf {
    target().join("client").join(name)
}

fn build_client(name: &str, folder: &Path, small: bool) -> Result<Vec<String>> {
    let profile: &[&str] = if small { &["--profile", "wasm"] } else { &["--dev"] };
    Step::new("wasm-pack")
        .args(["build", "wasm-core", "--mode", "no-install", "--target", "web"])
        .args(profile)
        .args(["--no-opt", "--no-pack", "--out-name", "tabspace", "--out-dir"])
        .arg(folder)
        .args(["--", "--no-default-features", "--features", name])
        .env("PATH", setup::path_with_tools()?)
        .warnings()
}

/// Whether the compiler had nothing to say about any of the clients: what one of them does not use, another one may.
pub(crate) fn clients_are_clean() -> Result<()> {
    let read = |name: &str| read(&client_folder(name).join(WARNINGS));
    let said = CLIENTS
        .iter()
        .map(|name| Ok(String::from_utf8_lossy(&read(name)?).into_owned()));
    let said: Vec<String> = said.collect::<Result<_>>()?;
    let said = said.join("\n");
    match said.trim() {
        "" => Ok(()),
        warnings => Err(warnings.to_owned()),
    }
}

/// Again and again until nothing is gained takes as long again for a thousandth: only where each byte counts.
fn make_small(module: &Path, each_byte_counts: bool) -> Result<()> {
    Step::new("wasm-opt")
        .args(["-Oz", "--strip-debug", "--strip-producers"])
        .args(each_byte_counts.then_some("--converge"))
        .args(WASM_FEATURES)
        .arg(module)
        .arg("-o")
        .arg(module)
        .env("PATH", setup::path_with_tools()?)
        .prepare()
}

fn make_script_small(script: &Path) -> Result<()> {
    let mut outfile = std::ffi::OsString::from("--outfile=");
    outfile.push(script);
    Step::new("esbuild")
        .arg(script)
        .args([
            "--minify",
            "--format=esm",
            "--allow-overwrite",
            "--log-level=warning",
        ])
        .arg(outfile)
        .env("PATH", setup::path_with_tools()?)
        .prepare()
}

fn shorten_names(folder: &Path) -> Result<()> {
    let (module, script) = (folder.join("tabspace_bg.wasm"), folder.join("tabspace.js"));
    let text = String::from_utf8(read(&script)?).map_err(|error| format!("{}: {error}", script.display()))?;
    let (short_module, short_script) = names::shorten(&read(&module)?, &text)?;
    repository::write(&module, &short_module)?;
    repository::write(&script, short_script.as_bytes())
}

/// Whether the popup's module and scripts, compressed, are as small as they are to be. It is what a person waits for.
pub(crate) fn popup_is_small(extension: &Path) -> Result<()> {
    let mut bytes = 0;
    for file in [
        "popup.js",
        "wasm/popup/tabspace.js",
        "wasm/popup/tabspace_bg.wasm",
    ] {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let packed = gzip
            .write_all(&read(&extension.join(file))?)
            .and_then(|()| gzip.finish());
        bytes += packed.map_err(|error| format!("{file}: {error}"))?.len();
    }
    println!("the popup's module and scripts take {bytes} bytes, compressed");
    if bytes > POPUP_BYTES {
        return Err(format!("they are to take {POPUP_BYTES} at most"));
    }
    Ok(())
}

/// A number that changes when anything changes that the client is built from.
fn hash_of_inputs() -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for folder in ["protocol", "wasm-core"] {
        read_files(&root().join(folder))?.hash(&mut hasher);
    }
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "xtask/src/build.rs",
        "xtask/src/build/names.rs",
        ".cargo/config.toml",
    ] {
        read(&root().join(file))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// What a page needs of the client: scripts and modules, not the types that are for the checker.
fn client_files(names: &[&str]) -> Result<Files> {
    client_files_of(names, &["js", "wasm"])
}

/// The types of the clients' scripts, for the checker.
pub(crate) fn client_types() -> Result<Files> {
    client_files_of(&CLIENTS, &["ts"])
}

fn client_files_of(names: &[&str], extensions: &[&str]) -> Result<Files> {
    let mut files = Files::new();
    for name in names {
        let built = read_files(&client_folder(name))?;
        let is_wanted = |path: &Path| {
            extensions
                .iter()
                .any(|e| path.extension().is_some_and(|has| has == *e))
        };
        let wanted = built.into_iter().filter(|(path, _)| is_wanted(path));
        files.extend(wanted.map(|(path, bytes)| (Path::new("wasm").join(name).join(path), bytes)));
    }
    Ok(files)
}

/// Puts together the extension. Returns its folder.
fn extension(audience: Audience) -> Result<PathBuf> {
    let folder = match audience {
        Audience::User => dist().join("extension"),
        Audience::Test => target().join("test-extension"),
        Audience::Measured => target().join("measured-extension"),
        Audience::Store => target().join("store-extension"),
    };
    write_files(&folder, &extension_files(audience)?)?;
    Ok(folder)
}

fn extension_files(audience: Audience) -> Result<Files> {
    let mut files = read_files(&root().join("extension"))?;
    files.extend(client_files(&CLIENTS)?);
    let manifest = read(&root().join("manifest.json"))?;
    files.insert("manifest.json".into(), manifest_for(audience, manifest)?);
    if audience == Audience::Test {
        files.insert(FAULTS.into(), read(&root().join("tests/faults").join(FAULTS))?);
        let worker = files.remove(Path::new(WORKER)).unwrap_or_default();
        files.insert(WORKER.into(), with_faults(worker));
    }
    Ok(files)
}

/// The worker's script, with the fault points before all else.
fn with_faults(mut worker: Vec<u8>) -> Vec<u8> {
    let mut script = format!("import \"./{FAULTS}\";\n").into_bytes();
    script.append(&mut worker);
    script
}

/// Puts together what the relay serves: the page, the extension's style, and the full client.
fn web_page() -> Result<()> {
    write_files(&target().join("web"), &page_files("web", PAGES)?)
}

/// What is in a folder of the repository, with the extension's style and one client.
fn page_files(folder: &str, client: &str) -> Result<Files> {
    let mut files = read_files(&root().join(folder))?;
    for shared in ["style", "icons"] {
        let folder = read_files(&root().join("extension").join(shared))?;
        let here = |(path, bytes)| (Path::new(shared).join::<PathBuf>(path), bytes);
        files.extend(folder.into_iter().map(here));
    }
    files.extend(client_files(&[client])?);
    Ok(files)
}

fn manifest_for(audience: Audience, manifest: Vec<u8>) -> Result<Vec<u8>> {
    if audience == Audience::User {
        return Ok(manifest);
    }
    let mut manifest: Value =
        serde_json::from_slice(&manifest).map_err(|error| format!("manifest.json is no JSON: {error}"))?;
    if audience == Audience::Store {
        manifest.as_object_mut().map(|fields| fields.remove("key"));
    } else {
        let is_capture = |permission: &Value| permission == "tabCapture";
        let mut lists = ["optional_permissions", "permissions"].map(|list| manifest[list].take());
        let [optional, required] = &mut lists;
        if let (Some(optional), Some(required)) = (optional.as_array_mut(), required.as_array_mut()) {
            required.extend(optional.extract_if(.., |permission| is_capture(permission)));
        }
        [manifest["optional_permissions"], manifest["permissions"]] = lists;
    }
    serde_json::to_vec_pretty(&manifest).map_err(|error| format!("manifest.json: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest(audience: Audience) -> Value {
        let source = json!({
            "key": "abc",
            "permissions": ["storage"],
            "optional_permissions": ["tabCapture", "downloads"],
        });
        let bytes = manifest_for(audience, source.to_string().into_bytes()).expect("a manifest");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn only_the_test_build_asks_for_tab_capture_at_installation() {
        let (user, test) = (manifest(Audience::User), manifest(Audience::Test));
        assert_eq!(user["permissions"], json!(["storage"]));
        assert_eq!(test["permissions"], json!(["storage", "tabCapture"]));
        assert_eq!(test["optional_permissions"], json!(["downloads"]));
    }

    #[test]
    fn only_the_test_build_has_fault_points() {
        let script = |audience| {
            let files = extension_files(audience).expect("the extension's files");
            let worker = String::from_utf8(files[Path::new(WORKER)].clone()).expect("text");
            (files.contains_key(Path::new(FAULTS)), worker.contains(FAULTS))
        };
        assert_eq!(script(Audience::Test), (true, true));
        for audience in [Audience::Measured, Audience::User, Audience::Store] {
            assert_eq!(script(audience), (false, false), "{audience:?}");
        }
    }

    #[test]
    fn only_the_store_package_has_no_key() {
        assert_eq!(manifest(Audience::Test)["key"], json!("abc"));
        assert_eq!(manifest(Audience::Store).get("key"), None);
    }
}
