//! How long work tells how far it is, whoever watches: the program draws bars and lines.

/// Hears of the progress of long work.
pub trait Progress: Sync {
    /// Begins work of so many parts; `done` of them are done already.
    fn begin(&self, what: &str, total: usize, done: usize);

    /// So many parts more are done; `message` says how it goes, and may be empty.
    fn advance(&self, parts: usize, message: &str);

    /// The work is over.
    fn end(&self);

    /// A sentence for whoever watches.
    fn note(&self, sentence: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn begin(&self, _what: &str, _total: usize, _done: usize) {}

    fn advance(&self, _parts: usize, _message: &str) {}

    fn end(&self) {}

    fn note(&self, _sentence: &str) {}
}
