//! The distinction between the channels of a latent that hold detail and those that hold its layout.

use burn::tensor::Tensor;

/// Returns the share of each channel's variance that averaging over 2×2 cells keeps. It is near 1 for what
/// changes slowly, such as colour, and near a quarter for detail.
///
/// # Shapes
/// `[b, c, h, w]`, h and w even → c values
pub fn coarse_shares(latents: Tensor<4>) -> Vec<f64> {
    let [count, channels, height, width] = latents.dims();
    let variances = |x: Tensor<4>| -> Vec<f64> {
        let mean = x.clone().mean_dims(&[0, 2, 3]);
        (x - mean).square().mean_dims(&[0, 2, 3]).into_data().iter::<f64>().collect()
    };
    let blocks = [count * channels, height / 2, 2, width / 2, 2];
    let pooled = latents.clone().reshape(blocks).mean_dims(&[2, 4]);
    let pooled = variances(pooled.reshape([count, channels, height / 2, width / 2]));
    pooled.iter().zip(variances(latents)).map(|(coarse, all)| coarse / all.max(1e-12)).collect()
}

/// Returns whether a channel with this share holds detail.
pub fn is_detail(coarse_share: f64) -> bool {
    coarse_share < 0.5
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn pooling_keeps_coarse_channels() {
        // The first channel consists of uniform 2×2 blocks, and the second is a chequerboard.
        let block = |i: usize| if (i / 2 + i / 8).is_multiple_of(2) { 1.0 } else { -2.0 };
        let chequers = |i: usize| if (i + i / 4).is_multiple_of(2) { 1.0 } else { -1.0 };
        let values: Vec<f32> = (0..16).map(block).chain((0..16).map(chequers)).collect();
        let latents = Tensor::<1>::from_floats(values.as_slice(), &Device::flex());
        let shares = coarse_shares(latents.reshape([1, 2, 4, 4]));
        assert!((shares[0] - 1.0).abs() < 1e-3 && shares[1].abs() < 1e-3, "{shares:?}");
        assert!(!is_detail(shares[0]) && is_detail(shares[1]));
    }
}
