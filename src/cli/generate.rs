//! `patchwork generate`: a recipe to PNG.

use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use clap::Args;
use safetensors::tensor::{Dtype, TensorView};

use super::finishing::FinishOptions;
use super::sampling::SamplingOptions;
use super::{check_targets, load_model, picture, print_beside};
use crate::cli::terminal::note;
use crate::image::Image;
use crate::image::file::Format;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::to_images;
use crate::recipe::Recipe;
use crate::recipe::limits::MAX_STEPS;
use crate::recipe::seed;
use crate::tools::device::Backend;
use crate::tools::files::{is_same, probe, probe_folder, write_target, write_whole};
use crate::tools::progress::Progress;
use crate::weights::{Checkpoint, check_finite};
use crate::{Error, Result};

/// The tensor that latent files hold.
const LATENTS: &str = "latents";

#[derive(Debug, Args)]
pub(super) struct GenerateArguments {
    /// Folder of the model: the embedded layout (model.json) or diffusers' (model_index.json).
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers")]
    model: PathBuf,
    /// What to draw.
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true, value_parser = words)]
    prompt: String,
    /// What to draw away from.
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true, value_parser = words)]
    negative: String,
    /// Class label, for models that draw classes.
    #[arg(long, value_name = "N")]
    class: Option<usize>,
    /// Drawing style, for models that have styles; by default the model's own, and “” for none.
    #[arg(long, value_name = "NAME")]
    style: Option<String>,
    /// Seed of PyTorch's CPU generator; picture i of several has seed + i.
    #[arg(long, value_name = "N", default_value = "0", allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    #[command(flatten)]
    sampling: SamplingOptions,
    #[command(flatten)]
    finish: FinishOptions,
    /// Guide only the first N channels of the latent; the original DiT guides 3.
    #[arg(long, value_name = "N")]
    guidance_channels: Option<usize>,
    /// DDIM's noise: 0 none, 1 as much as DDPM.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    eta: f64,
    /// Space the levels after Karras et al.; not for flows, such as the embedded model.
    #[arg(long)]
    karras: bool,
    /// Lay a flow's levels evenly in time down to 1/STEPS, as pipelines of diffusers do that call
    /// set_timesteps(sigmas=linspace(1, 1/N, N)), and not as the folder's own scheduler lays them by
    /// set_timesteps(N). The embedded model's are even in any case.
    #[arg(long)]
    even_sigmas: bool,
    /// cpu or webgpu.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
    /// How many pictures; a sheet of them is written.
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: usize,
    /// Begin with the tensor “latents” of this file instead of the seed's noise.
    #[arg(long, value_name = "F.safetensors")]
    latents_in: Option<PathBuf>,
    /// Write the final latents here.
    #[arg(long, value_name = "F.safetensors")]
    latents_out: Option<PathBuf>,
    /// Write a picture of what each step believes into this folder.
    #[arg(long, value_name = "DIR")]
    steps_out: Option<PathBuf>,
    /// Where the picture goes: a .png with the recipe in it, a .webp, a .jpg (on white), or - for
    /// the standard output.
    #[arg(short, long, value_name = "PICTURE")]
    output: PathBuf,
}

/// Returns a text to draw by, unless it looks like an option that took its place.
fn words(text: &str) -> Result<String, String> {
    match text {
        "-" => Err("a dash says nothing that could be drawn: write what to draw".into()),
        option if option.starts_with("--") && !option.contains(char::is_whitespace) => {
            Err(format!(
                "it looks like an option, so that the text seems to be missing; if it is meant, begin it with a \
             space: “ {option}”"
            ))
        }
        text => Ok(text.to_owned()),
    }
}

impl GenerateArguments {
    /// Returns the recipe as given, over what the sampling options say.
    fn over(&self, sampling: Recipe) -> Recipe {
        Recipe {
            prompt: self.prompt.clone(),
            negative: self.negative.clone(),
            class: self.class,
            style: self.style.clone().unwrap_or(sampling.style),
            seed: self.seed,
            guidance_channels: self.guidance_channels,
            eta: self.eta,
            karras: self.karras,
            even_sigmas: self.even_sigmas,
            count: self.count,
            ..sampling
        }
    }

