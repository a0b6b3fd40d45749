//! The embedded model with its shipped weights, compared with PyTorch's results from the same files.

use burn::tensor::{Device, Tensor};
use patchwork::pipeline::{Folder, Pipeline, Start};
use patchwork::recipe::Recipe;
use patchwork::weights::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::support::{
    assert_close, assert_values_close, cpu, json, on_each_device, root, stickers, tensor, tensors,
};

/// The tolerance for latents and pictures after a whole run.
const TOLERANCE: f32 = 1e-3;

on_each_device!(draws_as_the_reference_does, encodes_as_the_reference_does);

fn draws_as_the_reference_does(device: &Device) {
    let (pipeline, file) = (stickers(device), tensors("stickers"));
    let reader = pipeline.text.as_ref().unwrap();
    let recipes: Vec<Recipe> = json("stickers");
    for (i, recipe) in recipes.iter().enumerate() {
        let key = |part: &str| format!("{i}.{part}");
        let (states, _) = reader.read(&recipe.prompt).unwrap();
        assert_close(&recipe.prompt, states, &file, &key("text_states"), 2e-5);

        let mut run = pipeline.begin(recipe, Start::default()).unwrap();
        assert_close(&recipe.prompt, run.noise().tensor(), &file, &key("noise"), 1e-6);
        while run.step().is_some() {}
        let latent = run.latent();
        assert_absolute(&recipe.prompt, latent.tensor(), &file, &key("latents"));
        let picture = ((pipeline.autoencoder.decode(&latent) + 1.0) / 2.0).clamp(0.0, 1.0);
        assert_absolute(&recipe.prompt, picture, &file, &key("rgba"));
    }
}

fn assert_absolute(what: &str, got: Tensor<4>, file: &Checkpoint, key: &str) {
    let got: Vec<f32> = got.into_data().try_to_vec().unwrap();
    let want = file.values(key).unwrap();
    assert_eq!(got.len(), want.len(), "{what}: lengths");
    let worst = got.iter().zip(want).map(|(got, want)| (got - want).abs()).fold(0f32, f32::max);
    assert!(got.iter().all(|value| value.is_finite()));
    assert!(worst <= TOLERANCE, "{what}, {key}: off by {worst:e}");
}

fn encodes_as_the_reference_does(device: &Device) {
    let source = Folder(root("www/models/stickers"));
    let model = pollster::block_on(Pipeline::load_with_encoder(&source, device)).unwrap();
    let network = model.autoencoder.sticker().unwrap();
    let file = tensors("stickers");
    let picture: Tensor<4> = tensor(&file, "0.rgba", device);
    let (mean, log_variance) = network.encode(picture * 2.0 - 1.0);
    assert_close("mean", mean, &file, "encode.mean", 1e-4);
    assert_close("log-variance", log_variance, &file, "encode.logvar", 1e-4);
}

/// Statistics of a picture, which are stable where the last bit of its pixels is not.
#[derive(Debug, Serialize, Deserialize)]
struct Statistics {
    recipe: Recipe,
    /// The means of premultiplied red, green, blue and alpha, in 0..1.
    mean: Vec<f32>,
    /// The standard deviations of the same channels.
    std: Vec<f32>,
}

/// The shipped weights draw the stored picture. `cargo xtask renew` rewrites the stored statistics.
#[test]
fn the_shipped_weights_draw_the_stored_picture() {
    let path = root("tests/golden/shipped.json");
    let recipe = Recipe {
        prompt: "yellow star".into(),
        style: "twemoji".into(),
        seed: 1,
        steps: 8,
        sampler: "heun".into(),
        ..Recipe::default()
    };
    let picture = (stickers(&cpu()).draw(&recipe).unwrap() + 1.0) / 2.0;
    let values: Vec<f32> = picture.into_data().try_to_vec().unwrap();
    let plane = values.len() / 4;
    let mean = |channel: &[f32]| channel.iter().sum::<f32>() / plane as f32;
    let std = |channel: &[f32]| {
        let mean = mean(channel);
        let square = channel.iter().map(|value| (value - mean).powi(2)).sum::<f32>();
        (square / plane as f32).sqrt()
    };
    let got = Statistics {
        recipe,
        mean: values.chunks(plane).map(mean).collect(),
        std: values.chunks(plane).map(std).collect(),
    };
    if std::env::var_os("PATCHWORK_RENEW").is_some() {
        let json = serde_json::to_string_pretty(&got).unwrap() + "\n";
        std::fs::write(&path, json).unwrap();
    }
    let want: Statistics = json("shipped");
    assert_eq!(got.recipe, want.recipe, "run `cargo xtask renew` after changing the recipe");
    assert_values_close("mean", &got.mean, &want.mean, 1e-3);
    assert_values_close("standard deviation", &got.std, &want.std, 1e-3);
    assert!(want.std.iter().all(|std| *std > 0.05), "an empty picture has no statistics");
}

#[test]
fn reports_the_words_cut_off_a_long_prompt() {
    let recipe = Recipe {
        prompt: "a very small red apple with two green leaves and a worm on a blue plate".into(),
        style: "noto".into(),
        steps: 1,
        ..Recipe::default()
    };
    let pipeline = stickers(&cpu());
    let run = pipeline.begin(&recipe, Start::default()).unwrap();
    let [note] = run.notes() else { panic!("one note, not {:?}", run.notes()) };
    assert!(note.contains("“blue plate”") && note.contains("16 tokens"), "{note}");
}

