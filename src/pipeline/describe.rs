//! Proposals of prompts for a picture: the nearest concepts, ordered by how well the network predicts
//! the picture under each of them (as in Li et al., “Your Diffusion Model is Secretly a Zero-Shot
//! Classifier”, arXiv 2303.16203).

use burn::tensor::{Int, Tensor, TensorData};

use super::Pipeline;
use super::concept_index::ConceptIndex;
use crate::diffusion::{Generator, Latent};
use crate::model::text_tokens::TextTokens;
use crate::{Error, Result};

/// How many concepts of the index are compared.
const COMPARED: usize = 16;
/// The noise levels at which predictions are compared; 1 is pure noise. Near it the prompt matters most.
const LEVELS: [f64; 4] = [0.9, 0.8, 0.7, 0.55];
/// How many draws of noise there are for each level.
const DRAWS: u64 = 2;

/// The comparison of captions between its beginning and its last step.
#[derive(Debug)]
pub struct Describing<'a> {
    pipeline: &'a Pipeline,
    latent: Latent,
    captions: Vec<String>,
    text: TextTokens,
    label: usize,
    /// Each caption's error so far, relative to the mean of all captions.
    errors: Vec<f64>,
    done: usize,
}

impl Pipeline {
    /// Begins to propose prompts for the picture of a latent, `[1, c, h, w]`, in a style that may be
    /// empty.
    ///
    /// # Errors
    /// Returns an error if the index is that of another model, if the model reads no text or is no
    /// flow, or if the device fails.
    pub async fn describe(
        &self,
        latent: Latent,
        style: &str,
        index: &ConceptIndex,
    ) -> Result<Describing<'_>> {
        let no_text =
            || Error::Recipe("This model reads no words, so that there are none to propose".into());
        let reader = self.text.as_ref().filter(|_| self.shift().is_some()).ok_or_else(no_text)?;
        let features = self.features(&latent).await?;
        let captions = index.nearest(&features, COMPARED)?;
        let captions: Vec<String> = captions.into_iter().map(str::to_owned).collect();
        let text = captions
            .iter()
            .map(|caption| self.dit.embed_text(reader.read(caption)?.0).ok_or_else(no_text));
        let text = text.collect::<Result<Vec<_>>>()?;
        let text = TextTokens::cat(&text.iter().collect::<Vec<_>>());
        let label = self.style(style)?.unwrap_or(self.dit.config().num_classes);
        let errors = vec![0.0; captions.len()];
        Ok(Describing { pipeline: self, latent, captions, text, label, errors, done: 0 })
    }
}

impl Describing<'_> {
    /// Returns how many steps are done, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, LEVELS.len() * DRAWS as usize)
    }

    /// Compares the captions at the next level. Returns whether there was one.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn step(&mut self) -> Result<bool> {
        let Some(&t) = LEVELS.get(self.done / DRAWS as usize) else { return Ok(false) };
        let Self { pipeline, latent, text, .. } = &*self;
        let count = self.captions.len();
        let noise = latent.noise_like(&mut Generator::new(self.done as u64 % DRAWS));
        let noisy = latent.clone() * (1.0 - t) + noise.clone() * t;
        let labels = TensorData::new(vec![self.label as i32; count], [count]);
        let labels = Tensor::<1, Int>::from_data(labels, &pipeline.device);
        let timesteps = vec![t * pipeline.schedule.timesteps() as f64; count];
        let flow =
            pipeline.dit.forward(noisy.repeated(count).tensor(), &timesteps, &labels, Some(text));
        let error = (flow - (noise - latent.clone()).tensor()).square().mean_dims(&[1, 2, 3]);
        let failed = |problem| Error::Device(format!("The device gave no errors: {problem}"));
        let found: Vec<f64> =
            error.into_data_async().await.map_err(failed)?.iter::<f64>().collect();
        let mean = found.iter().sum::<f64>() / count as f64;
        self.errors.iter_mut().zip(&found).for_each(|(sum, error)| *sum += error / mean);
        self.done += 1;
        Ok(true)
    }

    /// Returns the captions, the likeliest first.
    pub fn captions(self) -> Vec<String> {
        let mut both: Vec<(f64, String)> = self.errors.into_iter().zip(self.captions).collect();
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        both.into_iter().map(|(_, caption)| caption).collect()
    }
}
