//! What the worker does with each request.

use std::cell::RefCell;
use std::rc::Rc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::fetch::{Web, forget_all};
use super::{gpu, now, post};
use crate::image::Image;
use crate::page::protocol::{DeviceChoice, Event, ModelFacts, Reading, Request};
use crate::pipeline::known_answer::{KNOWN_ANSWER, KnownAnswer, TOLERANCE};
use crate::pipeline::notes::{looked_up, vocabulary};
use crate::pipeline::pixels::to_images;
use crate::pipeline::stickers::{self, MANIFEST, Manifest};
use crate::pipeline::{Parts, Pipeline, Run, Source, read_json};
use crate::recipe::{Defaults, Recipe};
use crate::samplers::{self, Step};
use crate::tools::device::Backend;
use crate::{Error, Result};

/// The worker between two requests.
#[derive(Default)]
pub(super) struct Worker {
    pipeline: Option<Rc<Pipeline>>,
    /// The job that was asked for last.
    latest: u32,
    /// Counts requests to draw or to stop. A job that began under an older count stops.
    turn: u32,
    /// Each step of the last job, denoised, to be decoded on demand.
    trace: (u32, Vec<Tensor<4>>),
}

type Shared = Rc<RefCell<Worker>>;

pub(super) fn receive(worker: &Shared, request: Request) {
    let worker = worker.clone();
    match request {
        Request::Load { model, device } => spawn_local(async move {
            match load(&model, device).await {
                Ok((pipeline, ready)) => {
                    worker.borrow_mut().pipeline = Some(Rc::new(pipeline));
                    post(&ready);
                }
                Err(message) => post(&Event::Crashed { message }),
            }
        }),
        Request::Draw { job, recipe } => {
            let mut now = worker.borrow_mut();
            (now.latest, now.turn) = (job, now.turn + 1);
            drop(now);
            spawn_local(async move { tell(job, draw(&worker, job, &recipe).await) });
        }
        Request::Cancel => worker.borrow_mut().turn += 1,
        Request::Decode { job, step } => {
            spawn_local(async move { tell(job, decode(&worker, job, step).await) });
        }
        Request::Read { prompt, negative } => read(&worker, &prompt, &negative),
        Request::Forget => spawn_local(async {
            let message = match forget_all().await {
                true => {
                    "The weights are removed from this browser; they stay in memory until the \
                         page is closed."
                }
                false => "This browser kept no weights.",
            };
            post(&Event::Forgotten { message: message.into() });
        }),
    }
}

/// Tells the page of what failed. A failed device does not come back: that ends the worker.
fn tell(job: u32, outcome: Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error @ Error::Device(_)) => post(&Event::Crashed { message: error.to_string() }),
        Err(error) => post(&Event::Failed { job: Some(job), message: error.to_string() }),
    }
}

/// Returns the model on the device that `choice` leads to, and what to tell of it.
async fn load(model: &str, choice: DeviceChoice) -> Result<(Pipeline, Event), String> {
    let start = now();
    let (mut backend, mut device) = gpu::choose(choice).await?;
    let place = match gpu::start(backend).await {
        Err(problem) if choice == DeviceChoice::Auto => {
            (backend, device) = (Backend::Cpu, gpu::cpu(problem));
            Device::flex()
        }
        place => place?,
    };
    let (mut pipeline, source, bytes) =
        fetch(model, &place).await.map_err(|error| error.to_string())?;
    if backend == Backend::WebGpu {
        match check(&pipeline, &source).await {
            Ok(message) => device.check = message,
            Err(problem) => {
                gpu::leave();
                device = gpu::cpu(format!("{problem}, so the CPU draws."));
                let again = fetch(model, &Device::flex()).await;
                (pipeline, ..) = again.map_err(|error| error.to_string())?;
            }
        }
    }
    let facts = ModelFacts {
        name: pipeline.name.clone(),
        hash: pipeline.hash.clone(),
        parameters: pipeline.dit.num_params(),
        styles: pipeline.styles.clone(),
        samplers: samplers::offered(),
        defaults: Defaults { sampler: pipeline.sampler.into(), ..pipeline.defaults.clone() },
        shift: pipeline.shift(),
        max_tokens: pipeline.text.as_ref().map_or(0, |text| text.max_tokens),
        bytes,
        kept: source.kept().into(),
        is_kept: source.is_kept(),
    };
    let seconds = (now() - start) / 1e3;
    Ok((pipeline, Event::Ready { model: Box::new(facts), device, seconds }))
}

