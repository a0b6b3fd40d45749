//! Between pictures and the tensors that autoencoders take and give.

use burn::tensor::{Device, Tensor, TensorData};

use crate::image::Image;
use crate::{Error, Result};

/// Returns the pictures of a batch. Three channels are opaque; of four, the fourth is the alpha
/// that the others were multiplied with.
///
/// # Shapes
/// `[b, 3 or 4, h, w]`, values in −1..1; what is beyond is clipped.
///
/// # Errors
/// Returns an error if the device fails to give its data.
pub async fn to_images(x: Tensor<4>) -> Result<Vec<Image>> {
    to_images_with(x, |alpha| alpha).await
}

/// Returns the same, with each alpha, 0..1, changed by `change`; colours stay.
///
/// # Errors
/// See [`to_images`].
pub async fn to_images_with(x: Tensor<4>, change: impl Fn(f32) -> f32) -> Result<Vec<Image>> {
    let [_, channels, height, width] = x.dims();
    let data = x
        .into_data_async()
        .await
        .map_err(|problem| Error::Device(format!("The device gave no picture: {problem}")))?;
    let values: Vec<f32> = data.iter::<f32>().collect();
    if !values.iter().all(|value| value.is_finite()) {
        return Err(Error::Picture(
            "The numbers overflowed and left no picture: take less guidance, more steps or \
             another sampler"
                .into(),
        ));
    }
    let plane = height * width;
    let image = |values: &[f32]| {
        let at = |c: usize, i: usize| (values[c * plane + i] + 1.0) / 2.0;
        let pixel = |i: usize| {
            let rgb = [at(0, i), at(1, i), at(2, i)];
            let [r, g, b, a] = straight(rgb, if channels == 4 { at(3, i) } else { 1.0 });
            let alpha = byte(change(f32::from(a) / 255.0));
            if alpha == 0 { [0; 4] } else { [r, g, b, alpha] }
        };
        Image { width, height, pixels: (0..plane).flat_map(pixel).collect() }
    };
    Ok(values.chunks_exact(channels * plane).map(image).collect())
}

/// Returns pictures as the autoencoder takes them: premultiplied RGBA in −1..1, `[b, 4, h, w]`.
pub fn to_tensor(images: &[&Image], device: &Device) -> Tensor<4> {
    let (width, height) = (images[0].width, images[0].height);
    let mut values = Vec::with_capacity(images.len() * 4 * width * height);
    for image in images {
        let pixels = image.pixels.as_chunks::<4>().0;
        for c in 0..4 {
            values.extend(pixels.iter().map(|pixel| {
                let alpha = f32::from(pixel[3]) / 255.0;
                let value = if c == 3 { alpha } else { f32::from(pixel[c]) / 255.0 * alpha };
                2.0 * value - 1.0
            }));
        }
    }
    Tensor::from_data(TensorData::new(values, [images.len(), 4, height, width]), device)
}

/// Returns the sizes of differences between neighbours, across and down.
pub fn differences(x: Tensor<4>) -> [Tensor<4>; 2] {
    let [_, _, height, width] = x.dims();
    let across = x.clone().narrow(3, 1, width - 1) - x.clone().narrow(3, 0, width - 1);
    let down = x.clone().narrow(2, 1, height - 1) - x.narrow(2, 0, height - 1);
    [across.abs(), down.abs()]
}

/// Returns an alpha of 0..1 made 0 or 1 if it is nearer to that than `margin`, and moved evenly in between.
pub fn opaque_beyond(alpha: f32, margin: f32) -> f32 {
    ((alpha - margin) / (1.0 - 2.0 * margin)).clamp(0.0, 1.0)
}

fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Returns a pixel of premultiplied values in 0..1.
fn straight(rgb: [f32; 3], alpha: f32) -> [u8; 4] {
    let alpha = alpha.clamp(0.0, 1.0);
    // Where next to nothing is opaque, colour is noise.
    if byte(alpha) == 0 {
        return [0; 4];
    }
    let [r, g, b] = rgb.map(|value| byte(value / alpha));
    [r, g, b, byte(alpha)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn premultiplied_becomes_straight() {
        assert_eq!(straight([0.25, 0.5, 0.0], 0.5), [128, 255, 0, 128]);
        assert_eq!(straight([0.3, 0.3, 0.3], 0.001), [0; 4]);
        assert_eq!(straight([2.0, -1.0, 1.0], 1.0), [255, 0, 255, 255]);
    }

    #[test]
    fn alpha_near_its_ends_is_there() {
        let moved = [0.0, 0.1, 0.5, 0.75, 0.9, 1.0].map(|alpha| opaque_beyond(alpha, 0.1));
        for (moved, wanted) in moved.iter().zip([0.0, 0.0, 0.5, 0.8125, 1.0, 1.0]) {
            assert!((moved - wanted).abs() < 1e-6, "{moved} {wanted}");
        }
    }
}
