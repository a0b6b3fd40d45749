//! Draws orders, several at once on the CPU, and writes and reports them in their order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use burn::tensor::Device;
use serde_json::{Value, json};

use super::orders::{Failure, Named, Order};
use super::origin::Given;
use super::{GenerateArguments, latents};
use crate::cli::finishing::finish_of;
use crate::cli::terminal::{complain, print_json};
use crate::cli::{picture, print_beside};
use crate::diffusion::Latent;
use crate::image::Attachments;
use crate::image::Image;
use crate::pipeline::pixels::to_images;
use crate::pipeline::{Pipeline, Start};
use crate::recipe::Recipe;
use crate::tools::files::{probe, write_whole};
use crate::tools::memory;
use crate::tools::parallel::{Workers, lock};
use crate::tools::progress::Progress;
use crate::tools::words::counted;
use crate::{Error, Result};

/// The approximate memory that a decoder needs for each pixel: the widest layers of Stable Diffusion's
/// decoder have 128 channels of f32 at full size, and several of them are in memory at once.
const BYTES_A_PIXEL: usize = 8 << 10;

/// Returns the file name of a step's picture; `step` is 1 for the first.
pub(super) fn step_name(step: usize) -> String {
    format!("step-{step:03}.png")
}

/// A part of an order: `count` of its pictures, beginning with `first`, which are drawn in one batch.
#[derive(Debug, Clone, Copy)]
struct Part {
    order: usize,
    first: usize,
    count: usize,
}

/// The results of an order so far.
#[derive(Debug, Default)]
struct Made {
    pictures: BTreeMap<usize, Image>,
    notes: Vec<String>,
    is_upscaled: bool,
    is_failed: bool,
    began: Option<Instant>,
}

/// The state that all threads share.
struct Studio<'a> {
    arguments: &'a GenerateArguments,
    pipeline: &'a Pipeline,
    device: &'a Device,
    /// The picture that runs begin with.
    given: Option<Given>,
    orders: &'a [Order],
    made: Vec<Mutex<Made>>,
    /// The reports that wait, by order, and the order whose report comes next.
    told: Mutex<(BTreeMap<usize, Report>, usize)>,
    failed: Mutex<Vec<Failure>>,
    is_over: AtomicBool,
    progress: &'a dyn Progress,
}

/// The outcome of an order.
#[derive(Debug)]
enum Report {
    Done(Value),
    Failed,
}

pub(super) fn run(
    arguments: &GenerateArguments,
    pipeline: &Pipeline,
    device: &Device,
    named: &Named,
    progress: &dyn Progress,
) -> Result<()> {
    let given = named.given(pipeline)?;
    let (orders, mut failed) = named.orders(arguments, pipeline, given.as_ref())?;
    if let [(None, _)] = failed[..] {
        return Err(failed.swap_remove(0).1);
    }
    failed.iter().for_each(|failure| tell_failure(arguments, failure));
    if !arguments.keep_going && !failed.is_empty() {
        let count = counted(failed.len(), "line");
        let problem = format!(
            "{count} cannot be drawn, so nothing was drawn: correct them, or skip them with --keep-going"
        );
        return Err(Error::Options(problem));
    }
    let (early, wished) = (failed.len(), failed.len() + orders.len());
    let is_cpu = *device == Device::flex();
    // A picture drawn alone equals the one drawn in a batch, because the CPU computes the rows of a batch
    // one by one.
    let is_whole = !is_cpu || arguments.is_watched();
    let parts: Vec<Part> = (orders.iter().enumerate())
        .flat_map(|(order, Order { recipe, .. })| {
            let count = if is_whole { recipe.count } else { 1 };
            (0..recipe.count).step_by(count).map(move |first| Part { order, first, count })
        })
        .collect();
    let steps = parts.iter().map(|part| orders[part.order].steps).sum();
    let studio = Studio {
        arguments,
        pipeline,
        device,
        given,
        made: orders.iter().map(|_| Mutex::default()).collect(),
        orders: &orders,
        told: Mutex::default(),
        failed: Mutex::default(),
        is_over: AtomicBool::new(false),
        progress,
    };
    progress.begin("Denoising", steps, 0);
    let threads = arguments.threads.unwrap_or_else(rayon::current_num_threads);
    match at_once(pipeline, threads, parts.len()) {
        at_once if at_once > 1 && is_cpu => {
            Workers::sharing(at_once, threads).map(parts, |part| studio.draw(part));
        }
        _ => parts.into_iter().for_each(|part| studio.draw(part)),
    }
    studio.tell_rest();
    progress.end();
    let mut failed = studio.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    match (early + failed.len(), arguments.keep_going) {
        (0, _) => Ok(()),
        (_, false) => Err(of_line(failed.swap_remove(0))),
        (count, true) => Err(Error::Options(format!("{count} of {wished} pictures failed"))),
    }
}

