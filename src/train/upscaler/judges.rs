//! Two patch discriminators (Isola et al., arXiv 1611.07004), one at the picture's size and one at half
//! of it, with spectral normalisation (Miyato et al., arXiv 1802.05957) and the hinge loss (Lim and Ye,
//! arXiv 1705.02894). They learn to tell upscaled pictures from true ones, and the upscaler learns from
//! their outputs.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, activation};

/// The channels of the layers. The last layer gives one value per patch.
const WIDTHS: [usize; 5] = [4, 32, 64, 96, 1];
/// The strides of the layers.
const STRIDES: [usize; 4] = [2, 2, 2, 1];
/// The side of the kernels.
const KERNEL: usize = 4;
/// The steps of the power iteration. Its start is fixed, so that a run depends on nothing but its
/// weights.
const ITERATIONS: usize = 12;
/// The slope of the leaky ReLU below 0.
const SLOPE: f64 = 0.2;

/// A patch discriminator for pictures of one size.
#[derive(Module, Debug)]
pub struct PatchJudge {
    layers: Vec<Conv2d>,
}

/// The two discriminators.
#[derive(Module, Debug)]
pub struct Judges {
    full: PatchJudge,
    half: PatchJudge,
}

impl PatchJudge {
    fn init(device: &Device) -> Self {
        let layer = |i: usize| {
            Conv2dConfig::new([WIDTHS[i], WIDTHS[i + 1]], [KERNEL; 2])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(device)
        };
        Self { layers: (0..STRIDES.len()).map(layer).collect() }
    }

    /// Returns the output of each layer. The last one holds one value per patch, above 0 if the patch
    /// looks true.
    fn see(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let (mut x, mut seen) = (x, Vec::new());
        for (i, (layer, stride)) in self.layers.iter().zip(STRIDES).enumerate() {
            let weight = normalised(layer.weight.val());
            let bias = layer.bias.as_ref().map(|bias| bias.val());
            x = conv2d(x, weight, bias, ConvOptions::new([stride; 2], [1; 2], [1; 2], 1));
            if i + 1 < self.layers.len() {
                x = activation::leaky_relu(x, SLOPE);
            }
            seen.push(x.clone());
        }
        seen
    }
}

impl Judges {
    /// Returns new discriminators.
    pub fn init(device: &Device) -> Self {
        Self { full: PatchJudge::init(device), half: PatchJudge::init(device) }
    }

    /// Returns the outputs of all layers, at both sizes.
    ///
    /// # Shapes
    /// `[b, 4, h, w]`, h and w even
    pub fn see(&self, x: &Tensor<4>) -> [Vec<Tensor<4>>; 2] {
        [self.full.see(x.clone()), self.half.see(halved(x.clone()))]
    }
}

/// Returns the hinge loss of the discriminators.
pub fn hinge(of_true: &[Vec<Tensor<4>>; 2], of_made: &[Vec<Tensor<4>>; 2]) -> Tensor<1> {
    let loss = |(of_true, of_made): (&Vec<Tensor<4>>, &Vec<Tensor<4>>)| {
        let far = |x: Tensor<4>| activation::relu(x + 1.0).mean();
        far(-verdict(of_true)) + far(verdict(of_made))
    };
    sum(of_true.iter().zip(of_made).map(loss))
}

/// Returns the adversarial loss, which is small if upscaled pictures are taken for true ones.
pub fn fooling(of_made: &[Vec<Tensor<4>>; 2]) -> Tensor<1> {
    sum(of_made.iter().map(|seen| -verdict(seen).mean()))
}

/// Returns the feature matching loss of all layers but the last, as in pix2pixHD (Wang et al., arXiv
/// 1711.11585).
pub fn matching(of_true: &[Vec<Tensor<4>>; 2], of_made: &[Vec<Tensor<4>>; 2]) -> Tensor<1> {
    let layers = of_true.iter().zip(of_made).flat_map(|(of_true, of_made)| {
        let inner = of_true.len() - 1;
        of_true.iter().zip(of_made).take(inner)
    });
    sum(layers.map(|(of_true, of_made)| (of_true.clone() - of_made.clone()).abs().mean()))
}

