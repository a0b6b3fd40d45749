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
const DRAWS: usize = 2;
/// How many captions are compared in a step, at one level with one draw. More would keep the CPU of a
/// browser busy for seconds without a rest.
const AT_ONCE: usize = 4;

/// The comparison of captions between its beginning and its last step.
#[derive(Debug)]
pub struct Describing<'a> {
    pipeline: &'a Pipeline,
    latent: Latent,
    captions: Vec<String>,
    /// The text of the captions that are compared in a step.
    texts: Vec<TextTokens>,
    label: usize,
    /// The errors so far: those of all captions at the first level, with the first draw, and so on.
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
        let texts =
            text.chunks(AT_ONCE).map(|some| TextTokens::cat(&some.iter().collect::<Vec<_>>()));
        let texts = texts.collect();
        let label = self.style(style)?.unwrap_or(self.dit.config().num_classes);
        Ok(Describing {
            pipeline: self,
            latent,
            captions,
            texts,
            label,
            errors: Vec::new(),
            done: 0,
        })
    }
}

impl Describing<'_> {
    /// Returns how many steps are done, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, LEVELS.len() * DRAWS * self.texts.len())
    }

    /// Compares some captions at a level. Returns whether there were any.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn step(&mut self) -> Result<bool> {
        let Self { pipeline, latent, texts, .. } = &*self;
        let Some(round) = self.done.checked_div(texts.len()) else { return Ok(false) };
        let Some(&t) = LEVELS.get(round / DRAWS) else { return Ok(false) };
        let text = &texts[self.done % texts.len()];
        let count = AT_ONCE.min(self.captions.len() - self.errors.len() % self.captions.len());
        let noise = latent.noise_like(&mut Generator::new((round % DRAWS) as u64));
        let noisy = latent.clone() * (1.0 - t) + noise.clone() * t;
        let labels = TensorData::new(vec![self.label as i32; count], [count]);
        let labels = Tensor::<1, Int>::from_data(labels, &pipeline.device);
        let timesteps = vec![t * pipeline.schedule.timesteps() as f64; count];
        let flow =
            pipeline.dit.forward(noisy.repeated(count).tensor(), &timesteps, &labels, Some(text));
        let error = (flow - (noise - latent.clone()).tensor()).square().mean_dims(&[1, 2, 3]);
        let failed = |problem| Error::Device(format!("The device gave no errors: {problem}"));
        self.errors.extend(error.into_data_async().await.map_err(failed)?.iter::<f64>());
        self.done += 1;
        Ok(true)
    }

    /// Returns the captions, the likeliest first.
    pub fn captions(self) -> Vec<String> {
        // At each level, an error counts relative to the mean of all captions.
        let mut sums = vec![0.0; self.captions.len()];
        for errors in self.errors.chunks(self.captions.len().max(1)) {
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            sums.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error / mean);
        }
        let mut both: Vec<(f64, String)> = sums.into_iter().zip(self.captions).collect();
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        both.into_iter().map(|(_, caption)| caption).collect()
    }
}
