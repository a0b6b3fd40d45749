//! Restyled.
