//! Utilities that every other module may use, and that use none of those modules.

pub mod progress;
pub mod words;

#[cfg(feature = "engine")]
pub mod device;
#[cfg(feature = "engine")]
pub mod foreign;
#[cfg(feature = "engine")]
pub mod hash;
#[cfg(feature = "engine")]
pub mod parallel;

#[cfg(feature = "native")]
pub mod environment;
#[cfg(feature = "native")]
pub mod files;
#[cfg(feature = "native")]
pub mod interrupt;
#[cfg(feature = "native")]
pub mod memory;
#[cfg(feature = "native")]
pub mod random;
