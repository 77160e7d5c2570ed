//! Rows of favicons.

use protocol::SpaceId;

use crate::store::query::{execute, fetch_one, fetch_optional, natural};
use crate::store::{StoreError, Tx};

/// The picture with this hash.
pub(crate) async fn find(tx: &mut Tx, space: SpaceId, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row = fetch_optional!(
        tx,
        (Vec<u8>,),
        "SELECT png FROM favicons WHERE space = $1 AND hash = $2",
        space.to_string(),
        hash
    )?;
    Ok(row.map(|(png,)| png))
}

/// How many pictures a space has.
pub(crate) async fn count(tx: &mut Tx, space: SpaceId) -> Result<u64, StoreError> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM favicons WHERE space = $1",
        space.to_string()
    )?;
    Ok(natural(count))
}

/// Keeps a picture, once.
pub(crate) async fn insert(tx: &mut Tx, space: SpaceId, hash: &str, png: &[u8]) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO favicons (space, hash, png) VALUES ($1, $2, $3) ON CONFLICT (space, hash) DO NOTHING",
        space.to_string(),
        hash,
        png
    )?;
    Ok(())
}
