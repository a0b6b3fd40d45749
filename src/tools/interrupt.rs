//! Ctrl-C, and its like: the first asks to stop, the second stops at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How often it was pressed since somebody listens.
static PRESSED: AtomicUsize = AtomicUsize::new(0);

/// The exit code of what was stopped by Ctrl-C, as shells have it.
pub const EXIT_CODE: u8 = 130;

/// From now on Ctrl-C does not end the program: `told` is called the first time, and the second time the
/// program ends. Where Ctrl-C means nothing, as for what a script began with `&`, it stays so.
pub fn listen(told: fn()) {
    let pressed = move || match PRESSED.fetch_add(1, Ordering::Relaxed) {
        0 => told(),
        _ => std::process::exit(i32::from(EXIT_CODE)),
    };
    // What refuses is such a process, or a system without signals.
    drop(ctrlc::try_set_handler(pressed));
}

/// Returns whether somebody asked to stop.
pub fn is_asked() -> bool {
    PRESSED.load(Ordering::Relaxed) > 0
}
