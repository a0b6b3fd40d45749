//! The losses between upscaled and true pictures: the weights of pictures, and a perceptual distance
//! between the features of a pretrained network.

use burn::tensor::Tensor;

/// How fast the weight of a picture falls with the noise level from which it was redrawn.
const WEAKER: f64 = 3.0;

/// Returns the weight of a picture that was redrawn from a noise level. It falls with the level because
/// less of the picture is known.
pub(super) fn weight(level: f64) -> f32 {
    (1.0 / (1.0 + WEAKER * level)) as f32
}

/// Composites premultiplied RGBA, −1..1, over background colours in 0..1. Returns RGB in −1..1, as
/// Lite0 takes it.
pub(super) fn on_ground(x: Tensor<4>, grounds: &Tensor<4>) -> Tensor<4> {
    let (rgb, alpha) = (x.clone().narrow(1, 0, 3), x.narrow(1, 3, 1));
    // In −1..1 a premultiplied colour is 2·c·a − 1, and the background adds 2·g·(1 − a).
    let through = (alpha * -1.0 + 1.0) * grounds.clone();
    rgb + through
}

/// Returns the distance between features, which are normalised to length 1 at each position (as in
/// LPIPS, Zhang et al., arXiv 1801.03924). Squared differences are summed over channels and averaged
/// over positions and layers.
pub(super) fn distance(of_true: Vec<Tensor<4>>, of_made: Vec<Tensor<4>>) -> Tensor<1> {
    let layers = of_true.len() as f64;
    let unit = |x: Tensor<4>| {
        let length = x.clone().square().sum_dim(1).add_scalar(1e-6).sqrt();
        x / length
    };
    let apart = |(of_true, of_made): (Tensor<4>, Tensor<4>)| {
        (unit(of_true) - unit(of_made)).square().sum_dim(1).mean()
    };
    let sum = of_true.into_iter().zip(of_made).map(apart).reduce(|sum, term| sum + term);
    sum.expect("there are layers") / layers
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn pictures_redrawn_from_more_noise_have_less_weight() {
        assert_eq!([0.0, 1.0 / 3.0, 1.0].map(weight), [1.0, 0.5, 0.25]);
    }

    /// Checks that features of one direction have distance 0 whatever their length, and opposite ones
    /// 2².
    #[test]
    fn features_are_compared_by_their_direction() {
        let device = Device::flex();
        let layer = |values: [f32; 2]| {
            vec![Tensor::<1>::from_floats(values, &device).reshape([1, 2, 1, 1])]
        };
        let apart = |a, b| distance(layer(a), layer(b)).into_scalar::<f32>();
        assert!(apart([3.0, 4.0], [6.0, 8.0]).abs() < 1e-6);
        assert!((apart([0.0, 5.0], [0.0, -1.0]) - 4.0).abs() < 1e-5);
        assert!((apart([0.0, 5.0], [1.0, 0.0]) - 2.0).abs() < 1e-5);
    }

    #[test]
    fn the_ground_is_seen_through_pixels_that_are_not_opaque() {
        let device = Device::flex();
        // Half-opaque red on blue gives 0.5 red and 0.5 blue.
        let x = Tensor::<1>::from_floats([0.0, -1.0, -1.0, 0.0], &device).reshape([1, 4, 1, 1]);
        let ground = Tensor::<1>::from_floats([0.0, 0.0, 1.0], &device).reshape([1, 3, 1, 1]);
        let rgb: Vec<f32> = on_ground(x, &ground).into_data().try_to_vec().unwrap();
        assert_eq!(rgb, [0.0, -1.0, 0.0]);
    }
}