/// Returns how many pictures are drawn at once.
fn at_once(pipeline: &Pipeline, threads: usize, pictures: usize) -> usize {
    let most = threads.min(pictures).max(1);
    let [width, height] = pipeline.picture_size();
    match memory::available() {
        Some(bytes) => most.min((bytes / (BYTES_A_PIXEL * width * height)).max(1)),
        None => most,
    }
}

/// Returns an error that names the line of the list that it is about.
fn of_line((line, error): Failure) -> Error {
    match line {
        Some(line) => Error::Options(format!("Line {line}: {}", error.clause())),
        None => error,
    }
}

/// Prints the line of JSON about a failure, if such lines are asked for.
fn print_failure(arguments: &GenerateArguments, (line, error): &Failure) {
    if arguments.json {
        drop(print_json(&json!({"line": line, "error": error.to_string()})));
    }
}

/// Prints a failure, and goes on.
fn tell_failure(arguments: &GenerateArguments, failure: &Failure) {
    print_failure(arguments, failure);
    complain(match failure {
        (Some(line), error) => format!("Line {line}: {error}"),
        (None, error) => error.to_string(),
    });
}

impl Studio<'_> {
    /// Draws a part. If it completes its order, that is written and reported.
    fn draw(&self, part: Part) {
        let Order { line, recipe, .. } = &self.orders[part.order];
        if self.is_stopped(part.order) {
            return;
        }
        lock(&self.made[part.order]).began.get_or_insert_with(Instant::now);
        let drawn = pollster::block_on(self.pictures(part));
        let outcome = drawn.and_then(|drawn| {
            let Some((pictures, notes, is_upscaled)) = drawn else { return Ok(None) };
            let mut made = lock(&self.made[part.order]);
            made.pictures.extend((part.first..).zip(pictures));
            made.is_upscaled |= is_upscaled;
            if part.first == 0 {
                made.notes.splice(0..0, notes);
            }
            match made.pictures.len() == recipe.count {
                true => self.write(part.order, &made).map(Some),
                false => Ok(None),
            }
        });
        match outcome {
            Ok(None) => {}
            Ok(Some(value)) => self.tell(part.order, Report::Done(value)),
            Err(error) => {
                let was_failed =
                    std::mem::replace(&mut lock(&self.made[part.order]).is_failed, true);
                if was_failed {
                    return;
                }
                if !self.arguments.keep_going {
                    self.is_over.store(true, Ordering::Relaxed);
                }
                let failure = (*line, error);
                match self.arguments.keep_going {
                    true => tell_failure(self.arguments, &failure),
                    // The program ends with its message.
                    false => print_failure(self.arguments, &failure),
                }
                lock(&self.failed).push(failure);
                self.tell(part.order, Report::Failed);
            }
        }
    }

    /// Returns whether an order is no longer drawn.
    fn is_stopped(&self, order: usize) -> bool {
        self.is_over.load(Ordering::Relaxed) || lock(&self.made[order]).is_failed
    }

    /// Returns the finished pictures of a part, notes, and whether the upscaler was used; `None` if the
    /// part was stopped before it was done.
    async fn pictures(&self, part: Part) -> Result<Option<(Vec<Image>, Vec<String>, bool)>> {
        let Self { arguments, pipeline, device, .. } = self;
        let order = &self.orders[part.order];
        let noise = match &arguments.latents_in {
            Some(path) => Some(latents::read(path, pipeline)?),
            None => None,
        };
        let seed = order.recipe.seed + part.first as u64;
        let recipe = Recipe { seed, count: part.count, ..order.recipe.clone() };
        let from = self.given.as_ref().map(|given| given.origin.clone());
        let noise = match (noise, &from) {
            (None, Some(origin)) => {
                let found = pipeline.inverted(&recipe, origin)?;
                found.map(|noise| noise.repeated(part.count))
            }
            (given, _) => given,
        };
        let mut run = pipeline.begin(&recipe, Start { noise, from })?;
        let mut notes = run.notes().to_vec();
        if let Some(folder) = &arguments.steps_out {
            (1..=run.steps()).try_for_each(|step| probe(&folder.join(step_name(step))))?;
        }
        while let Some(step) = run.step() {
            if let Some(folder) = &arguments.steps_out {
                let path = folder.join(step_name(step.index + 1));
                let images = self.decoded(&step.denoised).await?;
                write_whole(&path, &Image::contact_sheet(&images).to_png(None)?)?;
            }
            // A GPU queues its work, so this waits for it: the bar counts work that is done.
            let failed = |problem| Error::Device(format!("The device failed: {problem}"));
            device.sync().map_err(failed)?;
            self.progress.advance(1, "");
            if self.is_stopped(part.order) {
                return Ok(None);
            }
        }
        let latent = run.latent();
        let (finish, note) = finish_of(&order.recipe, pipeline);
        notes.extend(note);
        let (mut finished, mut is_upscaled) = (Vec::new(), false);
        for image in self.decoded(&latent).await? {
            let image = match &self.given {
                Some(given) => given.original.finished(image)?,
                None => image,
            };
            let (base, was_upscaled) = pipeline.base(&finish, image).await?;
            finished.push(finish.picture(&base)?);
            is_upscaled |= was_upscaled;
        }
        if let Some(path) = &arguments.latents_out {
            latents::write(path, latent).await?;
        }
        Ok(Some((finished, notes, is_upscaled)))
    }

    async fn decoded(&self, latent: &Latent) -> Result<Vec<Image>> {
        to_images(self.pipeline.autoencoder.decode(latent)).await
    }

    /// Writes a complete order, and returns its report as JSON.
    fn write(&self, order: usize, made: &Made) -> Result<Value> {
        let (Order { line, recipe, path, notes, .. }, Made { pictures, is_upscaled, .. }) =
            (&self.orders[order], made);
        let pictures: Vec<&Image> = pictures.values().collect();
        let size = pictures.first().map(|picture| picture.width.max(picture.height));
        let size = size.and_then(|size| u32::try_from(size).ok());
        let recipe = Recipe { upscaled: *is_upscaled, size, ..recipe.clone() };
        let mut notes = notes.clone();
        notes.extend(made.notes.iter().cloned());
        // The recipe does not hold noise from a file, and would draw another picture.
        let text = match &self.arguments.latents_in {
            Some(from) => {
                let from = from.display();
                notes.push(format!("The picture carries no recipe: its noise came from {from}."));
                None
            }
            None => serde_json::to_string(&recipe).ok(),
        };
        let carried = match &self.given {
            Some(given) => given.original.attachments(text)?,
            None => Attachments { recipe: text, ..Attachments::default() },
        };
        notes.extend(picture::write_with(path, &Image::contact_sheet(&pictures), &carried)?);
        let seconds = made.began.map_or(0.0, |began| began.elapsed().as_secs_f64());
        let mut told =
            json!({"file": path.display().to_string(), "recipe": recipe, "notes": notes});
        told["seconds"] = ((seconds * 1e3).round() / 1e3).into();
        if let Some(line) = line {
            told["line"] = (*line).into();
        }
        Ok(told)
    }

    /// Reports an order as soon as all orders before it are reported.
    fn tell(&self, order: usize, report: Report) {
        let mut told = lock(&self.told);
        told.0.insert(order, report);
        loop {
            let at = told.1;
            let Some(report) = told.0.remove(&at) else { return };
            told.1 += 1;
            self.tell_one(at, &report);
        }
    }

    fn tell_one(&self, at: usize, report: &Report) {
        if let Report::Done(value) = report
            && let Err(error) = self.print(&self.orders[at], value)
        {
            lock(&self.failed).push((None, error));
        }
    }

    /// Reports the orders that were finished after one that was not.
    fn tell_rest(&self) {
        let waiting = std::mem::take(&mut lock(&self.told).0);
        waiting.iter().for_each(|(at, report)| self.tell_one(*at, report));
    }

    fn print(&self, Order { path, .. }: &Order, value: &Value) -> Result<()> {
        if self.arguments.json {
            return print_json(value);
        }
        let notes = value["notes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for sentence in notes {
            match self.orders.len() {
                1 => self.progress.note(sentence),
                _ => self.progress.note(&format!("{}: {sentence}", path.display())),
            }
        }
        print_beside(&[Some(path), self.arguments.latents_out.as_ref()], path.display())
    }
}