#[test]
fn pictures_of_a_batch_equal_those_of_their_seeds() {
    let pipeline = stickers(&cpu());
    let recipe = Recipe { prompt: "fish".into(), steps: 2, seed: 5, count: 2, ..Recipe::default() };
    let both: Vec<f32> = pipeline.draw(&recipe).unwrap().into_data().try_to_vec().unwrap();
    let second = Recipe { seed: 6, count: 1, ..recipe };
    let second: Vec<f32> = pipeline.draw(&second).unwrap().into_data().try_to_vec().unwrap();
    assert_values_close("second", &both[second.len()..], &second, 1e-4);
}

/// A recipe's shift overrides the model's. If it is the same as the model's, nothing changes.
#[test]
fn a_recipe_may_override_the_shift() {
    let pipeline = stickers(&cpu());
    let recipe = Recipe { prompt: "fish".into(), steps: 3, seed: 5, ..Recipe::default() };
    let draw = |shift| {
        let recipe = Recipe { shift, ..recipe.clone() };
        pipeline.draw(&recipe).unwrap().into_data().try_to_vec::<f32>().unwrap()
    };
    let own = pipeline.shift();
    assert_eq!(draw(None), draw(own));
    assert_ne!(draw(None), draw(Some(own.unwrap() + 2.0)));
    assert_eq!(pipeline.resolve(&recipe.into()).unwrap().shift, own);
}

fn notes(pipeline: &Pipeline, recipe: Recipe) -> String {
    let recipe = Recipe { steps: 2, ..recipe };
    pipeline.begin(&recipe, Start::default()).unwrap().notes().join(" ")
}

/// Emoji are read as their names, with any skin tone and variation selector. Emoji without a name are
/// reported.
#[test]
fn emoji_draw_the_same_as_their_names() {
    let pipeline = stickers(&cpu());
    let draw = |prompt: &str| {
        let recipe = Recipe { prompt: prompt.into(), steps: 1, seed: 5, ..Recipe::default() };
        pipeline.draw(&recipe).unwrap().into_data().try_to_vec::<f32>().unwrap()
    };
    assert_eq!(draw("🍎"), draw("red apple"));
    assert_eq!(draw("❤️ and 🐟"), draw("red heart and fish"));
    assert_eq!(draw("👋🏽"), draw("waving hand"));
    assert_ne!(draw("🍎"), draw("🍏"));
    let said = |prompt: &str, negative: &str| {
        let (prompt, negative) = (prompt.to_owned(), negative.to_owned());
        notes(&pipeline, Recipe { prompt, negative, ..Recipe::default() })
    };
    assert!(said("🍎", "").contains("In the prompt 🍎 is read as “red apple”."));
    // The vocabulary has these letters, but none of these words.
    assert!(said("рыжая лиса", "").contains("“рыжая лиса”"));
    assert!(said("a 赤い fox", "λύκος").contains("“λύκος” in the negative prompt"));
    let unknown = said("red ♙ ስላም", "ⵣ");
    for word in ["“♙”", "“ስላም”", "“ⵣ” in the negative prompt"] {
        assert!(unknown.contains(word), "{unknown}");
    }
    assert_eq!(said("red apple", "blue"), "");
}

#[test]
fn reports_prompts_that_guidance_does_not_use() {
    let pipeline = stickers(&cpu());
    let said = |guidance: f64, negative: &str, interval: (f64, f64)| {
        let (prompt, negative) = ("fish".to_owned(), negative.to_owned());
        let recipe = Recipe { guidance_interval: interval, ..Recipe::default() };
        notes(&pipeline, Recipe { prompt, negative, guidance, ..recipe })
    };
    let always = (0.0, 1.0);
    assert_eq!(said(3.0, "blue", always) + &said(1.0, "", always) + &said(0.5, "blue", always), "");
    assert!(said(1.0, "blue", always).contains("negative prompt is not used"));
    assert!(said(0.0, "", always).contains("prompt, style and class are not used"));
    assert!(said(0.0, "blue", always).contains("drawn from the negative prompt"));
    assert!(said(3.0, "blue", (0.1, 0.2)).contains("negative prompt is not used"));
    let long = "a very small red apple with two green leaves and a worm on a blue plate";
    assert!(said(3.0, long, always).contains("The negative prompt is longer"));
}

/// A resolved recipe holds the model that drew it, and names as this program spells them.
#[test]
fn a_resolved_recipe_names_its_model() {
    let pipeline = stickers(&cpu());
    let recipe = Recipe {
        style: " Fluent-Flat".into(),
        sampler: "DPMPP 2M".into(),
        steps: 1,
        ..Recipe::default()
    };
    let resolved = pipeline.resolve(&recipe.clone().into()).unwrap();
    assert_eq!((resolved.style.as_str(), resolved.sampler.as_str()), ("fluent flat", "dpmpp_2m"));
    assert_eq!((resolved.model, resolved.model_hash), ("stickers".into(), pipeline.hash.clone()));
    // The hash is the first 16 digits of a SHA-256 over the hashes of the files that decide a drawing, and
    // over the blocks that are skipped.
    let bytes = std::fs::read(root("www/models/stickers/model.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let files: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_value(json["files"].clone()).unwrap();
    let decides = files.iter().filter(|(name, _)| *name != "upscaler.safetensors");
    let mut all: String = decides.filter_map(|(_, facts)| facts["sha256"].as_str()).collect();
    if let Some([from, to]) = json["guidance_skips"].as_array().map(Vec::as_slice) {
        let below = json["short_below"].as_f64().unwrap_or(0.0);
        all += &format!("skips {from} {to} {below}");
    }
    assert_eq!(pipeline.hash, patchwork::tools::hash::sha256(all.as_bytes())[..16]);
    assert!(pipeline.begin(&recipe, Start::default()).is_ok());
}
