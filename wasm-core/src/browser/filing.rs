//! Writing a backup into a folder, and proving it: read back from the disk, rebuilt, compared.

use protocol::{DeviceId, Millis};

use super::folder::Folder;
use crate::library::backup::folder::standing::{Standing, Why};
use crate::library::backup::folder::{free_name, not_needed};
use crate::library::backup::{self, FILE_BYTES, Library, prove};

/// Writes a file, proves it, and removes what is not needed any more. How it went is in the standing.
pub async fn back_up(
    folder: &Folder,
    device: DeviceId,
    library: &Library,
    now: Millis,
    standing: &mut Standing,
) {
    if let Err(why) = write(folder, device, library, now, standing).await {
        standing.failed(now, why);
    }
}

async fn write(
    folder: &Folder,
    device: DeviceId,
    library: &Library,
    now: Millis,
    standing: &mut Standing,
) -> Result<(), Why> {
    if !folder.is_allowed().await {
        return Err(Why::NotAllowed);
    }
    let (text, written) = backup::write(library, now);
    if text.len() > FILE_BYTES {
        return Err(Why::TooLarge);
    }
    let names = folder.names().await.unwrap_or_default();
    let name = free_name(now, device, &names);
    folder.write(&name, &text).await?;
    drop(text);
    let proven = match folder.read(&name).await {
        Ok(bytes) => Why::of_drill(&prove(&bytes, &written, library).verdict).map_or(Ok(()), Err),
        Err(why) => Err(why),
    };
    if let Err(why) = proven {
        // It is of no use to anybody; those before it stay.
        let _ = folder.remove(&name).await;
        return Err(why);
    }
    standing.wrote(name.clone(), now, &written);
    standing.proven(now);
    // Files that cannot be removed now are tried again after the next backup.
    for old in not_needed(&names, device, &name, now) {
        let _ = folder.remove(&old).await;
    }
    Ok(())
}

/// Proves the last file again. How it went is in the standing.
pub async fn drill(folder: &Folder, library: &Library, now: Millis, standing: &mut Standing) {
    let Some((name, _, written)) = standing.written() else {
        return;
    };
    let name = name.to_owned();
    let found = if folder.is_allowed().await {
        let bytes = folder.read(&name).await;
        bytes.map(|bytes| prove(&bytes, &written, library).verdict)
    } else {
        Err(Why::NotAllowed)
    };
    let outcome = found.map(|verdict| Why::of_drill(&verdict));
    match outcome {
        Ok(None) => standing.proven(now),
        Ok(Some(why)) | Err(why) => standing.failed(now, why),
    }
}

/// Whether the last file holds the library as it is.
pub fn is_filed(library: &Library, standing: &Standing) -> bool {
    standing.written().is_some_and(|(_, at, written)| {
        written.counts == library.counts() && backup::write(library, at).1.sha256 == written.sha256
    })
}
