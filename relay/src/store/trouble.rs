//! Commits that go wrong, for simulations.

use sqlx::{Database, Transaction};

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is not made, for the database goes away.
    Failed,
    /// It is made, and the database goes away before anybody hears of it.
    Unheard,
    /// It is not made, and is told to be. No database may do this.
    Forgotten,
}

impl Trouble {
    pub(super) async fn commit<D: Database>(
        self,
        transaction: Transaction<'static, D>,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Unheard => transaction.commit().await?,
            Self::Failed | Self::Forgotten => transaction.rollback().await?,
        }
        if self == Self::Forgotten {
            return Ok(());
        }
        Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()))
    }
}
