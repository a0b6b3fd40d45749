//! Text from and for users: names are matched in any spelling, and long lists are shortened.

/// Returns the one of `names` that the user means by `name`: the identical one, or else the first that
/// differs only in surrounding spaces, in the case of ASCII letters (tables for all scripts are a large
/// part of a small page), or in what joins its words (`-`, `_` or a space).
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

/// Returns the first `most` characters of a text, with an ellipsis if it is longer.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the first few items of a list, and how many more there are.
pub fn several(all: &[String]) -> String {
    const MAX_LISTED: usize = 5;
    let text = all[..all.len().min(MAX_LISTED)].join(", ");
    match all.len().saturating_sub(MAX_LISTED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// Returns a count with its noun: “1 step”, “2 steps”.
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_names_in_any_case_and_with_any_separator() {
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
    fn shortens_long_lists_and_texts() {
        let all: Vec<String> = (0..7).map(|i| i.to_string()).collect();
        assert_eq!(several(&all), "0, 1, 2, 3, 4 and 2 more");
        assert_eq!(
            (several(&all[..2]), short("äbc", 2), short("äb", 2)),
            ("0, 1".into(), "äb…".into(), "äb".into())
        );
    }
}
