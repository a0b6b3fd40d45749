//! Gradients of a DiT block and of a residual block, compared with PyTorch's autograd.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use patchwork::model::block::DitBlock;
use patchwork::model::sticker_autoencoder::Res;
use patchwork::train::params::trainable;
use patchwork::weights::save::{Precision, Stored, parameters, to_bytes};
use patchwork::weights::{Checkpoint, keys, load};

use crate::support::{assert_close, assert_values_close, on_each_device, tensor, tensors};

const TOLERANCE: f32 = 2e-5;

on_each_device!(
    dit_block_has_the_gradients_of_pytorch,
    residual_block_has_the_gradients_of_pytorch
);

fn dit_block_has_the_gradients_of_pytorch(device: &Device) {
    let file = tensors("gradients");
    let block = parameters_of(DitBlock::init(24, 2, 4.0, 1e-6, device), "dit", &file);
    let x = input::<3>(&file, "dit.input.x", device);
    let c = input::<2>(&file, "dit.input.c", device);
    // The reference's block applies the SiLU itself.
    let output = block.forward(x.clone(), burn::tensor::activation::silu(c.clone()));
    assert_close("output", output.clone().inner(), &file, "dit.output", TOLERANCE);
    let weights = tensor::<3>(&file, "dit.weights", device).autodiff();
    let mut grads = (output * weights).sum().backward();
    let of_input = |grad: Option<Tensor<3>>| grad.expect("x has a gradient");
    assert_close("x", of_input(x.grad(&grads)), &file, "dit.input_grad.x", TOLERANCE);
    assert_close("c", c.grad(&grads).unwrap(), &file, "dit.input_grad.c", TOLERANCE);
    compare(&block, GradientsParams::from_module(&mut grads, &block), "dit", &file);
}

fn residual_block_has_the_gradients_of_pytorch(device: &Device) {
    let file = tensors("gradients");
    let block = parameters_of(Res::init(16, device), "res", &file);
    let x = input::<4>(&file, "res.input.x", device);
    let output = block.forward(x.clone());
    assert_close("output", output.clone().inner(), &file, "res.output", TOLERANCE);
    let weights = tensor::<4>(&file, "res.weights", device).autodiff();
    let mut grads = (output * weights).sum().backward();
    assert_close("x", x.grad(&grads).unwrap(), &file, "res.input_grad.x", TOLERANCE);
    compare(&block, GradientsParams::from_module(&mut grads, &block), "res", &file);
}

fn input<const D: usize>(file: &Checkpoint, key: &str, device: &Device) -> Tensor<D> {
    tensor::<D>(file, key, device).autodiff().require_grad()
}

/// Returns the block with the fixture's parameters, ready for training.
fn parameters_of<M: Module>(block: M, prefix: &str, file: &Checkpoint) -> M {
    let start = format!("{prefix}.parameter.");
    let stored: Vec<Stored> = file
        .keys()
        .filter_map(|key| {
            let (name, shape) = (key.strip_prefix(&start)?, file.shape(key)?);
            Some(Stored::new(name, shape, &file.values(key).unwrap(), Precision::Full))
        })
        .collect();
    let checkpoint = Checkpoint::new(prefix, vec![to_bytes(&stored, None)]).unwrap();
    // This key table maps the project's names to those of the file.
    trainable(load(block, &checkpoint, &keys::STICKER_AUTOENCODER).unwrap())
}

/// Compares every parameter's gradient, under its name and in its shape in files.
fn compare<M: Module>(block: &M, grads: GradientsParams, prefix: &str, file: &Checkpoint) {
    struct Replace(GradientsParams);
    impl ModuleMapper for Replace {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let grad = self.0.remove::<D>(param.id).expect("every parameter has a gradient");
            Param::initialized(param.id, grad)
        }
    }
    let grads = block.clone().map(&mut Replace(grads));
    let stored = parameters(&grads, &keys::STICKER_AUTOENCODER, Precision::Full);
    let got = Checkpoint::new("gradients", vec![to_bytes(&stored, None)]).unwrap();
    let names: Vec<&str> = got.keys().collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let want = file.values(&format!("{prefix}.grad.{name}")).unwrap();
        assert_values_close(name, &got.values(name).unwrap(), &want, TOLERANCE);
    }
}
