//! The DiT, compared with diffusers' and with a plain implementation of the paper's.

use burn::tensor::{Device, Int, Tensor, TensorData};
use patchwork::model::routing::ShortRows;
use patchwork::model::text_tokens::TextTokens;
use patchwork::model::{DitConfig, TextConfig};
use patchwork::pipeline::diffusers::config::TransformerConfig;
use patchwork::weights::{Checkpoint, keys, load};
use serde::Deserialize;

use crate::support::{
    Entry, assert_close, cases, on_each_device, random_checkpoint, random_file, tensor, tensors,
};

/// The tolerance for a few layers of f32, which are summed in another order.
const TOLERANCE: f32 = 2e-5;

on_each_device!(
    matches_diffusers_in_its_layout,
    matches_the_paper_in_the_original_layout,
    shares_equal_copies_of_the_embedders
);

#[derive(Deserialize)]
struct DiffusersCase {
    name: String,
    config: TransformerConfig,
    timesteps: Vec<f64>,
    labels: Vec<i32>,
    manifest: Vec<Entry>,
}

fn labels(labels: &[i32], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

/// Checks diffusers' layout at odd sizes, and at width 1152 with 16 heads of 72, a width for which a matmul
/// of Burn's was once wrong on GPUs.
fn matches_diffusers_in_its_layout(device: &Device) {
    let file = tensors("dit_diffusers");
    for case in cases::<DiffusersCase>("dit_diffusers") {
        let checkpoint = random_checkpoint(&case.manifest);
        assert!(!keys::DIFFUSERS_DIT.copies_are_equal(&checkpoint));
        let config = case.config.dit().unwrap().with_shared_conditioner(false);
        let dit = load(config.init(device), &checkpoint, &keys::DIFFUSERS_DIT).unwrap();
        let x = tensor(&file, &format!("{}.x", case.name), device);
        let got = dit.forward(x, &case.timesteps, &labels(&case.labels, device), None);
        assert_close(&case.name, got, &file, &format!("{}.out", case.name), TOLERANCE);
    }
}

/// If all blocks hold the same embedders, as in the published DiT-XL/2, they are stored once, and nothing
/// else changes.
fn shares_equal_copies_of_the_embedders(device: &Device) {
    let mut case = cases::<DiffusersCase>("dit_diffusers").swap_remove(0);
    let seeds: Vec<(String, u64)> =
        case.manifest.iter().map(|entry| (entry.name.clone(), entry.seed)).collect();
    for entry in &mut case.manifest {
        if let Some(original) = keys::DIFFUSERS_DIT.original(&entry.name) {
            entry.seed = seeds.iter().find(|(name, _)| *name == original).unwrap().1;
        }
    }
    let checkpoint = random_checkpoint(&case.manifest);
    assert!(keys::DIFFUSERS_DIT.copies_are_equal(&checkpoint));
    let file = tensors("dit_diffusers");
    let draw = |shared: bool| {
        let config = case.config.dit().unwrap().with_shared_conditioner(shared);
        let dit = load(config.init(device), &checkpoint, &keys::DIFFUSERS_DIT).unwrap();
        let x = tensor(&file, &format!("{}.x", case.name), device);
        dit.forward(x, &case.timesteps, &labels(&case.labels, device), None).into_data()
    };
    draw(true).assert_eq(&draw(false), true);
}

#[derive(Deserialize)]
struct OriginalCase {
    name: String,
    config: Sizes,
    height: usize,
    width: usize,
    timesteps: Vec<f64>,
    labels: Vec<i32>,
    manifest: Vec<Entry>,
    /// The range of blocks that the last row skips in a second run.
    skips: Option<[usize; 2]>,
    #[serde(default)]
    buffers: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Sizes {
    in_channels: usize,
    out_channels: usize,
    patch_size: usize,
    hidden_size: usize,
    depth: usize,
    num_heads: usize,
    num_labels: usize,
    text_dim: Option<usize>,
    text_tokens: Option<usize>,
}

impl OriginalCase {
    fn dit(&self) -> DitConfig {
        let sizes = &self.config;
        let text = sizes.text_dim.zip(sizes.text_tokens);
        DitConfig::new(
            [self.height, self.width],
            sizes.patch_size,
            sizes.in_channels,
            sizes.hidden_size,
            sizes.depth,
            sizes.num_heads,
            sizes.num_labels - 1,
        )
        .with_learn_sigma(sizes.out_channels != sizes.in_channels)
        .with_text(text.map(|(dim, tokens)| TextConfig::new(dim, tokens)))
    }
}

/// Checks the original layout with rectangles, patches of 4, learned σ or not, saved positions or not, and
/// text, and with a row on the short path.
fn matches_the_paper_in_the_original_layout(device: &Device) {
    let file = tensors("dit_original");
    for case in cases::<OriginalCase>("dit_original") {
        let buffers = case.buffers.iter().map(|(name, key)| {
            (name.clone(), file.shape(key).unwrap().to_vec(), file.values(key).unwrap())
        });
        let bytes = random_file(&case.manifest, buffers.collect());
        let checkpoint = Checkpoint::new("random weights", vec![bytes]).unwrap();
        let dit = load(case.dit().init(device), &checkpoint, &keys::DIT).unwrap();
        let text: Vec<TextTokens> = (0..case.labels.len())
            .map(|row| format!("{}.states.{row}", case.name))
            .filter(|key| file.contains(key))
            .map(|key| dit.embed_text(tensor(&file, &key, device)).unwrap())
            .collect();
        let text = (!text.is_empty()).then(|| TextTokens::cat(&text.iter().collect::<Vec<_>>()));
        let x = tensor(&file, &format!("{}.x", case.name), device);
        let (labels, text) = (labels(&case.labels, device), text.as_ref());
        let got = dit.forward(x.clone(), &case.timesteps, &labels, text);
        assert_close(&case.name, got, &file, &format!("{}.out", case.name), TOLERANCE);
        let Some([from, to]) = case.skips else { continue };
        let short = ShortRows { rows: 1, blocks: from..to };
        let got = dit.forward_short(x, &case.timesteps, &labels, text, &short);
        assert_close(&case.name, got, &file, &format!("{}.short", case.name), TOLERANCE);
    }
}