    /// Checks whether all that is asked for can be written, each beside the others.
    fn check_targets(&self) -> Result<()> {
        let targets =
            [("--output", Some(&self.output)), ("--latents-out", self.latents_out.as_ref())];
        let read = [Some(&self.model), self.latents_in.as_ref()];
        let mut read: Vec<&Path> = read.into_iter().flatten().map(PathBuf::as_path).collect();
        if self.latents_in.as_ref() == self.latents_out.as_ref() {
            // Whoever names one file for both wants the new latents in place of the old.
            read.truncate(1);
        }
        Format::of(&self.output)?;
        check_targets(&targets, &read)?;
        let Some(folder) = &self.steps_out else { return Ok(()) };
        probe_folder(folder)?;
        std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
        for (option, path) in targets.iter().filter_map(|(o, path)| Some((o, path.as_ref()?))) {
            if (1..=MAX_STEPS).any(|step| is_same(path, &folder.join(step_name(step)))) {
                return Err(Error::Options(format!(
                    "{option} names {}, which is a step's name in the folder of --steps-out: choose \
                     another",
                    path.display()
                )));
            }
        }
        Ok(())
    }
}

/// Returns the name of a step's picture; 1 for the first.
fn step_name(step: usize) -> String {
    format!("step-{step:03}.png")
}

pub(super) fn run(arguments: &GenerateArguments, progress: &dyn Progress) -> Result<()> {
    // What can be refused at once is refused before anything is loaded.
    arguments.sampling.check()?;
    arguments.over(Recipe::default()).check()?;
    arguments.finish.check(arguments.count)?;
    arguments.check_targets()?;
    let backend: Backend = arguments.device.parse()?;
    pollster::block_on(draw(arguments, backend, progress))
}

async fn draw(
    arguments: &GenerateArguments,
    backend: Backend,
    progress: &dyn Progress,
) -> Result<()> {
    let device = backend.start().await?;
    let pipeline = load_model(&arguments.model, &device, false).await?;
    let noise = match &arguments.latents_in {
        Some(path) => Some(read_latents(path, &pipeline)?),
        None => None,
    };
    // A class is a label already.
    let style = match arguments.class {
        None => pipeline.defaults.style.clone(),
        Some(_) => String::new(),
    };
    let recipe = arguments.over(Recipe { style, ..arguments.sampling.recipe(&pipeline)? });
    let mut run = pipeline.begin(&recipe, noise)?;
    run.notes().iter().for_each(note);
    if let Some(folder) = &arguments.steps_out {
        (1..=run.steps()).try_for_each(|step| probe(&folder.join(step_name(step))))?;
    }
    progress.begin("Denoising", run.steps(), 0);
    while let Some(step) = run.step() {
        if let Some(folder) = &arguments.steps_out {
            let path = folder.join(step_name(step.index + 1));
            let images = to_images(pipeline.autoencoder.decode(step.denoised)).await?;
            write_whole(&path, &Image::contact_sheet(&images).to_png(None)?)?;
        }
        // If work is queued on a GPU, the bar tells of work done, not of work asked for.
        device.sync().map_err(|problem| Error::Device(format!("The device failed: {problem}")))?;
        progress.advance(1, "");
    }
    progress.end();
    let latent = run.latent();
    let images = to_images(pipeline.autoencoder.decode(latent.clone())).await?;
    let (picture, upscaled) = arguments.finish.sheet(&pipeline, images).await?;
    let recipe = Recipe { upscaled, ..recipe };
    // Other noise than the seed's is not in the recipe, which would then draw something else.
    let json = match &arguments.latents_in {
        Some(path) => {
            let path = path.display();
            note(format!("The picture carries no recipe: its noise came from {path}."));
            None
        }
        None => serde_json::to_string(&recipe).ok(),
    };
    let output = &arguments.output;
    picture::write(output, &picture, json.as_deref())?;
    if let Some(path) = &arguments.latents_out {
        write_latents(path, latent).await?;
    }
    print_beside(&[Some(output), arguments.latents_out.as_ref()], output.display())
}

fn read_latents(path: &Path, pipeline: &Pipeline) -> Result<Tensor<4>> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
    let shape = file.shape(LATENTS).and_then(|shape| <[usize; 4]>::try_from(shape).ok());
    let Some(shape) = shape else {
        let problem = format!("it holds no tensor “{LATENTS}” of four dimensions");
        return Err(Error::model(path.display().to_string(), problem));
    };
    let values = file.values(LATENTS)?;
    check_finite(LATENTS, &values).map_err(|problem| Error::model(file.name(), problem))?;
    Ok(Tensor::from_data(TensorData::new(values, shape), &pipeline.device))
}

async fn write_latents(path: &Path, latents: Tensor<4>) -> Result<()> {
    let shape = latents.dims().to_vec();
    let data = latents
        .into_data_async()
        .await
        .map_err(|problem| Error::Device(format!("The device gave no latents: {problem}")))?;
    let bytes: Vec<u8> = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
    let unwritten = |problem: safetensors::SafeTensorError| {
        Error::write(path, std::io::Error::other(problem.to_string()))
    };
    let view = TensorView::new(Dtype::F32, shape, &bytes).map_err(unwritten)?;
    write_target(path, &safetensors::serialize([(LATENTS, view)], None).map_err(unwritten)?)
}
