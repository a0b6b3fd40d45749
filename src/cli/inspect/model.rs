//! Facts about a model that loads.

use burn::module::Module;
use serde_json::{Value, json};

use crate::pipeline::{Pipeline, ShortPath};

/// Returns the model's facts as text.
pub(super) fn describe(pipeline: &Pipeline) -> String {
    let config = pipeline.dit.config();
    let [height, width] = config.input_size;
    let mut text = format!(
        "Model {} ({}): every tensor is there and has the right shape.\n  DiT: {:.1} M parameters; \
         latent {}×{height}×{width}, patches of {}, width {}, {} blocks, {} heads, {} labels\n  \
         Predicts: {:?}; variance learned: {}; sampler: {}",
        pipeline.name,
        pipeline.hash,
        pipeline.dit.num_params() as f64 / 1e6,
        config.in_channels,
        config.patch_size,
        config.hidden_size,
        config.depth,
        config.num_heads,
        config.num_classes,
        pipeline.prediction,
        config.learn_sigma,
        match &pipeline.not_drawn {
            None => pipeline.sampler.to_owned(),
            Some(problem) => format!("name one with --sampler, since {problem}"),
        },
    );
    if let Some(reader) = &pipeline.text {
        let millions = reader.encoder.num_params() as f64 / 1e6;
        text +=
            &format!("\n  Text: MiniLM, {millions:.1} M parameters, {} tokens", reader.max_tokens);
    }
    if pipeline.classes.count() > 0 {
        text += &format!(
            "\n  {} of the classes have names, which --class takes",
            pipeline.classes.count()
        );
    }
    let ShortPath { blocks, below } = &pipeline.short_path;
    if !blocks.is_empty() {
        let (from, to) = (blocks.start, blocks.end - 1);
        text += &format!("\n  The prediction without the prompt skips blocks {from} to {to}");
        if *below > 0.0 {
            text += &format!("; below noise level {below} both predictions skip them");
        }
    }
    if let (Some(upscaler), Some(side)) = (&pipeline.upscaler, pipeline.upscaled_side()) {
        let millions = upscaler.num_params() as f64 / 1e6;
        text += &format!("\n  Upscaler: {millions:.2} M parameters, to {side} pixels");
    }
    if !pipeline.styles.is_empty() {
        text += &format!("\n  Styles: {}", pipeline.styles.join(", "));
    }
    text
}

/// Returns the same facts as JSON.
pub(super) fn facts(pipeline: &Pipeline) -> Value {
    let config = pipeline.dit.config();
    let [height, width] = config.input_size;
    json!({
        "name": pipeline.name,
        "hash": pipeline.hash,
        "picture": pipeline.picture_size(),
        "upscaled_side": pipeline.upscaled_side(),
        "dit": {
            "parameters": pipeline.dit.num_params(),
            "latent": [config.in_channels, height, width],
            "patch_size": config.patch_size,
            "hidden_size": config.hidden_size,
            "depth": config.depth,
            "num_heads": config.num_heads,
            "labels": config.num_classes,
            "learn_sigma": config.learn_sigma,
        },
        "prediction": pipeline.prediction,
        "shift": pipeline.shift(),
        "sampler": match &pipeline.not_drawn {
            None => Value::from(pipeline.sampler),
            Some(_) => Value::Null,
        },
        "scheduler_not_drawn": pipeline.not_drawn,
        "defaults": pipeline.defaults,
        "text": pipeline.text.as_ref().map(|reader| {
            json!({"parameters": reader.encoder.num_params(), "tokens": reader.max_tokens})
        }),
        "styles": pipeline.styles,
        "class_names": pipeline.classes.count(),
    })
}
