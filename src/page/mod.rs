//! What the page knows and does, without a browser: it is tested natively.

pub mod protocol;
