//! The sources of a model's files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;

use crate::tools::foreign::parse_json;
use crate::tools::hash::sha256;
use crate::{Error, Result};

/// A source of files by name: a folder or the web.
pub trait Source {
    /// Returns the source's name for error messages.
    fn name(&self) -> String;

    /// Returns whether a file of this name exists.
    fn exists(&self, file: &str) -> impl Future<Output = bool>;

    /// Returns the content of a file.
    fn read(&self, file: &str) -> impl Future<Output = Result<Vec<u8>>>;
}

/// Returns a hash that distinguishes a model from others of its name: the first 16 digits of the SHA-256
/// over its files' SHA-256 in hexadecimal, in the order of the files' names.
pub fn model_hash(files: &BTreeMap<String, String>) -> String {
    let all: String = files.values().map(|hash| hash.to_lowercase()).collect();
    sha256(all.as_bytes()).chars().take(16).collect()
}

/// A source that records the hash of each file that is read.
#[derive(Debug)]
pub struct Hashing<'a, S> {
    source: &'a S,
    hashes: RefCell<BTreeMap<String, String>>,
}

impl<'a, S: Source> Hashing<'a, S> {
    /// Creates a source that reads from `source`.
    pub fn new(source: &'a S) -> Self {
        Self { source, hashes: RefCell::default() }
    }

    /// Returns the [`model_hash`] of all files that were read.
    pub fn model_hash(&self) -> String {
        model_hash(&self.hashes.borrow())
    }
}

impl<S: Source> Source for Hashing<'_, S> {
    fn name(&self) -> String {
        self.source.name()
    }

    async fn exists(&self, file: &str) -> bool {
        self.source.exists(file).await
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>> {
        let bytes = self.source.read(file).await?;
        self.hashes.borrow_mut().insert(file.to_owned(), sha256(&bytes));
        Ok(bytes)
    }
}

/// A folder on this machine.
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

/// Reads a JSON file as `T`.
///
/// # Errors
/// Returns an error if the file cannot be read or does not fit `T`.
pub async fn read_json<T: serde::de::DeserializeOwned>(
    source: &impl Source,
    file: &str,
) -> Result<T> {
    parse_json(&source.read(file).await?, file)
}
