//! The whole pipeline, compared with diffusers' `DiTPipeline`: the same weights, seed and steps give the
//! same latents.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use patchwork::diffusion::{Generator, Latent};
use patchwork::pipeline::{Folder, Pipeline, Start};
use patchwork::recipe::Recipe;
use serde::Deserialize;

use crate::support::{Entry, assert_values_close, json, on_each_device, random_file, tensors};

/// The tolerance relative to the largest latent, which is some hundreds, because untrained weights leave
/// much noise. The fixture script's own two code paths differ by 4e-6, and diffusers' levels are f32.
const TOLERANCE: f32 = 2e-5;

on_each_device!(draws_the_latents_and_pictures_of_diffusers);

#[derive(Deserialize)]
pub(crate) struct Fixture {
    pub(crate) runs: Vec<Reference>,
    pub(crate) manifests: BTreeMap<String, Vec<Entry>>,
}

#[derive(Deserialize)]
pub(crate) struct Reference {
    name: String,
    labels: Vec<usize>,
    guidance: f64,
    seed: u64,
    steps: usize,
    files: BTreeMap<String, String>,
}

/// Writes a model's folder in the layout of diffusers.
pub(crate) fn lay_out(folder: &Path, run: &Reference, manifests: &BTreeMap<String, Vec<Entry>>) {
    for (name, text) in &run.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for (component, manifest) in manifests {
        let path = folder.join(component).join("diffusion_pytorch_model.safetensors");
        std::fs::write(path, random_file(manifest, Vec::new())).unwrap();
    }
}

fn draws_the_latents_and_pictures_of_diffusers(device: &Device) {
    let Fixture { runs, manifests } = json("pipeline");
    let fixture = tensors("pipeline");
    for run in runs {
        let folder = tempfile::tempdir().unwrap();
        lay_out(folder.path(), &run, &manifests);
        let source = Folder(folder.path().to_owned());
        let pipeline = pollster::block_on(Pipeline::load(&source, device)).unwrap();

        let [_, c, h, w] = pipeline.latent_shape();
        let noise = Generator::new(run.seed).randn(run.labels.len() * c * h * w);
        let latents = fixture.values(&format!("{}.latents", run.name)).unwrap();
        let images = fixture.values(&format!("{}.image", run.name)).unwrap();
        let (latent_size, image_size) = (c * h * w, images.len() / run.labels.len());
        for (row, &class) in run.labels.iter().enumerate() {
            let recipe = Recipe {
                class: Some(class),
                seed: run.seed,
                steps: run.steps,
                guidance: run.guidance,
                ..Recipe::default()
            };
            // The first picture's noise is the seed's. The second picture's follows it in the same stream.
            let row_noise = noise[row * latent_size..][..latent_size].to_vec();
            let given = Tensor::from_data(TensorData::new(row_noise, [1, c, h, w]), device);
            let noise = (row > 0).then_some(Latent::new(given));
            let mut drawing = pipeline.begin(&recipe, Start { noise, from: None }).unwrap();
            while drawing.step().is_some() {}
            let latent = drawing.latent();
            let got: Vec<f32> = latent.tensor().into_data().try_to_vec().unwrap();
            let what = format!("{} of class {class}", run.name);
            assert_values_close(
                &what,
                &got,
                &latents[row * latent_size..][..latent_size],
                TOLERANCE,
            );

            let picture = (pipeline.autoencoder.decode(&latent) / 2.0 + 0.5).clamp(0.0, 1.0);
            let got: Vec<f32> = picture.into_data().try_to_vec().unwrap();
            // Decoding latents of some hundreds amplifies their last digits.
            assert_values_close(&what, &got, &images[row * image_size..][..image_size], 1e-3);
        }
    }
}

#[test]
fn refuses_recipes_that_do_not_fit_the_model() {
    let Fixture { runs, manifests } = json("pipeline");
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), &runs[0], &manifests);
    let source = Folder(folder.path().to_owned());
    let pipeline = pollster::block_on(Pipeline::load(&source, &crate::support::cpu())).unwrap();
    let plain = Recipe::default();
    for (recipe, words) in [
        (plain.clone(), "choose a class, 0 to 999"),
        (Recipe { class: Some(1000), ..plain.clone() }, "no class 1000"),
        (Recipe { class: Some(1), prompt: "cat".into(), ..plain.clone() }, "leave the prompt out"),
        (Recipe { style: "noto".into(), ..plain.clone() }, "has no styles"),
        (Recipe { class: Some(1), style: "noto".into(), ..plain.clone() }, "not both"),
        (
            Recipe { class: Some(1), sampler: "euler".into(), eta: 0.5, ..plain.clone() },
            "Only ddim",
        ),
        (Recipe { class: Some(1), karras: true, ..plain.clone() }, "Karras levels"),
        (Recipe { class: Some(1), shift: Some(2.0), ..plain.clone() }, "have a shift"),
        (Recipe { class: Some(1), steps: 0, ..plain }, "Steps must be"),
    ] {
        let message = pipeline.begin(&recipe, Start::default()).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn names_what_is_wrong_with_a_folder() {
    let Fixture { runs, manifests } = json("pipeline");
    let break_and_load = |file: &str, change: &dyn Fn(String) -> String| {
        let folder = tempfile::tempdir().unwrap();
        lay_out(folder.path(), &runs[0], &manifests);
        let path = folder.path().join(file);
        let text = change(std::fs::read_to_string(&path).unwrap());
        std::fs::write(path, text).unwrap();
        let source = Folder(folder.path().to_owned());
        pollster::block_on(Pipeline::load(&source, &crate::support::cpu())).unwrap_err().to_string()
    };
    let transformer = "transformer/config.json";
    let deeper = |text: String| text.replace("\"num_layers\": 2", "\"num_layers\": 3");
    let message = break_and_load(transformer, &deeper);
    assert!(message.contains("transformer_blocks.2") && message.contains("missing"), "{message}");
    let shallower = |text: String| text.replace("\"num_layers\": 2", "\"num_layers\": 1");
    let message = break_and_load(transformer, &shallower);
    assert!(message.contains("belongs to no part"), "{message}");
    let wider =
        |text: String| text.replace("\"num_attention_heads\": 2", "\"num_attention_heads\": 4");
    let message = break_and_load(transformer, &wider);
    assert!(message.contains("has shape"), "{message}");
    let message =
        break_and_load("model_index.json", &|text| text.replace("DiTPipeline", "FluxPipeline"));
    assert!(message.contains("FluxPipeline"), "{message}");
    let cosine = |text: String| text.replace("\"linear\"", "\"squaredcos_cap_v2\"");
    let message = break_and_load("scheduler/scheduler_config.json", &cosine);
    assert!(message.contains("squaredcos_cap_v2"), "{message}");
    let message = break_and_load("vae/config.json", &|text| text[..text.len() / 2].to_owned());
    assert!(message.contains("vae/config.json"), "{message}");
}
