//! Stable Diffusion's autoencoder, compared with diffusers', at its real widths and at tiny ones.

use burn::tensor::Device;
use patchwork::pipeline::diffusers::config::VaeConfig;
use patchwork::weights::{keys, load};
use serde::Deserialize;

use crate::support::{
    Entry, assert_close, cases, on_each_device, random_checkpoint, tensor, tensors,
};

/// The tolerance for some forty layers of f32, which are summed in another order.
const TOLERANCE: f32 = 1e-4;

on_each_device!(encodes_and_decodes_as_diffusers_does);

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) config: VaeConfig,
    pub(crate) manifest: Vec<Entry>,
}

fn encodes_and_decodes_as_diffusers_does(device: &Device) {
    let file = tensors("autoencoder_kl");
    for Case { name, config, manifest } in cases::<Case>("autoencoder_kl") {
        let checkpoint = random_checkpoint(&manifest);
        let network = config.autoencoder().unwrap().init(device);
        let network = load(network, &checkpoint, &keys::DIFFUSERS_AUTOENCODER_KL).unwrap();
        let key = |part: &str| format!("{name}.{part}");

        let (mean, log_variance) = network.encode(tensor(&file, &key("image"), device));
        assert_close(&key("mean"), mean, &file, &key("mean"), TOLERANCE);
        assert_close(&key("logvar"), log_variance, &file, &key("logvar"), TOLERANCE);
        let decoded = network.decode(tensor(&file, &key("latent"), device));
        assert_close(&key("decoded"), decoded, &file, &key("decoded"), TOLERANCE);
    }
}
