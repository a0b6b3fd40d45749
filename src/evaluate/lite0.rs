//! EfficientNet-Lite0 (Tan and Le, arXiv 1905.11946, without squeeze-and-excitation and with ReLU6),
//! pretrained on ImageNet, as a feature extractor: its last features tell pictures apart. Each batch
//! norm is folded into the convolution before it.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};

use crate::image::Image;

/// The number of values of a picture's features.
pub const FEATURES: usize = 1280;
/// The blocks whose outputs, beside the stem's, describe a picture's texture.
const TEXTURED: [usize; 3] = [0, 2, 4];
/// The number of values of a picture's texture: a mean and a deviation of each channel.
pub const TEXTURE: usize = 2 * (32 + 16 + 24 + 40);

/// The kernel, stride, expansion, outputs and repeats of each stage.
const STAGES: [[usize; 5]; 7] = [
    [3, 1, 1, 16, 1],
    [3, 2, 6, 24, 2],
    [5, 2, 6, 40, 2],
    [3, 2, 6, 80, 3],
    [5, 1, 6, 112, 3],
    [5, 2, 6, 192, 4],
    [3, 1, 6, 320, 1],
];
/// The epsilon of the folded batch norms.
const EPS: f32 = 1e-3;

/// A convolution with its batch norm folded in.
#[derive(Debug, Clone)]
struct Folded {
    weight: Tensor<4>,
    bias: Tensor<1>,
    stride: usize,
    groups: usize,
}

impl Folded {
    /// Applies the convolution with TensorFlow's “same” padding: the odd row or column goes to the
    /// bottom or the right.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, kernel, _] = self.weight.dims();
        let [_, _, height, width] = x.dims();
        let missing = |side: usize| {
            let steps = side.div_ceil(self.stride) - 1;
            (steps * self.stride + kernel).saturating_sub(side)
        };
        let (rows, columns) = (missing(height), missing(width));
        let x = match rows + columns {
            0 => x,
            _ => x.pad(
                (columns / 2, columns - columns / 2, rows / 2, rows - rows / 2),
                burn::tensor::ops::PadMode::Constant(0.0),
            ),
        };
        let options = ConvOptions::new([self.stride; 2], [0; 2], [1; 2], self.groups);
        conv2d(x, self.weight.clone(), Some(self.bias.clone()), options)
    }
}

fn relu6(x: Tensor<4>) -> Tensor<4> {
    x.clamp(0.0, 6.0)
}

/// An inverted bottleneck.
#[derive(Debug, Clone)]
struct Bottleneck {
    expand: Option<Folded>,
    depthwise: Folded,
    project: Folded,
}

impl Bottleneck {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = match &self.expand {
            Some(expand) => relu6(expand.forward(x.clone())),
            None => x.clone(),
        };
        let h = self.project.forward(relu6(self.depthwise.forward(h)));
        if h.dims() == x.dims() { h + x } else { h }
    }
}

/// The network up to its classifier.
#[derive(Debug, Clone)]
pub struct Lite0 {
    stem: Folded,
    blocks: Vec<Bottleneck>,
    head: Folded,
}

impl Lite0 {
    /// Creates the network from weights, by their names in the package. `get` returns the shape and the
    /// values of a tensor.
    ///
    /// # Errors
    /// Returns the name of a tensor that is missing or has another shape.
    pub fn new(
        get: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
        device: &Device,
    ) -> Result<Self, String> {
        let store = Store { get, device };
        let mut blocks = Vec::new();
        let mut inputs = 32;
        for [kernel, stride, expansion, outputs, repeats] in STAGES {
            for repeat in 0..repeats {
                let name = |part: &str| format!("_blocks.{}.{part}", blocks.len());
                let (wide, stride) = (inputs * expansion, if repeat == 0 { stride } else { 1 });
                let conv = |part: &str, norm: &str, shape, stride, groups| {
                    store.folded(&name(part), &name(norm), shape, (stride, groups))
                };
                let expand = match expansion {
                    1 => None,
                    _ => Some(conv("_expand_conv", "_bn0", [wide, inputs, 1, 1], 1, 1)?),
                };
                let depthwise =
                    conv("_depthwise_conv", "_bn1", [wide, 1, kernel, kernel], stride, wide)?;
                let project = conv("_project_conv", "_bn2", [outputs, wide, 1, 1], 1, 1)?;
                blocks.push(Bottleneck { expand, depthwise, project });
                inputs = outputs;
            }
        }
        Ok(Self {
            stem: store.folded("_conv_stem", "_bn0", [32, 3, 3, 3], (2, 1))?,
            blocks,
            head: store.folded("_conv_head", "_bn1", [FEATURES, inputs, 1, 1], (1, 1))?,
        })
    }

