//! Where a model's files come from.

use std::future::Future;
use std::path::PathBuf;

use crate::{Error, Result};

/// Files by name, from a folder or from the web.
pub trait Source {
    /// What error messages call it.
    fn name(&self) -> String;

    /// Whether there is a file of this name.
    fn exists(&self, file: &str) -> impl Future<Output = bool>;

    /// The whole of a file.
    fn read(&self, file: &str) -> impl Future<Output = Result<Vec<u8>>>;
}

/// A folder of this machine.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Source for Folder {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    async fn exists(&self, file: &str) -> bool {
        self.0.join(file).is_file()
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>> {
        let path = self.0.join(file);
        std::fs::read(&path).map_err(|source| Error::read(path, source))
    }
}

/// A JSON file, read as `T`.
///
/// # Errors
/// Where the file cannot be read or does not say what `T` needs.
pub async fn read_json<T: serde::de::DeserializeOwned>(
    source: &impl Source,
    file: &str,
) -> Result<T> {
    let bytes = source.read(file).await?;
    serde_json::from_slice(&without_infinities(bytes)).map_err(|problem| {
        Error::config(file, format!("its JSON is not as it should be: {problem}"))
    })
}

/// Python writes `Infinity`, `-Infinity` and `NaN` into JSON, which has no such numbers: they
/// become `null`, padded to their length. Strings stay as they are.
fn without_infinities(mut json: Vec<u8>) -> Vec<u8> {
    let (mut at, mut in_string) = (0, false);
    while at < json.len() {
        match json[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            _ => {
                let names: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
                if let Some(name) = names.into_iter().find(|name| json[at..].starts_with(name)) {
                    let number = &mut json[at..at + name.len()];
                    number.fill(b' ');
                    let null: &[u8] = if number.len() < 4 { b"0" } else { b"null" };
                    number[..null.len()].copy_from_slice(null);
                }
            }
        }
        at += 1;
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_json_is_read() {
        let json = br#"{"a": -Infinity, "b": "Infinity \" NaN", "c": [NaN, Infinity]}"#;
        let value: serde_json::Value =
            serde_json::from_slice(&without_infinities(json.to_vec())).unwrap();
        assert_eq!(value["a"], serde_json::Value::Null);
        assert_eq!(value["b"], "Infinity \" NaN");
        assert_eq!(value["c"][1], serde_json::Value::Null);
    }
}
