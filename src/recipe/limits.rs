//! The limits of a recipe's numbers, defined once for the page, its worker and the program.

use crate::{Error, Result};

/// The limits of a number, both included, and how errors speak of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The beginning of a sentence about it: “The shift must be”.
    subject: &'static str,
    /// The sentence's other verb: “is” or “are”.
    verb: &'static str,
    /// The smallest value.
    pub least: f64,
    /// The largest value.
    pub most: f64,
    /// The largest value that the page offers, because its visitors wait and their tabs have little
    /// memory.
    pub page_most: f64,
}

const fn limits(subject: &'static str, [least, most]: [f64; 2]) -> Limits {
    Limits { subject, verb: "is", least, most, page_most: most }
}

/// The limits of the number of steps.
pub const STEPS: Limits =
    Limits { verb: "are", page_most: 150.0, ..limits("Steps must be", [1.0, 1000.0]) };
/// The limits of the number of pictures.
pub const COUNT: Limits = Limits { page_most: 16.0, ..limits("The count must be", [1.0, 64.0]) };
/// The limits of the guidance scale.
pub const GUIDANCE: Limits = limits("Guidance must be", [0.0, 100.0]);
/// The limits of the shift of a flow's noise levels.
pub const SHIFT: Limits = limits("The shift must be", [0.01, 100.0]);
/// The limits of DDIM's η.
pub const ETA: Limits = limits("Eta must be", [0.0, 1.0]);
/// The limits of the strength with which a picture is changed.
pub const STRENGTH: Limits = limits("The strength must be", [0.0, 1.0]);
/// The limits of how far the noise is turned towards that of a variation.
pub const VARIATION: Limits = limits("The strength of a variation must be", [0.0, 1.0]);
/// The limits of a share of a picture, in percent.
pub const PERCENT: Limits = limits("A percentage must be", [0.0, 100.0]);
/// The largest seed; the smallest is 0.
pub const MAX_SEED: u64 = u64::MAX;

impl Limits {
    /// Returns these limits as the page offers them.
    #[must_use]
    pub const fn of_page(self) -> Self {
        Self { most: self.page_most, ..self }
    }

    /// Returns whether a value is within the limits, which NaN is not.
    pub fn hold(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }

    /// Checks a value.
    ///
    /// # Errors
    /// Returns a sentence with the limits if the value is not within them.
    pub fn check(&self, value: f64) -> Result<()> {
        let Self { subject, verb, least, most, .. } = self;
        match self.hold(value) {
            true => Ok(()),
            false => Err(Error::Recipe(format!("{subject} {least} to {most}, and {verb} {value}"))),
        }
    }

    /// Returns the nearest value within the limits; the smallest for one that is not finite.
    pub fn nearest(&self, value: f64) -> f64 {
        if value.is_finite() { value.clamp(self.least, self.most) } else { self.least }
    }

    /// Returns the number that a control's text holds, moved within the limits; `None` if it holds
    /// none.
    pub fn read(&self, text: &str) -> Option<f64> {
        let value = text.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
        Some(self.nearest(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_or_clamps_values_out_of_range() {
        for (value, nearest) in [(0.001, 0.01), (1e9, 100.0), (f64::NAN, 0.01)] {
            assert!(!SHIFT.hold(value) && SHIFT.check(value).is_err());
            assert_eq!(SHIFT.nearest(value), nearest);
        }
        assert!(SHIFT.check(0.01).is_ok() && SHIFT.check(100.0).is_ok());
        let message = STEPS.check(0.0).unwrap_err().to_string();
        assert_eq!(message, "Steps must be 1 to 1000, and are 0.");
        assert_eq!(STEPS.of_page().nearest(1e3), 150.0);
    }

    #[test]
    fn reads_numbers_from_text_and_clamps_them() {
        assert_eq!(GUIDANCE.read(" 7.5 "), Some(7.5));
        assert_eq!(GUIDANCE.read("1e6"), Some(100.0));
        assert_eq!(GUIDANCE.read("inf").or(GUIDANCE.read("many")), None);
    }
}
