//! Fuzz targets: each gives any bytes to something that reads what comes from outside, or that folds what was
//! read, and panics when something panics or when what must hold does not.
//!
//! A target is a function, in a file of its own. What it has to say of its input stands there. `cargo xtask fuzz`
//! looks for inputs that break one; those worth keeping, and every one that broke something, stand as small files in
//! `fuzz/corpus`, under the target's name, and are given to it by this crate's tests, without a fuzzer.
//!
//! Start at [`TARGETS`].

mod addresses;
mod apply;
mod backups;
mod client_frames;
mod disk;
mod library_files;
mod messages;
mod pages;
mod place;
mod records;
mod requests;
mod search;
mod server_frames;
mod session;
mod settings;
mod socket;
mod stored;
mod text;
mod windows;
mod wire;
mod words;

/// Something that is given any bytes.
#[derive(Debug)]
pub struct Target {
    /// Its name, and its folder in the corpus.
    pub name: &'static str,
    /// Gives it an input. It panics when something is wrong.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("addresses", addresses::run),
    target("apply", apply::run),
    target("asks", messages::asks),
    target("backups", backups::run),
    target("bodies", messages::bodies),
    target("client_frames", client_frames::run),
    target("library_files", library_files::run),
    target("pages", pages::run),
    target("records", records::run),
    target("requests", requests::run),
    target("search", search::run),
    target("server_frames", server_frames::run),
    target("session", session::run),
    target("settings", settings::run),
    target("socket", socket::run),
    target("stored", stored::run),
    target("windows", windows::run),
    target("wire", wire::run),
    target("words", words::run),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

impl Target {
    /// The target of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}
