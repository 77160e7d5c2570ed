//! Where things are: the folders of the repository, and its files as git sees them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::shell::{Result, Step};

/// Files by their path relative to some folder.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let this_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate
        .parent()
        .map_or_else(|| this_crate.to_owned(), Path::to_owned)
}

/// Cargo's target folder, where everything that is built stays.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What is handed to users: the unpacked extension and the packages.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The version of the whole project.
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Every file of the repository that git tracks or would track, relative to the root.
pub(crate) fn tracked_files() -> Result<Vec<PathBuf>> {
    let list = Step::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let list = list
        .output()
        .map_err(|problem| format!("the list of files comes from git: {problem}"))?;
    let mut files: Vec<PathBuf> = list
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .collect();
    // A deleted file is listed until the deletion is committed.
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

/// All files below a folder; none when it does not exist.
pub(crate) fn read_files(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.map_err(|error| cannot("read", &next, &error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                files.insert(relative.to_owned(), read(&path)?);
            }
        }
    }
    Ok(files)
}

/// Makes a folder hold exactly these files. What is the same already is not touched, so that nothing that
/// watches it, such as cargo, sees a change where there is none.
pub(crate) fn write_files(folder: &Path, files: &Files) -> Result<()> {
    for stale in read_files(folder)?
        .keys()
        .filter(|path| !files.contains_key(*path))
    {
        let path = folder.join(stale);
        std::fs::remove_file(&path).map_err(|error| cannot("remove", &path, &error))?;
    }
    for (path, bytes) in files {
        let path = folder.join(path);
        if !std::fs::read(&path).is_ok_and(|existing| existing == *bytes) {
            write(&path, bytes)?;
        }
    }
    Ok(())
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| cannot("read", path, &error))
}

/// Reads a file of text.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

/// Writes a file, and the folders above it where there are none.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    std::fs::write(path, bytes).map_err(|error| cannot("write", path, &error))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {verb} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_ends_up_with_exactly_the_files_asked_for_and_the_same_ones_stay_untouched() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = |names: &[&str]| {
            names
                .iter()
                .map(|name| (name.into(), name.as_bytes().to_vec()))
                .collect()
        };
        write_files(folder.path(), &files(&["kept", "deep/stale"])).expect("written");
        let changed = |name: &str| {
            folder
                .path()
                .join(name)
                .metadata()
                .expect("there")
                .modified()
                .expect("known")
        };
        let before = changed("kept");

        write_files(folder.path(), &files(&["kept", "deep/new"])).expect("written");

        assert_eq!(read_files(folder.path()), Ok(files(&["kept", "deep/new"])));
        assert_eq!(changed("kept"), before);
    }
}
