//! Rows of people, credentials and devices.

use protocol::{DeviceId, Millis};
use sha2::{Digest, Sha256};

use super::PersonId;
use crate::store::query::{execute, fetch_all, fetch_one, fetch_optional};
use crate::store::{StoreError, Tx};

/// What is kept of a secret.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Somebody new, with a first credential.
pub(crate) async fn insert_person(
    tx: &mut Tx,
    person: PersonId,
    name: &str,
    token: &str,
    now: Millis,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO people (person, name, created) VALUES ($1, $2, $3)",
        person.to_string(),
        name,
        now.0
    )?;
    insert_credential(tx, person, token, now).await
}

/// Another credential of somebody.
pub(crate) async fn insert_credential(
    tx: &mut Tx,
    person: PersonId,
    token: &str,
    now: Millis,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO credentials (hash, person, created) VALUES ($1, $2, $3)",
        hash(token),
        person.to_string(),
        now.0
    )?;
    Ok(())
}

/// Ends all credentials of a person but one; their hashes.
pub(crate) async fn delete_other_credentials(
    tx: &mut Tx,
    person: PersonId,
    but: &[u8],
) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows = fetch_all!(
        tx,
        (Vec<u8>,),
        "DELETE FROM credentials WHERE person = $1 AND hash <> $2 RETURNING hash",
        person.to_string(),
        but
    )?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Who bears this token, and since when the person exists.
pub(crate) async fn find_bearer(
    tx: &mut Tx,
    token_hash: &[u8],
) -> Result<Option<(PersonId, Millis)>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String, i64),
        "SELECT p.person, p.created FROM credentials c JOIN people p ON p.person = c.person WHERE c.hash = $1",
        token_hash
    )?;
    row.map(|(person, created)| Ok((person.parse()?, Millis(created))))
        .transpose()
}

/// A person's name.
pub(crate) async fn get_name(tx: &mut Tx, person: PersonId) -> Result<String, StoreError> {
    let (name,) = fetch_one!(
        tx,
        (String,),
        "SELECT name FROM people WHERE person = $1",
        person.to_string()
    )?;
    Ok(name)
}

/// Another name.
pub(crate) async fn update_name(tx: &mut Tx, person: PersonId, name: &str) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE people SET name = $2 WHERE person = $1",
        person.to_string(),
        name
    )?;
    Ok(())
}

/// Whose a device is, if it is anybody's.
pub(crate) async fn find_owner(tx: &mut Tx, device: DeviceId) -> Result<Option<PersonId>, StoreError> {
    let row = fetch_optional!(
        tx,
        (String,),
        "SELECT person FROM devices WHERE device = $1",
        device.to_string()
    )?;
    row.map(|(person,)| Ok(person.parse()?)).transpose()
}

/// A person's devices.
pub(crate) async fn list_devices(tx: &mut Tx, person: PersonId) -> Result<Vec<DeviceId>, StoreError> {
    let rows = fetch_all!(
        tx,
        (String,),
        "SELECT device FROM devices WHERE person = $1",
        person.to_string()
    )?;
    rows.into_iter().map(|(device,)| Ok(device.parse()?)).collect()
}

/// Makes a device somebody's, unless it is somebody's already.
pub(crate) async fn insert_device(
    tx: &mut Tx,
    device: DeviceId,
    person: PersonId,
    now: Millis,
) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO devices (device, person, created) VALUES ($1, $2, $3) ON CONFLICT (device) DO NOTHING",
        device.to_string(),
        person.to_string(),
        now.0
    )?;
    Ok(())
}
