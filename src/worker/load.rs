//! The loading of a pipeline from a model's folder, on a chosen device.

use burn::module::Module;
use burn::tensor::Device;
use gloo_timers::future::TimeoutFuture;

use super::fetch::Web;
use super::{gpu, now, post};
use crate::page::facts::ModelFacts;
use crate::page::protocol::{DeviceChoice, Event};
use crate::pipeline::known_answer::{KNOWN_ANSWER, KnownAnswer, TOLERANCE};
use crate::pipeline::stickers::{self, MANIFEST, Manifest};
use crate::pipeline::{Parts, Pipeline, Source, read_json};
use crate::recipe::Defaults;
use crate::samplers;
use crate::tools::device::Backend;
use crate::{Error, Result};

/// Reports a slow stage of loading to the page before it begins.
async fn stage(stage: &str) {
    post(&Event::Stage { stage: stage.into() });
    TimeoutFuture::new(0).await;
}

/// Loads the model, without its upscaler, on the device that `choice` leads to. Returns it with its
/// manifest and the event that reports it.
pub(super) async fn load(
    model: &str,
    choice: DeviceChoice,
) -> Result<(Pipeline, Manifest, Event), String> {
    let start = now();
    let (mut backend, mut device) = gpu::choose(choice).await?;
    let lack = device.lack.clone();
    let place = match gpu::start(backend).await {
        Err(problem) if choice == DeviceChoice::Auto => {
            (backend, device) = (Backend::Cpu, gpu::cpu(problem));
            Device::flex()
        }
        place => place?,
    };
    let (mut pipeline, source, manifest) =
        fetch(model, &place).await.map_err(|error| error.to_string())?;
    if backend == Backend::WebGpu {
        stage("Compiling shaders, and checking the GPU").await;
        match check(&pipeline, &source).await {
            Ok((message, is_checked)) => (device.check, device.is_checked) = (message, is_checked),
            Err(problem) => {
                gpu::leave();
                device = gpu::cpu(format!("{problem}, so the CPU draws."));
                stage("The CPU takes over").await;
                let again = fetch(model, &Device::flex()).await;
                (pipeline, ..) = again.map_err(|error| error.to_string())?;
            }
        }
    }
    device.lack = lack;
    let facts = ModelFacts {
        name: pipeline.name.clone(),
        hash: pipeline.hash.clone(),
        parameters: pipeline.dit.num_params(),
        styles: pipeline.styles.clone(),
        samplers: samplers::offered(),
        defaults: Defaults { sampler: pipeline.sampler.into(), ..pipeline.defaults.clone() },
        shift: pipeline.shift(),
        max_tokens: pipeline.text.as_ref().map_or(0, |text| text.max_tokens),
        side: manifest.image_size,
        upscaled_side: manifest.upscaled_side().unwrap_or(0),
        bytes: manifest.drawing_bytes() as f64,
        kept: source.kept().into(),
        is_kept: source.is_kept(),
    };
    let seconds = (now() - start) / 1e3;
    Ok((pipeline, manifest, Event::Ready { model: Box::new(facts), device, seconds }))
}

/// Loads the model, and returns it with its source and its manifest. A file from the browser's store may be
/// damaged, or belong to older weights; it is then downloaded again.
async fn fetch(model: &str, device: &Device) -> Result<(Pipeline, Web, Manifest)> {
    let manifest: Manifest = read_json(&Web::new(model, 0.0), MANIFEST).await?;
    let bytes = manifest.drawing_bytes() as f64;
    let mut tries = manifest.files.len();
    loop {
        let source = Web::new(model, bytes);
        match stickers::load(&source, manifest.clone(), device, Parts::ForDrawing).await {
            Ok(pipeline) => return Ok((pipeline, source, manifest)),
            Err(Error::Model { file, .. }) if tries > 0 && source.forget(&file).await => {
                tries -= 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Checks the GPU against the CPU's known answer. Returns the result in words and whether the check was
/// made, or a description of the problem.
async fn check(pipeline: &Pipeline, source: &Web) -> Result<(String, bool), String> {
    let unchecked = |why: String| Ok((format!("Not checked: {why}"), false));
    if !source.exists(KNOWN_ANSWER).await {
        return unchecked(format!("this model has no {KNOWN_ANSWER}."));
    }
    // A broken file says nothing about the GPU.
    let known: KnownAnswer = match read_json(source, KNOWN_ANSWER).await {
        Ok(known) => known,
        Err(error) => return unchecked(error.to_string()),
    };
    let answer = KnownAnswer::ask(pipeline, known.recipe.clone()).await;
    if let Err(error @ Error::Recipe(_)) = &answer {
        // The known answer belongs to another model.
        return unchecked(format!("the recipe in {KNOWN_ANSWER} does not fit this model. {error}"));
    }
    let answer =
        answer.map_err(|error| format!("The GPU failed its check ({})", error.clause()))?;
    let (latent, picture) = known.distance(&answer);
    let found = format!("latents differ by at most {latent:.1e}, pictures by {picture:.1e}");
    if latent.max(picture) > TOLERANCE {
        return Err(format!("The GPU computes wrong numbers in a known-answer check ({found})"));
    }
    Ok((format!("Passed against the CPU's known answer: {found}."), true))
}
