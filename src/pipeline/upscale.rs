//! Finished pictures at four times their sides.

use super::Pipeline;
use super::pixels::{opaque_beyond, to_images_with, to_tensor};
use crate::Result;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::model::upscaler::SCALE;

/// Alpha that lies so near to 0 or 1 is meant to be that: the upscaler's own noise is below it.
const MARGIN: f32 = 0.04;

impl Pipeline {
    /// Returns pixels a side of what the model draws, across and down.
    pub fn picture_size(&self) -> [usize; 2] {
        let [_, _, rows, columns] = self.latent_shape();
        [columns, rows].map(|cells| cells * self.autoencoder.factor())
    }

    /// Returns a picture as the model draws them, made four times as wide and high; `None` if it is of
    /// another size, or the model has no upscaler. What is bare ground stays wholly transparent, and what
    /// is opaque wholly opaque.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn upscaled(&self, picture: &Image) -> Result<Option<Image>> {
        let Some(network) = &self.upscaler else { return Ok(None) };
        if [picture.width, picture.height] != self.picture_size() {
            return Ok(None);
        }
        let large = network.forward(to_tensor(&[picture], &self.device));
        let images = to_images_with(large, |alpha| opaque_beyond(alpha, MARGIN)).await?;
        Ok(images.into_iter().next())
    }

    /// Returns what a finish is made of: the picture, or what the upscaler makes of it if it is to become
    /// larger; and whether that was done.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn base(&self, finish: &Finish, picture: Image) -> Result<(Image, bool)> {
        if !finish.enlarges(picture.width, picture.height) {
            return Ok((picture, false));
        }
        Ok(match self.upscaled(&picture).await? {
            Some(large) => (large, true),
            None => (picture, false),
        })
    }

    /// Returns pixels of the longer side that pictures have after [`upscaled`](Self::upscaled); `None` if
    /// the model has no upscaler.
    pub fn upscaled_side(&self) -> Option<usize> {
        let [across, down] = self.picture_size();
        self.upscaler.as_ref().map(|_| SCALE * across.max(down))
    }
}
