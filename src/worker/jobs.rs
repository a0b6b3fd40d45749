//! What the worker does with each request.

use std::cell::RefCell;
use std::rc::Rc;

use burn::tensor::Tensor;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::fetch::{Web, forget_all};
use super::{gpu, now, post};
use crate::image::Image;
use crate::pipeline::pixels::to_images;
use crate::pipeline::source::read_json;
use crate::pipeline::stickers::{MANIFEST, Manifest};
use crate::pipeline::{Pipeline, Run};
use crate::protocol::{DeviceChoice, Event, Request};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// The worker between two requests.
#[derive(Default)]
pub(super) struct Worker {
    pipeline: Option<Rc<Pipeline>>,
    /// Counts requests to draw or to stop; who drew under an older count stops.
    turn: u32,
    /// Each step of the last job, denoised, to be decoded on demand.
    trace: (u32, Vec<Tensor<4>>),
}

type Shared = Rc<RefCell<Worker>>;

pub(super) fn receive(worker: &Shared, request: Request) {
    let worker = worker.clone();
    match request {
        Request::Load { model, device } => spawn_local(async move {
            if let Err(message) = load(&worker, &model, device).await {
                post(&Event::Crashed { message });
            }
        }),
        Request::Draw { job, recipe } => {
            worker.borrow_mut().turn += 1;
            spawn_local(async move {
                if let Err(error) = draw(&worker, job, &recipe).await {
                    post(&Event::Failed { message: error.to_string() });
                }
            });
        }
        Request::Cancel => worker.borrow_mut().turn += 1,
        Request::Decode { job, step } => spawn_local(async move {
            if let Err(error) = decode(&worker, job, step).await {
                post(&Event::Failed { message: error.to_string() });
            }
        }),
        Request::Count { prompt } => count(&worker, &prompt),
    }
}

async fn load(worker: &Shared, model: &str, choice: DeviceChoice) -> Result<(), String> {
    let start = now();
    let (backend, facts) = gpu::choose(choice).await?;
    let device = backend.start().await.map_err(|error| error.to_string())?;
    let source = Web::new(model);
    let manifest: Manifest =
        read_json(&source, MANIFEST).await.map_err(|error| error.to_string())?;
    source.expect(manifest.files.values().map(|file| file.bytes as f64).sum());
    let pipeline = match Pipeline::load(&source, &device).await {
        Ok(pipeline) => pipeline,
        Err(error) => {
            forget_all().await;
            return Err(error.to_string());
        }
    };
    post(&Event::Ready {
        styles: pipeline.styles.clone(),
        device: facts,
        seconds: (now() - start) / 1e3,
        tokens: pipeline.text.as_ref().map_or(0, |text| text.places),
    });
    worker.borrow_mut().pipeline = Some(Rc::new(pipeline));
    Ok(())
}

fn pipeline(worker: &Shared) -> Result<Rc<Pipeline>> {
    let missing = || Error::Recipe("The model is not loaded yet: wait a moment".into());
    worker.borrow().pipeline.clone().ok_or_else(missing)
}

async fn draw(worker: &Shared, job: u32, recipe: &Recipe) -> Result<()> {
    let turn = worker.borrow().turn;
    let pipeline = pipeline(worker)?;
    let mut run: Run<'_> = pipeline.begin(recipe, None)?;
    worker.borrow_mut().trace = (job, Vec::new());
    post(&Event::Started { job, steps: run.steps(), notes: run.notes().to_vec() });
    let (start, mut last) = (now(), now());
    let mut latest = run.noise();
    let mut stopped = false;
    while let Some(step) = run.step() {
        let denoised = preview(&pipeline, step.denoised.clone()).await?;
        let noisy = preview(&pipeline, step.latent.clone()).await?;
        let milliseconds = now() - last;
        post(&Event::Step { job, index: step.index, milliseconds, denoised, noisy });
        worker.borrow_mut().trace.1.push(step.denoised.clone());
        latest = step.denoised;
        // The page's messages come in only while nobody computes.
        TimeoutFuture::new(0).await;
        last = now();
        if worker.borrow().turn != turn {
            stopped = true;
            break;
        }
    }
    let latent = if stopped { latest } else { run.into_latent() };
    let pictures = to_images(pipeline.decoder.decode(latent)).await?;
    post(&Event::Done { job, stopped, pictures, milliseconds: now() - start });
    Ok(())
}

async fn decode(worker: &Shared, job: u32, step: usize) -> Result<()> {
    let pipeline = pipeline(worker)?;
    let trace = worker.borrow().trace.clone();
    let latent = trace.1.get(step).filter(|_| trace.0 == job).cloned();
    let gone = || Error::Recipe("That step is not kept any more: draw the picture again".into());
    let pictures = to_images(pipeline.decoder.decode(latent.ok_or_else(gone)?)).await?;
    post(&Event::Decoded { job, step, pictures });
    Ok(())
}

fn count(worker: &Shared, prompt: &str) {
    let Ok(pipeline) = pipeline(worker) else { return };
    let Some(reader) = &pipeline.text else { return };
    let whole = reader.tokenizer.encode(prompt, usize::MAX);
    let fitting = reader.tokenizer.encode(prompt, reader.places);
    if let (Ok(whole), Ok(fitting)) = (whole, fitting) {
        post(&Event::Counted { tokens: whole.ids.len(), cut: fitting.cut });
    }
}

async fn preview(pipeline: &Pipeline, latent: Tensor<4>) -> Result<Vec<Image>> {
    match pipeline.decoder.preview(latent) {
        Some(picture) => to_images(picture).await,
        None => Ok(Vec::new()),
    }
}