/// Returns the model, where it came from, and its bytes. A file that was kept from an earlier visit
/// may be damaged, or of older weights: then it comes over the network once more.
async fn fetch(model: &str, device: &Device) -> Result<(Pipeline, Web, f64)> {
    let manifest: Manifest = read_json(&Web::new(model, 0.0), MANIFEST).await?;
    let bytes = manifest.drawing_bytes() as f64;
    let mut tries = manifest.files.len();
    loop {
        let source = Web::new(model, bytes);
        match stickers::load(&source, manifest.clone(), device, Parts::ForDrawing).await {
            Ok(pipeline) => return Ok((pipeline, source, bytes)),
            Err(Error::Model { file, .. }) if tries > 0 && source.forget(&file).await => {
                tries -= 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Asks the GPU what the CPU has answered before: what came of it, or what is wrong, in words.
async fn check(pipeline: &Pipeline, source: &Web) -> Result<String, String> {
    if !source.exists(KNOWN_ANSWER).await {
        return Ok(format!("Not checked: this model has no {KNOWN_ANSWER}."));
    }
    // A broken file says nothing of the GPU.
    let known: KnownAnswer = match read_json(source, KNOWN_ANSWER).await {
        Ok(known) => known,
        Err(error) => return Ok(format!("Not checked: {error}")),
    };
    let answer = KnownAnswer::ask(pipeline, known.recipe.clone()).await;
    if let Err(error @ Error::Recipe(_)) = &answer {
        // It is another model's.
        return Ok(format!(
            "Not checked: {KNOWN_ANSWER} asks for what this model cannot draw. {error}"
        ));
    }
    let answer = answer.map_err(|error| {
        format!("The GPU failed a check ({})", error.to_string().trim_end_matches('.'))
    })?;
    let (latent, picture) = known.distance(&answer);
    let found = format!("latents differ by at most {latent:.1e}, pictures by {picture:.1e}");
    if latent.max(picture) > TOLERANCE {
        return Err(format!("The GPU computes wrong numbers in a known-answer check ({found})"));
    }
    Ok(format!("Passed against the CPU's known answer: {found}."))
}

fn pipeline(worker: &Shared) -> Result<Rc<Pipeline>> {
    let missing = || Error::model("The model", "it is not loaded yet: wait a moment");
    worker.borrow().pipeline.clone().ok_or_else(missing)
}

async fn draw(worker: &Shared, job: u32, recipe: &Recipe) -> Result<()> {
    let turn = worker.borrow().turn;
    // Of several requests that stand in line only the last is drawn.
    TimeoutFuture::new(0).await;
    if worker.borrow().latest != job {
        return Ok(());
    }
    let pipeline = pipeline(worker)?;
    let mut run: Run<'_> = pipeline.begin(recipe, None)?;
    worker.borrow_mut().trace = (job, Vec::new());
    post(&Event::Started { job, steps: run.steps(), notes: run.notes().to_vec() });
    let (start, mut last) = (now(), now());
    let mut latest = run.noise();
    let mut stopped = false;
    while let Some(step) = run.step() {
        let (denoised, noisy) = previews(&pipeline, &step).await?;
        let milliseconds = now() - last;
        post(&Event::Step { job, index: step.index, milliseconds, denoised, noisy });
        if worker.borrow().latest == job {
            worker.borrow_mut().trace.1.push(step.denoised.clone());
        }
        latest = step.denoised;
        // The page's messages come in only while nobody computes.
        TimeoutFuture::new(0).await;
        last = now();
        if worker.borrow().turn != turn {
            stopped = true;
            break;
        }
    }
    if worker.borrow().latest != job {
        // Another is drawn instead; nobody waits for this one.
        return Ok(());
    }
    let latent = if stopped { latest } else { run.latent() };
    let pictures = to_images(pipeline.autoencoder.decode(latent)).await?;
    post(&Event::Done { job, stopped, pictures, milliseconds: now() - start });
    Ok(())
}

async fn decode(worker: &Shared, job: u32, step: usize) -> Result<()> {
    let pipeline = pipeline(worker)?;
    let trace = worker.borrow().trace.clone();
    let latent = trace.1.get(step).filter(|_| trace.0 == job).cloned();
    let gone = || Error::Picture("That step is not kept any more: draw the picture again".into());
    let pictures = to_images(pipeline.autoencoder.decode(latent.ok_or_else(gone)?)).await?;
    post(&Event::Decoded { job, step, pictures });
    Ok(())
}

fn read(worker: &Shared, prompt: &str, negative: &str) {
    let Ok(pipeline) = pipeline(worker) else { return };
    let Some(reader) = &pipeline.text else { return };
    let mut found = reader.look_up(prompt);
    // A word that is still being typed is not unknown yet.
    let typed = prompt.to_lowercase();
    found.unknown.retain(|(word, _)| !typed.ends_with(word.as_str()) || !reader.words.begins(word));
    let reading = |what: &str, text: &str, mut notes: Vec<String>| {
        let tokens = reader.tokens(text).ok()?;
        notes.extend(vocabulary(what, &tokens));
        Some(Reading { tokens: tokens.total, cut: tokens.cut, notes })
    };
    if let (Some(prompt), Some(negative)) = (
        reading("prompt", &found.text, looked_up(prompt, &found)),
        reading("negative prompt", negative, Vec::new()),
    ) {
        post(&Event::Read { prompt, negative });
    }
}

/// Returns the denoised estimate and the latent as it is, in one read of the device.
async fn previews(pipeline: &Pipeline, step: &Step) -> Result<(Vec<Image>, Vec<Image>)> {
    let both = Tensor::cat(vec![step.denoised.clone(), step.latent.clone()], 0);
    let Some(map) = &pipeline.preview else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut denoised = to_images(map.apply(both)).await?;
    let noisy = denoised.split_off(denoised.len() / 2);
    Ok((denoised, noisy))
}
