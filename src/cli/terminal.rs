//! What the program says: results on the standard output, everything else on the standard error.

use std::fmt::{Display, Write as _};
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::{Error, Result};

/// Whether the reader of the standard output has gone.
static IS_GONE: AtomicBool = AtomicBool::new(false);

/// A line of the program's result. A reader who has gone, as `head` has, is no error: the work goes
/// on without a word.
///
/// # Errors
/// Returns an error if nothing can be written, as on a full disk.
pub(crate) fn print(line: impl Display) -> Result<()> {
    if IS_GONE.load(Ordering::Relaxed) {
        return Ok(());
    }
    match writeln!(std::io::stdout().lock(), "{}", plain(line)) {
        Err(problem) if problem.kind() == ErrorKind::BrokenPipe => {
            IS_GONE.store(true, Ordering::Relaxed);
            Ok(())
        }
        outcome => outcome.map_err(|problem| Error::write("the standard output", problem)),
    }
}

/// A line of JSON as the program's result, whatever a terminal makes of it.
///
/// # Errors
/// Returns an error if nothing can be written.
pub(super) fn print_json(value: &Value) -> Result<()> {
    // JSON escapes no more than it must, and a terminal is not to be steered.
    let is_control = |c: char| ('\u{7f}'..='\u{9f}').contains(&c);
    let mut text = String::new();
    for c in value.to_string().chars() {
        match is_control(c) {
            true => drop(write!(text, "\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    print(text)
}

/// Whether only errors are told.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// From now on only errors are told.
pub(super) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Returns whether only errors are told.
pub(super) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// A line for whoever watches, unless the program is to be quiet. If nobody can, nothing is lost.
pub(crate) fn note(line: impl Display) {
    if !is_quiet() {
        complain(line);
    }
}

/// A line about what went wrong.
pub(crate) fn complain(line: impl Display) {
    drop(writeln!(std::io::stderr().lock(), "{}", plain(line)));
}

/// Text without what would move a terminal's cursor or change its colours: names come out of files
/// from anywhere.
fn plain(line: impl Display) -> String {
    let mut text = String::new();
    for character in line.to_string().chars() {
        if character.is_control() && character != '\n' && character != '\t' {
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(plain("a\u{1b}[2Jb\r\u{9b}31m\tü\n"), "a\\u{1b}[2Jb\\r\\u{9b}31m\tü\n");
    }
}
