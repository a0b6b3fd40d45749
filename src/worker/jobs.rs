//! The worker's handling of each request.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::fetch::forget_all;
use super::load::load;
use super::picture;
use super::state::{Shared, pipeline};
use super::upscale;
use super::{files, gpu, now, post, read, tools};
use crate::diffusion::Latent;
use crate::page::protocol::{Event, File, Request};
use crate::pipeline::pixels::to_images;
use crate::pipeline::{Pipeline, Run};
use crate::recipe::PartialRecipe;
use crate::{Error, Result};

pub(super) fn receive(worker: &Shared, request: Request) {
    let worker = worker.clone();
    match request {
        Request::Load { model, device } => spawn_local(async move {
            match load(&model, device).await {
                Ok((pipeline, manifest, ready)) => {
                    {
                        let mut now = worker.borrow_mut();
                        now.pipeline = Some(Rc::new(pipeline));
                        now.folder = Some(Rc::new((model, manifest)));
                    }
                    post(&ready);
                    upscale::begin(&worker).await;
                }
                Err(message) => post(&Event::Crashed { message, on_gpu: gpu::is_in_use() }),
            }
        }),
        Request::Picture { hash, png } => {
            if let Err(error) = picture::keep(&worker, &hash, &png) {
                post(&Event::Failed { job: None, message: error.to_string() });
            }
        }
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
        Request::Read { prompt, negative } => {
            if let Ok(pipeline) = pipeline(&worker) {
                read::read(&pipeline, &prompt, &negative);
            }
        }
        Request::Open { ticket, name, file: File(bytes) } => {
            spawn_local(async move { files::open(&worker, ticket, name, &bytes).await });
        }
        Request::Finish { ticket, png: File(png), finish } => {
            spawn_local(async move { files::finish(&worker, ticket, &png, finish).await });
        }
        Request::Add { ticket, name, png } => {
            worker.borrow_mut().members.entry(ticket).or_default().push((name, png));
        }
        Request::Archive { ticket, archive, finish } => {
            let members = worker.borrow_mut().members.remove(&ticket).unwrap_or_default();
            spawn_local(async move {
                files::archive(&worker, ticket, archive, finish, members).await;
            });
        }
        Request::Use { ticket, tool, files } => tools::begin(&worker, ticket, tool, files),
        Request::StopUsing { ticket } => tools::stop(&worker, ticket),
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

/// Reports a failure to the page. A failed device cannot recover, so the worker ends.
fn tell(job: u32, outcome: Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error @ Error::Device(_)) => {
            post(&Event::Crashed { message: error.to_string(), on_gpu: true });
        }
        Err(error) => post(&Event::Failed { job: Some(job), message: error.to_string() }),
    }
}

async fn draw(worker: &Shared, job: u32, asked: &PartialRecipe) -> Result<()> {
    let turn = worker.borrow().turn;
    // If several requests are waiting, only the last is drawn.
    TimeoutFuture::new(0).await;
    if worker.borrow().latest != job {
        return Ok(());
    }
    let recipe = pipeline(worker)?.resolve(asked)?;
    let original = picture::original(worker, &recipe)?;
    // Stopping and another job both end this one.
    let is_wanted = || worker.borrow().turn == turn;
    let start = picture::start(worker, job, &recipe, original.as_ref(), is_wanted).await;
    if worker.borrow().latest != job {
        return Ok(());
    }
    let Some(start) = start? else {
        post(&Event::Stopped { job });
        return Ok(());
    };
    let pipeline = pipeline(worker)?;
    let mut run: Run<'_> = pipeline.begin(&recipe, start)?;
    let mut latest = run.latent();
    worker.borrow_mut().trace = (job, recipe.clone(), vec![latest.clone()]);
    worker.borrow_mut().original.clone_from(&original);
    let (steps, levels, notes) = (run.steps(), run.noise_levels(), run.notes().to_vec());
    let noise = glances(&pipeline, &latest).await?;
    let resolved = Box::new(recipe.clone());
    post(&Event::Started { job, recipe: resolved, steps, notes, levels, noise });
    let (start, mut last) = (now(), now());
    let mut stopped = false;
    while let Some(step) = run.step() {
        // One read of the device returns both.
        let both = Latent::cat(vec![step.denoised.clone(), step.latent.clone()]);
        let mut denoised = glances(&pipeline, &both).await?;
        let noisy = denoised.split_off(denoised.len() / 2);
        let milliseconds = now() - last;
        post(&Event::Step { job, index: step.index, milliseconds, denoised, noisy });
        if worker.borrow().latest == job {
            worker.borrow_mut().trace.2.push(step.denoised.clone());
        }
        latest = step.denoised;
        // The page's requests arrive only while nothing is being computed.
        TimeoutFuture::new(0).await;
        last = now();
        // A run is not stopped after its last step.
        if worker.borrow().turn != turn && step.index + 1 < steps {
            stopped = true;
            break;
        }
    }
    if worker.borrow().latest != job {
        // Another job has replaced this one.
        return Ok(());
    }
    let latent = if stopped { latest } else { run.latent() };
    let pictures = to_images(pipeline.autoencoder.decode(&latent)).await?;
    let pictures = files::pictures(pictures, &recipe, original.as_ref())?;
    post(&Event::Done { job, stopped, pictures, milliseconds: now() - start });
    Ok(())
}

async fn decode(worker: &Shared, job: u32, step: usize) -> Result<()> {
    let pipeline = pipeline(worker)?;
    let (trace, original) = (worker.borrow().trace.clone(), worker.borrow().original.clone());
    let latent = trace.2.get(step).filter(|_| trace.0 == job).cloned();
    let gone = || Error::Picture("That step is not kept any more: draw the picture again".into());
    let pictures = to_images(pipeline.autoencoder.decode(&latent.ok_or_else(gone)?)).await?;
    let pictures = files::pictures(pictures, &trace.1, original.as_ref())?;
    post(&Event::Decoded { job, step, pictures });
    Ok(())
}

/// Returns previews of latents as files; none if the model has no map for them.
pub(super) async fn glances(pipeline: &Pipeline, latent: &Latent) -> Result<Vec<File>> {
    let Some(map) = &pipeline.preview else { return Ok(Vec::new()) };
    files::glances(&to_images(map.apply(latent)).await?)
}
