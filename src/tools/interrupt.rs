//! Ctrl-C and similar signals: the first asks the program to stop, and the second stops it at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many times Ctrl-C was pressed since [`listen`] was called.
static PRESSED: AtomicUsize = AtomicUsize::new(0);

/// The exit code of a program that Ctrl-C stopped, as in shells.
pub const EXIT_CODE: u8 = 130;

/// Handles Ctrl-C from now on: the first press calls `told` instead of ending the program, and the
/// second ends it. A process that ignores Ctrl-C, such as one that a script began with `&`, goes on
/// ignoring it.
pub fn listen(told: fn()) {
    let pressed = move || match PRESSED.fetch_add(1, Ordering::Relaxed) {
        0 => told(),
        _ => std::process::exit(i32::from(EXIT_CODE)),
    };
    // The handler is refused in such a process, and on a system without signals.
    drop(ctrlc::try_set_handler(pressed));
}

/// Returns whether the user asked to stop.
pub fn is_asked() -> bool {
    PRESSED.load(Ordering::Relaxed) > 0
}
