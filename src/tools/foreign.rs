//! Files from elsewhere: the names in them are checked, and so is what they really contain.

use crate::{Error, Result};

/// Returns whether a name found in a file is that of a file in the same folder: neither a path nor `..`,
/// on any system.
pub fn is_plain(name: &str) -> bool {
    !name.contains('/') && is_inside(name)
}

/// Returns whether a path found in a file stays inside its folder, on any system.
pub fn is_inside(path: &str) -> bool {
    let is_name =
        |part: &str| !part.is_empty() && part != ".." && !part.contains(['\\', ':', '\0']);
    path.split('/').all(is_name) && !path.ends_with('.')
}

/// The byte order mark, which some editors put at the beginning of a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns what a file is, with advice, if it is not what its name says; `None` if it may be.
pub fn misplaced(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes[..bytes.len().min(512)].to_ascii_lowercase();
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start).trim_ascii_start();
    let is = |beginning: &[u8]| start.starts_with(beginning);
    if is(b"version https://git-lfs") {
        Some(
            "it is a Git LFS pointer and not the file itself: fetch the file with `git lfs pull`, \
             or download it from where the pointer came",
        )
    } else if is(b"<!doctype html") || is(b"<html") || is(b"<?xml") {
        Some(
            "it is a web page and not the file itself: some servers send one for a file that they \
             do not have; download the file again",
        )
    } else if is(b"pk\x03\x04") {
        Some("it is a ZIP archive, as torch.save writes it: save the model as safetensors instead")
    } else {
        None
    }
}

/// Parses JSON as `T`; `file` is its name in error messages.
///
/// # Errors
/// Returns an error if `bytes` are not JSON, or do not have the fields that `T` needs.
pub fn parse_json<T: serde::de::DeserializeOwned>(bytes: &[u8], file: &str) -> Result<T> {
    if let Some(problem) = misplaced(bytes) {
        return Err(Error::model(file, problem));
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    serde_json::from_slice(&without_infinities(bytes))
        .map_err(|problem| Error::model(file, format!("its JSON is invalid: {problem}")))
}

/// Replaces Python's `Infinity`, `-Infinity` and `NaN`, which JSON does not have, by `null`. Strings
/// stay as they are.
pub fn without_infinities(json: &[u8]) -> Vec<u8> {
    let names: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut plain = Vec::with_capacity(json.len());
    let (mut at, mut in_string) = (0, false);
    while let Some(&byte) = json.get(at) {
        let rest = &json[at..];
        let name = names.into_iter().find(|name| !in_string && rest.starts_with(name));
        let (length, written) = match name {
            Some(name) => (name.len(), &b"null"[..]),
            // A backslash is copied together with the byte that it escapes.
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
    fn reads_pythons_json() {
        let json = br#"{"a": -Infinity, "b": "Infinity \" NaN", "c": [NaN, Infinity]}"#;
        let value: serde_json::Value = serde_json::from_slice(&without_infinities(json)).unwrap();
        assert_eq!(value["a"], serde_json::Value::Null);
        assert_eq!(value["b"], "Infinity \" NaN");
        assert_eq!(value["c"], serde_json::json!([null, null]));
    }
}
