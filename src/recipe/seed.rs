//! Seeds as users write them.

use super::limits::MAX_SEED;
use crate::tools::words::short;
use crate::{Error, Result};

/// Parses a seed as users write it: a whole number, which may also be written as `1e5` or `7.0`.
///
/// # Errors
/// Returns a sentence if it is not a seed.
pub fn seed(text: &str) -> Result<u64> {
    let text = text.trim();
    if let Ok(seed) = text.parse() {
        return Ok(seed);
    }
    // Above this, `f64` does not represent every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && (0.0..=EXACT).contains(&number) => Ok(number as u64),
        _ => Err(Error::Recipe(format!(
            "“{}” is no seed: give a whole number from 0 to {}",
            short(text, 40),
            MAX_SEED
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whole_numbers_and_refuses_others() {
        let most = u64::MAX.to_string();
        for (text, wanted) in [
            ("1e5", Some(100_000)),
            (" 7 ", Some(7)),
            ("7.0", Some(7)),
            ("0", Some(0)),
            (&most, Some(u64::MAX)),
            ("-5", None),
            ("1.5", None),
            ("1e300", None),
            ("NaN", None),
            ("", None),
            ("18446744073709551616", None),
            ("seven", None),
        ] {
            assert_eq!(seed(text).ok(), wanted, "{text}");
        }
    }
}
