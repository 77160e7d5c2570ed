//! A database in trouble while people write: its disk is full, somebody else has locked it, it is away. They are
//! told so, the relay comes back by itself, and nothing that was acknowledged is lost.

use std::fs::File;
use std::sync::Arc;

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tabspace_tests::dice::Dice;
use tabspace_tests::relay_process::RelayProcess;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Failure, PrivatePostgres, Result};
use tokio::task::block_in_place;

use crate::kills::{Crowd, start_again};
use crate::writers::Pulse;
use crate::{QUIET, assert_no_panic};

/// People write, are in trouble until they are told so, and go on when it is over.
async fn survive(
    relay: &RelayProcess,
    story: &str,
    begin: impl AsyncFnOnce() -> Result<()>,
    end: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    let mut crowd = Crowd::gather(relay.url(), Dice::announced(story)).await?;
    let pulse = Arc::new(Pulse::new(false));
    let writing = crowd.write_while(&pulse, async |_| {
        pulse.until_decided(100).await?;
        begin().await?;
        let mut told = pulse.store_away.subscribe();
        let told = tokio::time::timeout(PATIENCE, told.wait_for(|told| *told > 0)).await;
        let outcome = told.map(|_| ()).map_err(|_| Failure("nobody is told".into()));
        end().await?;
        outcome?;
        let decided = *pulse.decided.borrow();
        pulse.until_decided(decided + 100).await?;
        pulse.finish.send_replace(true);
        Ok(())
    });
    writing
        .await
        .map_err(|failure| failure.during(format_args!("{story}\n{}", relay.output())))?;
    crowd.finish().await?;
    assert_no_panic(relay);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_loses_nothing() -> Result<()> {
    // No file may grow any more: the process is told so by a failed write, not by a signal.
    let ignoring = ["sh", "-c", r#"trap "" XFSZ; exec "$0" "$@""#];
    let relay = RelayProcess::start_by(&ignoring, &QUIET)?;
    let process = i32::try_from(relay.id()).ok().and_then(Pid::from_raw);
    let limit = |bytes| {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(process, Resource::Fsize, limit).map_err(|error| Failure(format!("no limit: {error}")))?;
        Ok(())
    };
    survive(
        &relay,
        "a full disk",
        async || limit(Some(0)),
        async || limit(None),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_told_and_loses_nothing() -> Result<()> {
    let relay = RelayProcess::start_with(&QUIET)?;
    // SQLite's locks are record locks on this file. Shared ones on all of it let others read and nobody write.
    let locks = File::open(relay.data().join("tabspace.sqlite-shm"))?;
    let lock = |operation| {
        block_in_place(|| fcntl_lock(&locks, operation)).map_err(|error| Failure(format!("no lock: {error}")))
    };
    survive(
        &relay,
        "a locked database",
        async || lock(FlockOperation::LockShared),
        async || lock(FlockOperation::Unlock),
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_away_is_told_and_loses_nothing() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    let database = postgres.fresh_database();
    let settings = [QUIET.as_slice(), &[("DATABASE_URL", &database)]].concat();
    let relay = RelayProcess::start_with(&settings)?;
    let stop = async || Ok(block_in_place(|| postgres.stop())?);
    survive(&relay, "Postgres is away", stop, async || {
        start_again(&postgres).await
    })
    .await
}
