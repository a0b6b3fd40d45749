//! One step of the DiT's training: rectified flow (Liu et al., arXiv 2209.03003), in parts on
//! several threads.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::parallel::Workers;
use super::params::{mean_gradient, own_graph};
use super::rows::{Batch, Rows};
use crate::model::Dit;
use crate::model::routing::Route;

/// The mean squared error of the predicted flow.
///
/// # Panics
/// Where the model takes no text.
pub fn loss(dit: &Dit, batch: Batch, route: Option<&Route>) -> Tensor<1> {
    let Batch { noisy, flow, timesteps, labels, states, lengths } = batch;
    let text = dit.embed_texts(states, &lengths).expect("a model of prompts");
    let predicted = match route {
        Some(route) => dit.forward_routed(noisy, &timesteps, &labels, &text, route),
        None => dit.forward(noisy, &timesteps, &labels, Some(&text)),
    };
    (predicted - flow).square().mean()
}

/// What a step found.
#[derive(Debug)]
pub struct Found {
    /// The mean loss of the batch.
    pub loss: f64,
    /// The gradient, cut to length.
    pub grads: GradientsParams,
    /// Its length before that.
    pub length: f64,
}

/// The gradient of a batch, found in parts of `part` rows. `longest` is the most that the whole
/// gradient may be long.
///
/// # Panics
/// Where rows do not fit the model.
pub fn gradient(
    dit: &Dit,
    rows: &Rows,
    route: Option<&Route>,
    (workers, part): (&Workers, usize),
    longest: f64,
    device: &Device,
) -> Found {
    let config = dit.config();
    let text = config.text.as_ref().expect("a model of prompts");
    let latent = [config.in_channels, config.input_size[0], config.input_size[1]];
    let parts = workers.map(rows.parts(part), |rows| {
        let share = rows.count as f64;
        let dit = own_graph(dit, device);
        let loss = loss(&dit, rows.on(latent, [text.tokens, text.dim], device), route);
        let value = f64::from(loss.clone().inner().into_scalar::<f32>());
        // Unequal parts count by their rows.
        let grads = GradientsParams::from_grads((loss * share).backward(), &dit);
        (value * share, grads)
    });
    let rows = rows.count as f64;
    let (losses, grads): (Vec<f64>, Vec<GradientsParams>) = parts.into_iter().unzip();
    let (grads, length) = mean_gradient(dit, grads, rows, longest);
    Found { loss: losses.iter().sum::<f64>() / rows, grads, length }
}
