//! The beginning of a run: noise, or a picture and some noise.

use burn::tensor::Tensor;

use super::Pipeline;
use super::pixels::to_tensor;
use crate::diffusion::{Generator, Latent};
use crate::image::Image;
use crate::recipe::Recipe;
use crate::tools::hash::sha256;
use crate::{Error, Result};

/// How a run begins: by default, with the noise of its recipe's seed.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Noise in place of the seed's, `[count, c, h, w]`.
    pub noise: Option<Latent>,
    /// The picture to change; `None` to draw from noise alone.
    pub from: Option<Origin>,
}

/// A picture that a run changes. [`Recipe::strength`] says how much.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its latent, `[1 or count, c, h, w]`; see [`Pipeline::encode`].
    pub latent: Latent,
    /// Where the picture changes, from 0 (it is kept) to 1, `[1 or count, 1 or c, h, w]`; `None` to
    /// change all of it.
    pub mask: Option<Latent>,
}

/// How many digits of a picture's hash a recipe holds.
const DIGITS: usize = 16;

/// Returns the hash by which recipes name a picture: the first digits of the SHA-256 of its pixels.
pub fn picture_hash(picture: &Image) -> String {
    sha256(&picture.pixels).chars().take(DIGITS).collect()
}

impl Start {
    /// Returns a start with a picture that changes everywhere.
    pub fn from(latent: Latent) -> Self {
        Self { noise: None, from: Some(Origin { latent, mask: None }) }
    }

    /// Returns the noise and the picture of a run on `pipeline`. Advances the generators by one latent
    /// each, even if other noise is given.
    ///
    /// # Errors
    /// Returns an error if the recipe names a picture and there is none, or if a shape does not fit.
    pub(super) fn resolve(
        self,
        pipeline: &Pipeline,
        recipe: &Recipe,
        generators: &mut [Generator],
    ) -> Result<(Latent, Option<Origin>)> {
        let drawn = seeded(pipeline, recipe, generators);
        let [count, channels, height, width] = drawn.dims();
        let fits = |what: &str, latent: &Latent, likewise: [&[usize]; 2]| {
            let [rows, layers, h, w] = latent.dims();
            let [row_choices, layer_choices] = likewise;
            match row_choices.contains(&rows) && layer_choices.contains(&layers) {
                true if [h, w] == [height, width] => Ok(()),
                _ => Err(Error::Recipe(format!(
                    "The given {what} have shape {:?}, and this model needs {:?}",
                    latent.dims(),
                    drawn.dims()
                ))),
            }
        };
        let noise = match self.noise {
            None if recipe.inversion && recipe.begins_with_picture() => {
                return Err(Error::Recipe(
                    "The recipe inverts its picture: give the noise that Pipeline::invert finds"
                        .into(),
                ));
            }
            None => drawn.clone(),
            Some(noise) => {
                fits("latents", &noise, [&[count], &[channels]])?;
                // Inverted noise stands in for the seed's, so that variations turn it too.
                match recipe.inversion && recipe.begins_with_picture() {
                    true => turned(pipeline, recipe, noise),
                    false => noise,
                }
            }
        };
        let Some(Origin { latent, mask }) = self.from else {
            return match recipe.begins_with_picture() {
                false => Ok((noise, None)),
                true => Err(Error::Recipe(format!(
                    "The recipe begins with the picture {}, which is not here: give it too",
                    recipe.picture
                ))),
            };
        };
        fits("latents of a picture", &latent, [&[1, count], &[channels]])?;
        if let Some(mask) = &mask {
            fits("masks", mask, [&[1, count], &[1, channels]])?;
        } else if !recipe.mask.is_empty() {
            return Err(Error::Recipe(format!(
                "The recipe changes its picture within the mask {}, which is not here: give it too",
                recipe.mask
            )));
        }
        let latent = if latent.count() == count { latent } else { latent.repeated(count) };
        Ok((noise, Some(Origin { latent, mask })))
    }
}

/// Returns the noise of a recipe's seeds, turned towards that of its variation. Advances the generators
/// by one latent each.
pub(super) fn seeded(pipeline: &Pipeline, recipe: &Recipe, generators: &mut [Generator]) -> Latent {
    let noise = Latent::noise(generators, pipeline.latent_shape(), &pipeline.device);
    turned(pipeline, recipe, noise)
}

/// Returns noise turned towards that of a recipe's variation.
fn turned(pipeline: &Pipeline, recipe: &Recipe, noise: Latent) -> Latent {
    if recipe.variation_strength == 0.0 {
        return noise;
    }
    let mut generators = [Generator::new(recipe.variation_seed)];
    let other = Latent::noise(&mut generators, pipeline.latent_shape(), &pipeline.device);
    noise.slerp(&other, recipe.variation_strength)
}

impl Pipeline {
    /// Encodes a picture of the model's size to the latent that a run can begin with, `[1, c, h, w]`. A
    /// transparent picture is put on white if the model draws no transparency.
    ///
    /// # Errors
    /// Returns an error if the picture has another size, or if the model was loaded without its encoder.
    pub fn encode(&self, picture: &Image) -> Result<Latent> {
        self.check_draws([picture.width, picture.height])?;
        let pixels = to_tensor(&[picture], &self.device);
        self.autoencoder.encode(match self.autoencoder.sticker() {
            Some(_) => pixels,
            None => on_white(pixels),
        })
    }
}

/// Puts premultiplied pictures on white: `[b, 4, h, w]` → `[b, 3, h, w]`, both in −1..1.
fn on_white(pixels: Tensor<4>) -> Tensor<4> {
    let alpha = pixels.clone().narrow(1, 3, 1);
    pixels.narrow(1, 0, 3) + (alpha * -1.0 + 1.0)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn composites_pictures_on_white() {
        let picture = Image { width: 2, height: 1, pixels: vec![9, 9, 9, 0, 255, 0, 51, 255] };
        let white = on_white(to_tensor(&[&picture], &Device::flex()));
        let values: Vec<f32> = white.into_data().iter().collect();
        assert_eq!(values, [1.0, 1.0, 1.0, -1.0, 1.0, -0.6]);
    }

    #[test]
    fn hashes_the_pixels_of_a_picture() {
        let picture = |value| Image { width: 1, height: 1, pixels: vec![value; 4] };
        assert_eq!(picture_hash(&picture(1)).len(), DIGITS);
        assert_ne!(picture_hash(&picture(1)), picture_hash(&picture(2)));
    }
}
