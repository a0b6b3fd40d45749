//! Words of people: names met however they are written, seeds, and lists cut to what one reads. Knows no
//! Burn.

use crate::{Error, Result};

/// The one of `names` that somebody means by `name`: the very one, else one that differs in spaces around
/// it, upper case of Latin letters (tables for all scripts are a large part of a small page), or in what
/// joins its words.
pub fn meant<T: AsRef<str>>(name: &str, names: impl IntoIterator<Item = T>) -> Option<T> {
    let plain = |c: char| if matches!(c, '-' | ' ') { '_' } else { c.to_ascii_lowercase() };
    let is_near = |other: &str| name.trim().chars().map(plain).eq(other.trim().chars().map(plain));
    let mut near = None;
    for other in names {
        if other.as_ref() == name {
            return Some(other);
        }
        if near.is_none() && is_near(other.as_ref()) {
            near = Some(other);
        }
    }
    near
}

/// A seed as people write it: a whole number, `1e5` and `7.0` among them.
///
/// # Errors
/// A sentence, where it is none.
pub fn seed(text: &str) -> Result<u64> {
    let text = text.trim();
    if let Ok(seed) = text.parse() {
        return Ok(seed);
    }
    // Beyond, not every whole number is one of these.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && (0.0..=EXACT).contains(&number) => Ok(number as u64),
        _ => Err(Error::Recipe(format!(
            "“{}” is no seed: give a whole number from 0 to {}",
            short(text, 40),
            u64::MAX
        ))),
    }
}

/// The beginning of a text that may be long.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first few of a list, and how many more there are.
pub fn several(all: &[String]) -> String {
    const FEW: usize = 5;
    let text = all[..all.len().min(FEW)].join(", ");
    match all.len().saturating_sub(FEW) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_or_refused() {
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

    #[test]
    fn names_are_met_however_they_are_written() {
        let names = ["fluent flat", "dpmpp_2m", "Noto", "noto"];
        for (written, wanted) in [
            (" Fluent-Flat ", Some("fluent flat")),
            ("DPMPP 2M", Some("dpmpp_2m")),
            ("noto", Some("noto")),
            ("Noto", Some("Noto")),
            ("NOTO", Some("Noto")),
            ("not", None),
            ("", None),
        ] {
            assert_eq!(meant(written, names), wanted, "{written}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let all: Vec<String> = (0..7).map(|i| i.to_string()).collect();
        assert_eq!(several(&all), "0, 1, 2, 3, 4 and 2 more");
        assert_eq!(
            (several(&all[..2]), short("äbc", 2), short("äb", 2)),
            ("0, 1".into(), "äb…".into(), "äb".into())
        );
    }
}
