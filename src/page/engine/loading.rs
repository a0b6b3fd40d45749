//! The progress of the download in bytes, and how long the rest will take.

use crate::page::protocol::Part;

/// The length of the time window for the download rate, in milliseconds.
const WINDOW: f64 = 5_000.0;

/// The bytes of one part.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bytes {
    /// Bytes so far.
    pub loaded: f64,
    /// Bytes in all; 0 until that is known.
    pub total: f64,
}

/// The progress of the worker's program and of the model's files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loading {
    /// The worker's program, in uncompressed bytes; it is compressed over the network.
    pub program: Bytes,
    /// The model's files.
    pub weights: Bytes,
    /// The current stage of loading, in words; empty while bytes are coming in.
    pub stage: String,
    /// Times in milliseconds and bytes at those times, within the window.
    recent: Vec<(f64, f64)>,
}

impl Loading {
    /// Takes in the progress of a part.
    pub fn hear(&mut self, part: Part, bytes: Bytes, at: f64) {
        let known = match part {
            Part::Program => &mut self.program,
            Part::Weights => &mut self.weights,
        };
        // Two parties may count the same bytes: the one that fetches and the one that reads.
        known.loaded = known.loaded.max(bytes.loaded);
        known.total = known.total.max(bytes.total);
        let loaded = self.loaded();
        self.recent.retain(|(then, _)| at - then <= WINDOW);
        self.recent.push((at, loaded));
    }

    fn loaded(&self) -> f64 {
        self.program.loaded + self.weights.loaded
    }

    fn total(&self) -> f64 {
        self.program.total + self.weights.total
    }

    /// Returns the share that is loaded, in 0..1; `None` until both totals are known.
    pub fn share(&self) -> Option<f64> {
        let is_known = self.program.total > 0.0 && self.weights.total > 0.0;
        is_known.then(|| (self.loaded() / self.total()).min(1.0))
    }

    /// Returns the seconds left at the recent rate; `None` if it is not known yet.
    pub fn seconds_left(&self) -> Option<f64> {
        self.share().filter(|share| *share < 1.0)?;
        let (&(then, before), &(now, loaded)) = (self.recent.first()?, self.recent.last()?);
        let rate = (loaded - before) / (now - then);
        (now - then >= 500.0 && rate > 0.0).then(|| (self.total() - loaded) / rate / 1e3)
    }

    /// Returns the progress in words for the visitor.
    pub fn describe(&self) -> String {
        if !self.stage.is_empty() {
            return self.stage.clone();
        }
        let Some(share) = self.share() else { return "Starting".into() };
        let text = format!("{:.0} of {:.0} MB", self.loaded() / 1e6, self.total() / 1e6);
        match self.seconds_left() {
            _ if share >= 1.0 => text,
            Some(seconds) => format!("{text}, {seconds:.0} s left; kept for the next visit"),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_the_time_left_from_the_last_seconds() {
        let mut loading = Loading::default();
        let mut hear = |part, loaded, total, at| {
            loading.hear(part, Bytes { loaded, total }, at);
            (loading.share(), loading.seconds_left())
        };
        assert_eq!(hear(Part::Program, 0.0, 20e6, 0.0), (None, None));
        assert_eq!(hear(Part::Weights, 0.0, 20e6, 0.0), (Some(0.0), None));
        // The rate is 1 MB a second for ten seconds, then 4.
        for second in 1..=10 {
            hear(Part::Program, f64::from(second) * 1e6, 20e6, f64::from(second) * 1e3);
        }
        let (share, left) = hear(Part::Program, 10e6, 20e6, 10e3);
        assert_eq!((share, left), (Some(0.25), Some(30.0)));
        for second in 1..=5 {
            hear(Part::Weights, f64::from(second) * 4e6, 20e6, f64::from(10 + second) * 1e3);
        }
        let (share, left) = hear(Part::Weights, 20e6, 20e6, 15e3);
        assert_eq!((share, left), (Some(0.75), Some(2.5)));
        // A reader of fetched bytes does not lower the count.
        assert_eq!(hear(Part::Weights, 1e6, 20e6, 15.1e3).0, Some(0.75));
        assert_eq!(hear(Part::Program, 20e6, 20e6, 16e3), (Some(1.0), None));
        assert!(loading.describe().starts_with("40 of 40 MB"));
    }
}
