//! The one error type. Messages are sentences that say what is wrong and what to do.

/// What can go wrong between a prompt and its picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("Cannot {action} {path}: {source}.")]
    File {
        /// What was tried: "read" or "write".
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A weight file is not what its name or its configuration says.
    #[error("{file} cannot be used: {problem}.")]
    Weights {
        /// The file or component.
        file: String,
        /// What is wrong with it, without the closing full stop.
        problem: String,
    },
    /// A configuration is malformed or asks for something that is not supported.
    #[error("{file} cannot be used: {problem}.")]
    Config {
        /// The configuration's file or component.
        file: String,
        /// What is wrong with it, without the closing full stop.
        problem: String,
    },
    /// A recipe asks for something that the model or the sampler cannot do.
    #[error("{0}.")]
    Recipe(String),
    /// The device failed, or there is none of the kind that was asked for.
    #[error("{0}.")]
    Device(String),
}

impl Error {
    /// A [`Error::Weights`] about `file`.
    pub fn weights(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Weights { file: file.into(), problem: problem.into() }
    }

    /// A [`Error::Config`] about `file`.
    pub fn config(file: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Config { file: file.into(), problem: problem.into() }
    }

    /// The same of a file in `folder`, so that it can be told which of several models has it.
    #[must_use]
    pub fn within(self, folder: &std::path::Path) -> Self {
        let place = |file: String| match std::path::Path::new(&file).starts_with(folder) {
            true => file,
            false => folder.join(file).display().to_string(),
        };
        match self {
            Self::Weights { file, problem } => Self::Weights { file: place(file), problem },
            Self::Config { file, problem } => Self::Config { file: place(file), problem },
            other => other,
        }
    }

    /// A failed read of `path`.
    pub fn read(path: impl AsRef<std::path::Path>, source: std::io::Error) -> Self {
        Self::File { action: "read", path: path.as_ref().display().to_string(), source }
    }

    /// A failed write of `path`.
    pub fn write(path: impl AsRef<std::path::Path>, source: std::io::Error) -> Self {
        Self::File { action: "write", path: path.as_ref().display().to_string(), source }
    }
}

/// `Result` with Patchwork's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
