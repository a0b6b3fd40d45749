//! The quantisation of a model to 8 bits, for a smaller download, and checks that it still draws the
//! same.

use burn::tensor::{Device, Tensor};

use super::Asked;
use super::flow::flow_error;
use super::reconstruction::measure;
use crate::dataset::Dataset;
use crate::dataset::gather::SIDE;
use crate::image::Image;
use crate::pipeline::export::autoencoder_files;
use crate::pipeline::stickers::{DIT, TEXT_ENCODER, UPSCALER, autoencoder_of, text_config};
use crate::pipeline::{Parts, Pipeline};
use crate::text::TextReader;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::weights::{Checkpoint, keys, load};
use crate::{Error, Result};

/// The minimum cosine similarity of text states.
const MIN_COSINE: f64 = 0.999;
/// The default limit of the relative growth of the DiT's error.
pub const MAX_ERROR_GROWTH: f64 = 0.005;
/// The maximum loss of PSNR of reconstructed pictures, in dB.
const MAX_PSNR_LOSS: f64 = 0.5;
/// The model's name in error messages before it is written.
const SMALLER: &str = "The smaller model";
/// The maximum numbers of captions and of pictures in the check.
const CAPTIONS: usize = 300;
const PICTURES: usize = 50;

/// A model quantised to 8 bits: its files by name, and the model as it is read from them.
#[derive(Debug)]
pub struct Quantised {
    /// The files to write.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// The model that draws with them.
    pub model: Pipeline,
}

impl Quantised {
    /// Quantises `before` to 8 bits.
    ///
    /// # Errors
    /// Returns an error if `before` does not have the layout of models that Patchwork trains, with its
    /// encoder.
    pub fn of(before: &Pipeline) -> Result<Self> {
        before.check_draws([SIDE; 2])?;
        let (Some(reader), Some(network)) = (&before.text, before.autoencoder.sticker()) else {
            let problem =
                "only models that Patchwork trained, with a model.json, can be made smaller";
            return Err(Error::model(&before.name, problem));
        };
        let device = Device::flex();
        let text = to_bytes(&parameters(&reader.encoder, &keys::MINILM, Precision::Byte), None);
        let file = Checkpoint::new(SMALLER, vec![text.clone()])?;
        let encoder = load(text_config(&file).init(&device), &file, &keys::MINILM)?;
        let new = before.dit.config().init(&device);
        let dit_bytes = to_bytes(&parameters(&before.dit, &keys::DIT, Precision::Byte), None);
        let file = Checkpoint::new(SMALLER, vec![dit_bytes.clone()])?;
        let dit = load(new, &file, &keys::DIT)?;
        let autoencoder_files = autoencoder_files(network, Precision::Byte);
        let parts = autoencoder_files.iter().map(|(_, bytes)| bytes.clone()).collect();
        let network = autoencoder_of(Checkpoint::new(SMALLER, parts)?, &device, Parts::All)?;
        let model = Pipeline {
            text: Some(TextReader { encoder, ..reader.clone() }),
            dit,
            autoencoder: before.autoencoder.clone().with_sticker(network),
            ..before.clone()
        };
        let [decoder, encoder] = autoencoder_files;
        let mut files = vec![(TEXT_ENCODER, text), (DIT, dit_bytes), decoder, encoder];
        if let Some(network) = &before.upscaler {
            let tensors = parameters(network, &keys::UPSCALER, Precision::Byte);
            files.push((UPSCALER, to_bytes(&tensors, None)));
        }
        Ok(Self { files, model })
    }
}

/// The loss of a quantised model, measured on some captions and pictures of a dataset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantisationLoss {
    /// The smallest cosine similarity between the text states before and after.
    pub cosine: f64,
    /// The DiT's error before and after.
    pub errors: [f64; 2],
    /// The autoencoder's PSNR before and after, in dB.
    pub psnr: [f64; 2],
}

impl QuantisationLoss {
    /// Measures the loss of `after` relative to `before`.
    ///
    /// # Errors
    /// Returns an error if the dataset is empty, or holds what the models cannot read.
    pub fn measure(before: &Pipeline, after: &Pipeline, dataset: &Dataset) -> Result<Self> {
        if dataset.entries.is_empty() {
            let problem = "it has no pictures to try the model with";
            return Err(Error::dataset("The dataset", problem));
        }
        let every = |most: usize| dataset.entries.len().div_ceil(most).max(1);
        let captions = dataset.entries.iter().step_by(every(CAPTIONS));
        let captions = captions.map(|entry| entry.label.as_str());
        let asked: Vec<Asked> =
            dataset.entries.iter().step_by(every(PICTURES)).map(Asked::of).collect();
        let pictures: Vec<&Image> = dataset.pictures.iter().step_by(every(PICTURES)).collect();
        let error = |model: &Pipeline| flow_error(model, &asked, &pictures);
        let psnr = |model: &Pipeline| measure(model, &pictures).map(|found| found.psnr);
        Ok(Self {
            cosine: least_cosine(captions, before, after)?,
            errors: [error(before)?, error(after)?],
            psnr: [psnr(before)?, psnr(after)?],
        })
    }

