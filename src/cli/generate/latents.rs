//! Latents in files: the noise that a run begins with, and its final latents.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};

use crate::diffusion::Latent;
use crate::pipeline::Pipeline;
use crate::tools::files::write_target;
use crate::weights::{Checkpoint, check_finite};
use crate::{Error, Result};

/// The name of the tensor in a file of latents.
const LATENTS: &str = "latents";

/// Returns the latents of a file, `[b, c, h, w]`.
pub(super) fn read(path: &Path, pipeline: &Pipeline) -> Result<Latent> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
    let shape = file.shape(LATENTS).and_then(|shape| <[usize; 4]>::try_from(shape).ok());
    let Some(shape) = shape else {
        let problem = format!("it holds no tensor “{LATENTS}” of four dimensions");
        return Err(Error::model(path.display().to_string(), problem));
    };
    let values = file.values(LATENTS)?;
    check_finite(LATENTS, &values).map_err(|problem| Error::model(file.name(), problem))?;
    Ok(Latent::new(Tensor::from_data(TensorData::new(values, shape), &pipeline.device)))
}

/// Writes latents, `[b, c, h, w]`.
pub(super) async fn write(path: &Path, latents: Latent) -> Result<()> {
    let shape = latents.dims().to_vec();
    let data = latents
        .tensor()
        .into_data_async()
        .await
        .map_err(|problem| Error::Device(format!("The device gave no latents: {problem}")))?;
    let bytes: Vec<u8> = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
    let unwritten = |problem: safetensors::SafeTensorError| {
        Error::write(path, std::io::Error::other(problem.to_string()))
    };
    let view = TensorView::new(Dtype::F32, shape, &bytes).map_err(unwritten)?;
    write_target(path, &safetensors::serialize([(LATENTS, view)], None).map_err(unwritten)?)
}
