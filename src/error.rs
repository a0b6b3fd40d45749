//! The one error type. Its messages are sentences that say what is wrong and what to do.

use std::path::Path;

/// The errors, by what they are about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("Cannot {action} {path}: {source}.")]
    File {
        /// The action that failed: "read" or "write".
        action: &'static str,
        /// The file.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A model, or one of its files, does not match its name or its configuration, or cannot do what was
    /// asked for.
    #[error("{file} cannot be used: {problem}.")]
    Model {
        /// The file, or the model's name.
        file: String,
        /// The problem, without the closing full stop.
        problem: String,
    },
    /// A dataset, or a file of it, does not hold what is needed.
    #[error("{file} cannot be used: {problem}.")]
    Dataset {
        /// The file, or the dataset.
        file: String,
        /// The problem, without the closing full stop.
        problem: String,
    },
    /// A recipe asks for something that the model or the sampler cannot do.
    #[error("{0}.")]
    Recipe(String),
    /// A training run cannot start or continue.
    #[error("{0}.")]
    Training(String),
    /// A picture cannot be read, written or drawn.
    #[error("{0}.")]
    Picture(String),
    /// The device failed, or there is no device of the kind that was asked for.
    #[error("{0}.")]
    Device(String),
    /// The options of a command contradict each other, or do not fit what exists.
    #[error("{0}.")]
    Options(String),
}

impl Error {
    /// Returns an [`Error::Model`] about `file`.
    pub fn model(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Model { file: file.into(), problem: problem.into() }
    }

    /// Returns an [`Error::Dataset`] about `file`.
    pub fn dataset(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Dataset { file: file.into(), problem: problem.into() }
    }

    /// Returns the message without its full stop, to be a part of another sentence.
    pub fn clause(&self) -> String {
        self.to_string().trim_end_matches('.').to_owned()
    }

    /// Returns the error with a model's file placed in `folder`, which tells it from the files of other
    /// models.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::Model { file, problem } if Path::new(&file).starts_with(folder) => {
                Self::Model { file, problem }
            }
            Self::Model { file, problem } => {
                Self::Model { file: folder.join(file).display().to_string(), problem }
            }
            other => other,
        }
    }

    /// Returns the error of a failed read of `path`.
    pub fn read(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::File { action: "read", path: path.as_ref().display().to_string(), source }
    }

    /// Returns the error of a failed write of `path`.
    pub fn write(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::File { action: "write", path: path.as_ref().display().to_string(), source }
    }
}

/// `Result` with Patchwork's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
