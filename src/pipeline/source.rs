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
    serde_json::from_slice(&bytes)
        .map_err(|problem| Error::config(file, format!("its JSON is not as it should be: {problem}")))
}
