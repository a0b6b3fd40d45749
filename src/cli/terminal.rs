//! The program's output: results go to the standard output, everything else to the standard error.

use std::fmt::{Display, Write as _};
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::{Error, Result};

/// Whether the reader of the standard output has closed it.
static IS_PIPE_CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints a line of the program's result. It is no error if the reader has closed the pipe, as `head` does:
/// the work goes on without output.
///
/// # Errors
/// Returns an error if the line cannot be written, for example on a full disk.
pub(crate) fn print(line: impl Display) -> Result<()> {
    if IS_PIPE_CLOSED.load(Ordering::Relaxed) {
        return Ok(());
    }
    match writeln!(std::io::stdout().lock(), "{}", plain(line)) {
        Err(problem) if problem.kind() == ErrorKind::BrokenPipe => {
            IS_PIPE_CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        outcome => outcome.map_err(|problem| Error::write("the standard output", problem)),
    }
}

/// Prints a line of JSON as the program's result, with control characters escaped.
///
/// # Errors
/// Returns an error if the line cannot be written.
pub(super) fn print_json(value: &Value) -> Result<()> {
    // JSON leaves DEL and the C1 control characters unescaped, which could control a terminal.
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

/// Whether only errors are printed.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Suppresses all output but errors and JSON from now on.
pub(super) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Returns whether only errors are printed.
pub(super) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Prints a line to the standard error, unless the program is quiet. A failure to write it is ignored.
pub(crate) fn note(line: impl Display) {
    if !is_quiet() {
        complain(line);
    }
}

/// Prints a line about an error to the standard error.
pub(crate) fn complain(line: impl Display) {
    drop(writeln!(std::io::stderr().lock(), "{}", plain(line)));
}

/// Returns the text with control characters escaped, because they would move a terminal's cursor or change
/// its colours, and names may come from untrusted files.
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
    fn escapes_control_characters() {
        assert_eq!(plain("a\u{1b}[2Jb\r\u{9b}31m\tü\n"), "a\\u{1b}[2Jb\\r\\u{9b}31m\tü\n");
    }
}
