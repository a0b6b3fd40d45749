//! The conversion between pictures and the tensors of autoencoders.

use burn::tensor::{Device, Tensor, TensorData};

use crate::image::Image;
use crate::{Error, Result};

/// Converts a batch to pictures of straight alpha. Three channels are opaque; of four, the fourth is alpha,
/// and the others are premultiplied by it.
///
/// # Shapes
/// `[b, 3 or 4, h, w]`, values in −1..1; values outside are clipped.
///
/// # Errors
/// Returns an error if the device fails to return its data, or if a value is not finite.
pub async fn to_images(x: Tensor<4>) -> Result<Vec<Image>> {
    let [_, channels, height, width] = x.dims();
    let data = x
        .into_data_async()
        .await
        .map_err(|problem| Error::Device(format!("The device gave no picture: {problem}")))?;
    let values: Vec<f32> = data.iter::<f32>().collect();
    if !values.iter().all(|value| value.is_finite()) {
        return Err(Error::Picture(
            "The values overflowed, so there is no picture: use less guidance, more steps or \
             another sampler"
                .into(),
        ));
    }
    let plane = height * width;
    let image = |values: &[f32]| {
        let at = |c: usize, i: usize| (values[c * plane + i] + 1.0) / 2.0;
        let pixel = |i: usize| {
            let rgb = [at(0, i), at(1, i), at(2, i)];
            if channels == 4 { straight(rgb, at(3, i)) } else { straight(rgb, 1.0) }
        };
        Image { width, height, pixels: (0..plane).flat_map(pixel).collect() }
    };
    Ok(values.chunks_exact(channels * plane).map(image).collect())
}

/// Converts pictures to the autoencoder's input: premultiplied RGBA in −1..1, `[b, 4, h, w]`.
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

/// Returns the absolute differences between neighbouring values, across and down.
pub fn differences(x: Tensor<4>) -> [Tensor<4>; 2] {
    let [_, _, height, width] = x.dims();
    let across = x.clone().narrow(3, 1, width - 1) - x.clone().narrow(3, 0, width - 1);
    let down = x.clone().narrow(2, 1, height - 1) - x.narrow(2, 0, height - 1);
    [across.abs(), down.abs()]
}

/// Converts a pixel of premultiplied values in 0..1 to straight alpha.
fn straight(rgb: [f32; 3], alpha: f32) -> [u8; 4] {
    let alpha = alpha.clamp(0.0, 1.0);
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    // If alpha is almost 0, the colour is only noise.
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
    fn converts_premultiplied_to_straight_alpha() {
        assert_eq!(straight([0.25, 0.5, 0.0], 0.5), [128, 255, 0, 128]);
        assert_eq!(straight([0.3, 0.3, 0.3], 0.001), [0; 4]);
        assert_eq!(straight([2.0, -1.0, 1.0], 1.0), [255, 0, 255, 255]);
    }
}
