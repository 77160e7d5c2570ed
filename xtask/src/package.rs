//! `cargo xtask package`: what is published, in `dist/`.

use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::build::{self, Audience, Product};
use crate::repository::{Files, dist, read, read_files, root, version, write, write_files};
use crate::shell::Result;

/// Makes the store's zip, the relay's binary, the folder that a container is built from, and what a relay is watched
/// with.
pub(crate) fn package() -> Result<()> {
    let Product { extension, relay } = build::product(Audience::Store)?;
    let relay = read(&relay)?;
    let zip = dist().join(format!("tabspace-extension-{}.zip", version()));
    write(
        &zip,
        &zip_of(&read_files(&extension)?).map_err(|error| format!("the extension's zip: {error}"))?,
    )?;
    let system = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let binary = dist().join(format!("tabspace-relay-{}-{system}", version()));
    write(&binary, &relay)?;
    make_executable(&binary)?;
    let container = dist().join("container");
    let context = Files::from([
        (
            "Containerfile".into(),
            read(&root().join("deploy/Containerfile"))?,
        ),
        ("tabspace-relay".into(), relay),
    ]);
    write_files(&container, &context)?;
    make_executable(&container.join("tabspace-relay"))?;
    let monitoring = dist().join("monitoring");
    let watched_with = Files::from([
        (
            "alerts.yml".into(),
            read(&root().join("deploy/prometheus/alerts.yml"))?,
        ),
        (
            "dashboard.json".into(),
            read(&root().join("deploy/grafana/relay.json"))?,
        ),
    ]);
    write_files(&monitoring, &watched_with)?;
    println!("The extension for the store: {}", zip.display());
    println!("The relay: {}", binary.display());
    println!(
        "Alerts for Prometheus and a dashboard for Grafana: {}",
        monitoring.display()
    );
    println!(
        "The container: `podman build {}` (or docker)",
        container.display()
    );
    Ok(())
}

/// The same files make the same zip, byte for byte: in order, and without the time.
fn zip_of(files: &Files) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (path, bytes) in files {
        zip.start_file(path.to_string_lossy(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("cannot make {} executable: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_holds_the_files_and_is_the_same_every_time() {
        let files = Files::from([
            ("manifest.json".into(), b"{}".to_vec()),
            ("a/b.js".into(), vec![b'x'; 5000]),
        ]);
        let zip = zip_of(&files).expect("a zip");
        assert_eq!(zip, zip_of(&files).expect("a zip"));
        assert!(zip.len() < 1000, "compressed, not {} bytes", zip.len());
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).expect("readable");
        let mut script = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name("a/b.js").expect("there"), &mut script)
            .expect("readable");
        assert_eq!(script, files[Path::new("a/b.js")]);
    }
}