    /// Returns the relative growth of the DiT's error.
    pub fn error_growth(&self) -> f64 {
        self.errors[1] / self.errors[0] - 1.0
    }

    /// Checks that the loss is within its limits, and the growth of the error within `max_growth`.
    ///
    /// # Errors
    /// Returns an error with the figures and the limits if it is not.
    pub fn check(&self, max_growth: f64) -> Result<()> {
        let Self { cosine, psnr: [psnr_before, psnr], .. } = *self;
        // NaN fails these comparisons too.
        let is_good = cosine >= MIN_COSINE
            && self.error_growth() <= max_growth
            && psnr >= psnr_before - MAX_PSNR_LOSS;
        if is_good {
            return Ok(());
        }
        Err(Error::model(
            SMALLER,
            format!(
                "in a byte a value it is not what it was, so nothing was written. The cosine is {cosine:.5} \
                 and must be at least {MIN_COSINE}, the error grew by {:.2} % and may grow by {:.2} %, and the \
                 PSNR fell by {:.2} dB and may fall by {MAX_PSNR_LOSS} dB. Train it further and try again; \
                 raise the limit with --max-error-growth, or write it all the same with --force; or publish \
                 it as it is: half precision takes twice the room",
                100.0 * self.error_growth(),
                100.0 * max_growth,
                psnr_before - psnr
            ),
        ))
    }
}

/// Returns the smaller of two numbers, or NaN if either is; `f64::min` would hide it.
fn least_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

/// Returns the smallest cosine similarity between two models' states of any token; NaN if one is NaN.
fn least_cosine<'a>(
    captions: impl Iterator<Item = &'a str>,
    before: &Pipeline,
    after: &Pipeline,
) -> Result<f64> {
    let mut least = 1f64;
    for caption in captions {
        let states = |model: &Pipeline| -> Result<Tensor<2>> {
            let reader = model.text.as_ref().expect("both have been seen to read");
            Ok(reader.read(caption)?.0)
        };
        let (a, b) = (states(before)?, states(after)?);
        let length = |x: &Tensor<2>| x.clone().square().sum_dim(1).sqrt();
        let cosine = (a.clone() * b.clone()).sum_dim(1) / (length(&a) * length(&b));
        for cosine in cosine.into_data().iter::<f32>() {
            least = least_or_nan(least, f64::from(cosine));
        }
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_keeps_nan() {
        let least = |all: &[f64]| all.iter().copied().fold(1.0, least_or_nan);
        assert_eq!(least(&[0.9, 0.8, 0.95]), 0.8);
        for all in [[f64::NAN, 0.9, 0.8], [0.9, f64::NAN, 0.8], [0.9, 0.8, f64::NAN]] {
            assert!(least(&all).is_nan());
        }
    }

    #[test]
    fn refuses_a_loss_beyond_any_limit() {
        let fine = QuantisationLoss { cosine: 0.9995, errors: [1.0, 1.004], psnr: [30.0, 29.8] };
        assert!(fine.check(MAX_ERROR_GROWTH).is_ok());
        // A small set of pictures gives a rough estimate of the error, so the user decides.
        let grown = QuantisationLoss { errors: [1.0, 1.019], ..fine };
        assert!(grown.check(0.02).is_ok());
        let said = grown.check(MAX_ERROR_GROWTH).unwrap_err().to_string();
        assert!(said.contains("grew by 1.90 % and may grow by 0.50 %"), "{said}");
        for bad in [
            QuantisationLoss { cosine: 0.99, ..fine },
            QuantisationLoss { cosine: f64::NAN, ..fine },
            QuantisationLoss { errors: [1.0, 1.01], ..fine },
            QuantisationLoss { errors: [1.0, f64::NAN], ..fine },
            QuantisationLoss { psnr: [30.0, 29.4], ..fine },
        ] {
            assert!(
                bad.check(MAX_ERROR_GROWTH)
                    .unwrap_err()
                    .to_string()
                    .contains("nothing was written")
            );
        }
    }
}
