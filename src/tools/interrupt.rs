//! Ctrl-C, and its like: the first asks to stop, the second stops at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Error, Result};

/// How often it was pressed since somebody listens.
static PRESSED: AtomicUsize = AtomicUsize::new(0);

/// The exit code of what was stopped by Ctrl-C, as shells have it.
pub const EXIT_CODE: u8 = 130;

/// From now on Ctrl-C (also SIGTERM and SIGHUP) does not end the program: `told` is called the first time, and the
/// second time the program ends.
///
/// # Errors
/// Returns a sentence if the system does not allow it, or somebody listens already.
pub fn listen(told: fn()) -> Result<()> {
    let pressed = move || match PRESSED.fetch_add(1, Ordering::Relaxed) {
        0 => told(),
        _ => std::process::exit(i32::from(EXIT_CODE)),
    };
    ctrlc::set_handler(pressed)
        .map_err(|problem| Error::Training(format!("Ctrl-C cannot be listened to ({problem})")))
}

/// Returns whether somebody asked to stop.
pub fn is_asked() -> bool {
    PRESSED.load(Ordering::Relaxed) > 0
}