    /// Returns the outputs of some layers, from texture to parts of things, for measuring how alike
    /// pictures look.
    ///
    /// # Shapes
    /// `[b, 3, h, w]`, RGB in −1..1 → four of `[b, c, h', w']`, ever smaller
    pub fn layers(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let mut x = relu6(self.stem.forward(x));
        let mut layers = Vec::new();
        for (i, block) in self.blocks.iter().enumerate().take(PERCEIVED[3] + 1) {
            x = block.forward(x);
            if PERCEIVED.contains(&i) {
                layers.push(x.clone());
            }
        }
        layers
    }

    /// Returns the features of pictures on white: those of the subject, and those of the texture.
    ///
    /// # Shapes
    /// `b` pictures of one size; output `[b, 1280]` and `[b, 224]`
    pub fn features(&self, images: &[&Image], device: &Device) -> [Tensor<2>; 2] {
        let mut x = relu6(self.stem.forward(on_white(images, device)));
        let mut textures = vec![texture(&x)];
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            if TEXTURED.contains(&i) {
                textures.push(texture(&x));
            }
        }
        let x = relu6(self.head.forward(x));
        [x.mean_dim(3).mean_dim(2).flatten(1, 3), Tensor::cat(textures, 1)]
    }
}

/// Returns the mean and the deviation of each channel, `[b, 2·c]`.
fn texture(x: &Tensor<4>) -> Tensor<2> {
    let [batch, channels, _, _] = x.dims();
    let mean = x.clone().mean_dims(&[2, 3]);
    let deviation = (x.clone() - mean.clone()).square().mean_dims(&[2, 3]).sqrt();
    Tensor::cat(vec![mean, deviation], 1).reshape([batch, 2 * channels])
}

/// The blocks whose outputs [`Lite0::layers`] returns.
const PERCEIVED: [usize; 4] = [0, 2, 4, 7];

/// Returns pictures on white, `[b, 3, h, w]`, normalised as in the network's training.
fn on_white(images: &[&Image], device: &Device) -> Tensor<4> {
    let (width, height) = (images[0].width, images[0].height);
    let mut values = Vec::with_capacity(images.len() * 3 * width * height);
    for image in images {
        for c in 0..3 {
            values.extend(image.pixels.as_chunks::<4>().0.iter().map(|pixel| {
                let alpha = f32::from(pixel[3]) / 255.0;
                let value = f32::from(pixel[c]) * alpha + 255.0 * (1.0 - alpha);
                (value - 127.0) / 128.0
            }));
        }
    }
    Tensor::from_data(TensorData::new(values, [images.len(), 3, height, width]), device)
}

/// A source of weights by name.
struct Store<'a, F> {
    get: F,
    device: &'a Device,
}

impl<F: Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>> Store<'_, F> {
    fn folded(
        &self,
        conv: &str,
        norm: &str,
        shape: [usize; 4],
        (stride, groups): (usize, usize),
    ) -> Result<Folded, String> {
        let get = |name: String, shape: &[usize]| match (self.get)(&name) {
            Some((found, values)) if found == shape => Ok(values),
            _ => Err(name),
        };
        let mut weight = get(format!("{conv}.weight"), &shape)?;
        let part = |part: &str| get(format!("{norm}.{part}"), &shape[..1]);
        let (gain, mut bias) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let each = weight.len() / shape[0];
        for (i, kernel) in weight.chunks_exact_mut(each).enumerate() {
            let scale = gain[i] / (variance[i] + EPS).sqrt();
            kernel.iter_mut().for_each(|value| *value *= scale);
            bias[i] -= mean[i] * scale;
        }
        Ok(Folded {
            weight: Tensor::from_data(TensorData::new(weight, shape), self.device),
            bias: Tensor::from_data(TensorData::new(bias, [shape[0]]), self.device),
            stride,
            groups,
        })
    }
}
