//! Progress of long work: the work reports it here, and the program draws bars and lines.

/// A receiver of the progress of long work.
pub trait Progress: Sync {
    /// Begins work of `total` parts, of which `done` are done already.
    fn begin(&self, what: &str, total: usize, done: usize);

    /// Reports that `parts` more are done; `message` says how the work goes, and may be empty.
    fn advance(&self, parts: usize, message: &str);

    /// Ends the work.
    fn end(&self);

    /// Reports a sentence for the user.
    fn note(&self, sentence: &str);
}

/// A receiver that ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn begin(&self, _what: &str, _total: usize, _done: usize) {}

    fn advance(&self, _parts: usize, _message: &str) {}

    fn end(&self) {}

    fn note(&self, _sentence: &str) {}
}
