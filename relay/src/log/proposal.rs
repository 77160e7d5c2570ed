//! An op on its way to a writer: read, hashed and weighed before it waits there, so that the one task that
//! orders does none of it.

use protocol::{Code, Op};
use sha2::{Digest, Sha256};

/// What a job or an op weighs besides its texts, in bytes.
pub(super) const OVERHEAD_BYTES: usize = 256;

/// An op, and its number on its device.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// One more than the one before it.
    pub(super) n: u64,
    /// What is to be done. `Err` when it could not be read: it uses its number up like every refused op.
    pub(super) op: Result<Op, Code>,
    /// What makes two ops the same: SHA-256 of the wire form, written anew by this version. Empty for one
    /// that could not be read: such have nothing to compare.
    pub(super) hash: Vec<u8>,
    /// About what it takes while it waits.
    pub(super) size_bytes: usize,
}

impl Proposal {
    /// An op as it came, or why it could not be read.
    pub fn new(n: u64, op: Result<Op, Code>) -> Self {
        let written = op.and_then(|op| {
            // An op holds only what JSON can say.
            let text = serde_json::to_vec(&op).map_err(|_| Code::Malformed)?;
            Ok((op, text))
        });
        match written {
            Ok((op, text)) => Self {
                n,
                op: Ok(op),
                hash: Sha256::digest(&text).to_vec(),
                size_bytes: OVERHEAD_BYTES + text.len(),
            },
            Err(code) => Self {
                n,
                op: Err(code),
                hash: Vec::new(),
                size_bytes: OVERHEAD_BYTES,
            },
        }
    }
}
