//! The limits of a recipe, defined once for the page, its worker and the program.

/// The most steps.
pub const MAX_STEPS: usize = 1000;
/// The most pictures at once.
pub const MAX_COUNT: usize = 64;
/// The largest guidance scale; the smallest is 0.
pub const MAX_GUIDANCE: f64 = 100.0;
/// The largest shift of a flow's noise levels; the smallest is its inverse.
pub const MAX_SHIFT: f64 = 100.0;
/// The smallest shift.
pub const MIN_SHIFT: f64 = 1.0 / MAX_SHIFT;
/// The largest seed; the smallest is 0.
pub const MAX_SEED: u64 = u64::MAX;

/// The most steps that the page offers, because a visitor waits for them.
pub const PAGE_MAX_STEPS: usize = 150;
/// The most pictures at once that the page offers, because a tab has little memory.
pub const PAGE_MAX_COUNT: usize = 16;
