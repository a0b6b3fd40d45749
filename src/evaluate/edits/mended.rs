//! Mended.
