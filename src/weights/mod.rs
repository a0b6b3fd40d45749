//! Strict reading of checkpoints: every tensor is present, has the right shape, and none is left
//! over.

pub mod checkpoint;
pub mod keys;
pub mod load;
#[cfg(feature = "native")]
pub mod save;

pub use checkpoint::Checkpoint;
pub use keys::KeyTable;
pub use load::{check_finite, load};
