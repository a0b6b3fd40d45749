//! The picture that a run changes, in pixels, and where it changes.

use burn::tensor::{Tensor, TensorData};

use super::start::picture_hash;
use super::{Origin, Pipeline};
use crate::diffusion::Latent;
use crate::image::Attachments;
use crate::image::Image;
use crate::image::mask::{Mask, composite};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// How many pixels outside a mask the drawn part fades into the picture. Pixels beyond stay as they are.
pub const FEATHER: f32 = 8.0;

/// The part of a run's time, from its end, in which the cells around a mask change too: the part in which
/// details are drawn, after it is decided what the picture shows.
const RING: f32 = 0.65;

/// A picture of the model's size, and the mask of what changes in it.
#[derive(Debug, Clone)]
pub struct Original {
    /// The picture.
    pub picture: Image,
    /// Where it changes; `None` to change all of it.
    pub mask: Option<Mask>,
}

impl Original {
    /// Creates an original from two pictures of the model's size; the mask is the alpha of the second.
    ///
    /// # Errors
    /// Returns an error if the mask has another size than the picture, or covers nothing.
    pub fn new(picture: Image, mask: Option<&Image>) -> Result<Self> {
        let mask = mask.map(Mask::of);
        if let Some(mask) = &mask {
            if mask.is_empty() {
                return Err(Error::Picture(
                    "The mask covers nothing, so that nothing would change: cover what should change"
                        .into(),
                ));
            }
            if [mask.width, mask.height] != [picture.width, picture.height] {
                return Err(Error::Picture("The mask and the picture differ in size".into()));
            }
        }
        Ok(Self { picture, mask })
    }

    /// Returns the hash by which recipes name the mask; empty if there is none.
    pub fn mask_hash(&self) -> String {
        self.mask.as_ref().map_or_else(String::new, |mask| picture_hash(&mask.to_image()))
    }

    /// Returns a finished picture of a run: outside the mask it is the original, byte for byte, and at the
    /// mask's edge one fades into the other.
    ///
    /// # Errors
    /// Returns an error if the picture has another size.
    pub fn finished(&self, drawn: Image) -> Result<Image> {
        match &self.mask {
            None => Ok(drawn),
            Some(mask) => composite(&self.picture, &drawn, &mask.feathered(FEATHER)),
        }
    }

    /// Returns what a saved picture carries: its recipe as JSON, this picture and the mask.
    ///
    /// # Errors
    /// Returns an error if a picture is empty.
    pub fn attachments(&self, recipe: Option<String>) -> Result<Attachments> {
        Ok(Attachments {
            recipe,
            picture: Some(self.picture.to_png(None)?),
            mask: self.mask.as_ref().map(|mask| mask.to_image().to_png(None)).transpose()?,
        })
    }
}

impl Pipeline {
    /// Encodes a picture and its mask, so that a run can begin with them. A cell of the latent changes if
    /// the mask covers a pixel of it.
    ///
    /// # Errors
    /// See [`encode`](Self::encode).
    pub fn origin(&self, original: &Original) -> Result<Origin> {
        let latent = self.encode(&original.picture)?;
        Ok(Origin { latent, mask: original.mask.as_ref().map(|mask| self.cells(mask)) })
    }

    /// Returns the mask of a latent, `[1, 1, h, w]`: 1 for cells that the mask touches, and less for those
    /// around them in which the drawn part fades into the picture.
    pub fn cells(&self, mask: &Mask) -> Latent {
        let [_, _, height, width] = self.latent_shape();
        let factor = self.autoencoder.factor();
        let inside = mask.cells(factor).into_iter();
        let around = mask.feathered(FEATHER).cells(factor);
        let cells: Vec<f32> =
            inside.zip(around).map(|(inside, around)| inside.max(RING * around)).collect();
        let cells = TensorData::new(cells, [1, 1, height, width]);
        Latent::new(Tensor::from_data(cells, &self.device))
    }

    /// Goes back from a picture to noise if the recipe asks for it, in one go. Returns the noise.
    ///
    /// # Errors
    /// See [`invert`](Self::invert).
    pub fn inverted(&self, recipe: &Recipe, origin: &Origin) -> Result<Option<Latent>> {
        if !recipe.inversion {
            return Ok(None);
        }
        let mut back = self.invert(recipe, origin.latent.clone())?;
        while back.step() {}
        Ok(Some(back.noise()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pixel: [u8; 4]) -> Image {
        Image { width: 32, height: 32, pixels: pixel.repeat(32 * 32) }
    }

    #[test]
    fn keeps_the_picture_outside_the_mask_and_its_soft_edge() {
        let pixel = |i: usize| if i % 32 < 8 { [0, 0, 0, 255] } else { [0; 4] };
        let mask = Image { width: 32, height: 32, pixels: (0..32 * 32).flat_map(pixel).collect() };
        let original = Original::new(plain([10, 20, 30, 255]), Some(&mask)).unwrap();
        let made = original.finished(plain([200, 100, 50, 255])).unwrap();
        let red: Vec<u8> = (0..32).map(|x| made.pixels[4 * (32 * 7 + x)]).collect();
        assert_eq!((red[0], red[7], red[16], red[31]), (200, 200, 10, 10));
        assert!(red.windows(2).all(|two| two[0] >= two[1]), "{red:?}");
        assert_eq!(original.mask_hash(), picture_hash(&mask));
    }

    #[test]
    fn without_a_mask_all_of_the_picture_changes() {
        let original = Original::new(plain([10, 20, 30, 255]), None).unwrap();
        assert_eq!(original.finished(plain([1; 4])).unwrap(), plain([1; 4]));
        assert_eq!(original.mask_hash(), "");
    }

    #[test]
    fn refuses_a_mask_that_covers_nothing() {
        let refused = Original::new(plain([1; 4]), Some(&plain([0; 4]))).unwrap_err().to_string();
        assert!(refused.contains("covers nothing"), "{refused}");
    }
}
