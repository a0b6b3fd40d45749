//! Files from elsewhere: names that they bring, and what is really in them.

use crate::{Error, Result};

/// Returns whether a name that a file brought is one of a file in its folder: neither a path nor a
/// way out of it, on any system.
pub fn is_plain(name: &str) -> bool {
    !name.contains('/') && is_inside(name)
}

/// Returns whether a path that a file brought stays in its folder, on any system.
pub fn is_inside(path: &str) -> bool {
    let is_name =
        |part: &str| !part.is_empty() && part != ".." && !part.contains(['\\', ':', '\0']);
    path.split('/').all(is_name) && !path.ends_with('.')
}

/// What some editors put at the beginning of a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns what a file is, with advice, if its name is wrong; `None` if it may be what it should.
pub fn misplaced(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes[..bytes.len().min(512)].to_ascii_lowercase();
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start).trim_ascii_start();
    let is = |beginning: &[u8]| start.starts_with(beginning);
    if is(b"version https://git-lfs") {
        Some(
            "it is a pointer of Git LFS and not the file itself: fetch that with `git lfs pull`, or \
             download it where the pointer came from",
        )
    } else if is(b"<!doctype html") || is(b"<html") || is(b"<?xml") {
        Some(
            "it is a web page and not the file itself, as some servers answer for files that they do \
             not have: download it again",
        )
    } else if is(b"pk\x03\x04") {
        Some("it is a ZIP archive, as torch.save writes: save the model anew as safetensors")
    } else {
        None
    }
}

/// JSON in bytes, read as `T`; `file` is what error messages call it.
///
/// # Errors
/// Returns an error if they are something else, or do not say what `T` needs.
pub fn parse_json<T: serde::de::DeserializeOwned>(bytes: &[u8], file: &str) -> Result<T> {
    if let Some(problem) = misplaced(bytes) {
        return Err(Error::model(file, problem));
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    serde_json::from_slice(&without_infinities(bytes)).map_err(|problem| {
        Error::model(file, format!("its JSON is not as it should be: {problem}"))
    })
}

/// Python writes `Infinity`, `-Infinity` and `NaN` into JSON, which has no such numbers: they
/// become `null`. Strings stay as they are.
pub fn without_infinities(json: &[u8]) -> Vec<u8> {
    let names: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut plain = Vec::with_capacity(json.len());
    let (mut at, mut in_string) = (0, false);
    while let Some(&byte) = json.get(at) {
        let rest = &json[at..];
        let name = names.into_iter().find(|name| !in_string && rest.starts_with(name));
        let (length, written) = match name {
            Some(name) => (name.len(), &b"null"[..]),
            // What a backslash escapes goes with it.
            None if in_string && byte == b'\\' => (2.min(rest.len()), &rest[..2.min(rest.len())]),
            None => (1, &rest[..1]),
        };
        in_string ^= byte == b'"';
        plain.extend(written);
        at += length;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_json_is_read() {
        let json = br#"{"a": -Infinity, "b": "Infinity \" NaN", "c": [NaN, Infinity]}"#;
        let value: serde_json::Value = serde_json::from_slice(&without_infinities(json)).unwrap();
        assert_eq!(value["a"], serde_json::Value::Null);
        assert_eq!(value["b"], "Infinity \" NaN");
        assert_eq!(value["c"], serde_json::json!([null, null]));
    }
}