fn verdict(seen: &[Tensor<4>]) -> Tensor<4> {
    seen.last().expect("a judge has layers").clone()
}

fn sum(terms: impl Iterator<Item = Tensor<1>>) -> Tensor<1> {
    terms.reduce(|sum, term| sum + term).expect("there are two judges")
}

/// Returns pictures of half the size, each pixel the mean of four.
///
/// # Shapes
/// `[b, c, h, w]`, h and w even → `[b, c, h/2, w/2]`
pub fn halved(x: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    let pairs = x.reshape([b * c, h / 2, 2, w / 2, 2]);
    pairs.mean_dims(&[2, 4]).reshape([b, c, h / 2, w / 2])
}

/// Returns a kernel divided by its spectral norm, the largest factor by which it lengthens a vector.
fn normalised(weight: Tensor<4>) -> Tensor<4> {
    let [outputs, inputs, rows, columns] = weight.dims();
    let matrix = weight.clone().reshape([outputs, inputs * rows * columns]);
    let known = matrix.clone().detach();
    let unit = |x: Tensor<2>| {
        let length = x.clone().square().sum().sqrt().add_scalar(1e-12);
        x / length.reshape([1, 1])
    };
    let mut left = unit(Tensor::ones([outputs, 1], &known.device()));
    let mut right = unit(known.clone().transpose().matmul(left.clone()));
    for _ in 0..ITERATIONS {
        left = unit(known.clone().matmul(right));
        right = unit(known.clone().transpose().matmul(left.clone()));
    }
    let norm = left.transpose().matmul(matrix).matmul(right); // [1, 1]
    weight / norm.reshape([1, 1, 1, 1])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, Tolerance};

    use super::*;

    #[test]
    fn divides_a_kernel_by_its_spectral_norm() {
        let device = Device::flex();
        // The kernel has rank 1, so its norm is the product of two lengths, 5 and 2.
        let column = Tensor::<1>::from_floats([3.0, 4.0], &device).reshape([2, 1, 1, 1]);
        let row = Tensor::<1>::from_floats([2.0, 0.0, 0.0, 0.0], &device).reshape([1, 1, 2, 2]);
        let weight = column * row;
        let got = normalised(weight.clone()).into_data();
        got.assert_approx_eq::<f32>(&(weight / 10.0).into_data(), Tolerance::absolute(1e-5));
    }

    #[test]
    fn losses_match_those_of_the_papers() {
        let device = Device::flex();
        let seen =
            |value: f32| [(); 2].map(|()| vec![Tensor::full([1, 1, 1, 1], value, &device); 2]);
        let value = |loss: Tensor<1>| loss.into_scalar::<f32>();
        // The loss is max(0, 1 − 0.5) + max(0, 1 − 3) for each of the two.
        assert_eq!(value(hinge(&seen(0.5), &seen(-3.0))), 1.0);
        assert_eq!(value(fooling(&seen(0.25))), -0.5);
        // The last layer is the output and is not matched.
        assert_eq!(value(matching(&seen(1.0), &seen(4.0))), 6.0);
    }

    #[test]
    fn discriminators_score_patches_at_two_scales() {
        let device = Device::flex();
        let x = Tensor::random([2, 4, 64, 64], Distribution::Default, &device);
        let [full, half] = Judges::init(&device).see(&x);
        assert_eq!(
            (full.len(), full[0].dims(), full[3].dims()),
            (4, [2, 32, 32, 32], [2, 1, 7, 7])
        );
        assert_eq!(half[3].dims(), [2, 1, 3, 3]);
        let blocks =
            halved(Tensor::<1>::from_floats([1.0, 3.0, 5.0, 7.0], &device).reshape([1, 1, 2, 2]));
        assert_eq!(blocks.into_scalar::<f32>(), 4.0);
    }
}
