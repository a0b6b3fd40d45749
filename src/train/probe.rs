//! The errors of a DiT in training on some pictures that it learns. The pictures and the noise are
//! always the same, so that two runs can be compared.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::prepared::{Example, Prepared};
use crate::diffusion::guess::{GuessErrors, LEVELS, guess_error};
use crate::diffusion::{Generator, Latent};
use crate::model::Dit;
use crate::model::text_tokens::TextTokens;
use crate::tools::parallel::by_rows;

/// The maximum number of pictures that are used.
const MOST: usize = 64;

/// Returns the errors of `dit` on some original pictures, spaced evenly over all. The right prompt is a
/// name of each, a label or an everyday word; the wrong prompt is the name of the next one.
///
/// # Panics
/// Panics if the data are empty, or the model takes no text.
pub fn guess_errors(dit: &Dit, data: &Prepared, device: &Device) -> GuessErrors {
    let step = data.named().count().div_ceil(MOST).max(1);
    let examples: Vec<&Example> = data.named().step_by(step).collect();
    let [channels, height, width] = data.latent;
    let clean: Vec<f32> = examples
        .iter()
        .flat_map(|example| data.latent(example.latent))
        .map(|value| value.to_f32())
        .collect();
    let shape = [examples.len(), channels, height, width];
    let clean = Latent::new(Tensor::from_data(TensorData::new(clean, shape), device));
    let null = data.styles.len();
    let labels: Vec<i32> =
        examples.iter().map(|example| example.style.unwrap_or(null) as i32).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [examples.len()]), device);
    let text = |offset: usize| {
        let texts = examples.iter().cycle().skip(offset).take(examples.len());
        embed(dit, data, texts.map(|example| example.caption), device)
    };
    let (right, wrong) = (text(0), text(1));
    let mut generator = Generator::new(0);
    let mut errors = GuessErrors::default();
    for (i, t) in LEVELS.into_iter().enumerate() {
        let noise = clean.noise_like(&mut generator);
        let error = |text: &TextTokens| {
            guess_error(&clean, &noise, t, |x, timestep| {
                by_rows(device, examples.len(), |rows| {
                    let (start, count) = (rows.start, rows.len());
                    let (x, text) = (x.clone().narrow(0, start, count), text.rows(start, count));
                    let labels = labels.clone().narrow(0, start, count);
                    dit.forward(x, &vec![timestep; count], &labels, Some(&text))
                })
            })
        };
        (errors.right[i], errors.wrong[i]) = (error(&right), error(&wrong));
    }
    errors
}

/// Embeds the captions at the indices `texts`, padded to the maximum number of tokens.
fn embed(
    dit: &Dit,
    data: &Prepared,
    texts: impl Iterator<Item = usize>,
    device: &Device,
) -> TextTokens {
    let (mut states, mut lengths) = (Vec::new(), Vec::new());
    for text in texts {
        let values = data.states(text);
        lengths.push(values.len() / data.text_dim);
        states.extend(values.iter().map(|value| value.to_f32()));
        let missing = (data.max_tokens - lengths[lengths.len() - 1]) * data.text_dim;
        states.extend(std::iter::repeat_n(0.0, missing));
    }
    let shape = [lengths.len(), data.max_tokens, data.text_dim];
    let states = Tensor::<3>::from_data(TensorData::new(states, shape), device);
    dit.embed_texts(states, &lengths).expect("a model of prompts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DitConfig, TextConfig};

    #[test]
    fn a_new_network_predicts_the_noisy_latent_for_any_prompt() {
        let device = Device::flex();
        let dit = DitConfig::new([4, 4], 2, 2, 8, 2, 2, 2)
            .with_learn_sigma(false)
            .with_text(Some(TextConfig::new(6, 3)))
            .init(&device);
        // The final layer of adaLN-Zero returns 0 at first.
        let errors = guess_errors(&dit, &Prepared::tiny(), &device);
        assert_eq!(errors.right, errors.wrong);
        assert!(errors.right[0] > errors.right[2] && errors.right[2] > 0.0, "{errors:?}");
        let other =
            guess_errors(&crate::model::testing::scrambled(dit, 1), &Prepared::tiny(), &device);
        assert_ne!(other.right, other.wrong);
    }
}
