//! `patchwork generate`: draws pictures from recipes.

mod draw;
mod latents;
mod orders;
mod origin;
mod pattern;
mod prompts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::finishing::FinishOptions;
use super::sampling::SamplingOptions;
use super::terminal::be_quiet;
use super::{check_targets, device, load_model};
use crate::pipeline::Pipeline;
use crate::recipe::limits::STEPS;
use crate::recipe::seed;
use crate::recipe::{PartialRecipe, Recipe};
use crate::tools::device::Backend;
use crate::tools::environment;
use crate::tools::files::{is_same, is_stdout, probe_folder};
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct GenerateArguments {
    /// Folder of the model: the embedded layout (model.json) or diffusers' (model_index.json).
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// The prompt.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = words)]
    prompt: Option<String>,
    /// A list of prompts, or - for the standard input: one on each line, or JSON lines with fields of a
    /// recipe. A line takes precedence over the options. Name the files by a pattern (-o).
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    prompts: Option<PathBuf>,
    /// Draw this picture's recipe again, or that of a JSON file. Options take precedence over its fields.
    #[arg(long, value_name = "F.png|F.json")]
    recipe: Option<PathBuf>,
    /// Begin with this picture (a PNG, JPEG or WebP) instead of noise, and change it as far as --strength
    /// says. It is fitted into the model's size.
    #[arg(long, value_name = "PICTURE")]
    from: Option<PathBuf>,
    /// How much of the picture of --from changes, 0 to 1, by default 0.6: 0 returns it as the autoencoder
    /// sees it, 1 draws as without it. Of the steps, this part is taken.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    strength: Option<f64>,
    /// Change the picture of --from only where this picture is opaque, and keep the rest.
    #[arg(long, value_name = "PICTURE", requires = "from")]
    mask: Option<PathBuf>,
    /// The negative prompt: what the picture should not show.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = words)]
    negative: Option<String>,
    /// Class, for class-conditional models: its number, or its name if the model has names.
    #[arg(long, value_name = "N|NAME", allow_negative_numbers = true)]
    class: Option<String>,
    /// Drawing style, for models that have styles; by default the model's own, and “” for none. If there
    /// are several, separated by commas, each picture is drawn in each.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    style: Vec<String>,
    /// Seed of PyTorch's CPU generator, by default 0; picture i of a --count has seed + i.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    seed: Option<u64>,
    #[command(flatten)]
    sampling: SamplingOptions,
    #[command(flatten)]
    finish: FinishOptions,
    /// Guide only the first N channels of the latent; the original DiT guides 3.
    #[arg(long, value_name = "N")]
    guidance_channels: Option<usize>,
    /// DDIM's η: 0 adds no noise, 1 as much as DDPM.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    eta: Option<f64>,
    /// Space the noise levels after Karras et al.; not for flows, such as the embedded model.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_possible_values = true)]
    karras: Option<bool>,
    /// Space a flow's noise levels evenly down to 1/STEPS, as pipelines of diffusers do that call
    /// set_timesteps(sigmas=linspace(1, 1/N, N)), and not as the folder's own scheduler spaces them in
    /// set_timesteps(N). The embedded model's are even in any case.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_possible_values = true)]
    even_sigmas: Option<bool>,
    /// cpu or webgpu.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
    /// The number of threads on the CPU, by default one for each core. Several pictures are drawn at once,
    /// as far as memory allows.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// How many pictures to draw, by default 1. Several make a sheet or, with a pattern (-o), a file each.
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Begin with the tensor “latents” of this file instead of the seed's noise.
    #[arg(long, value_name = "F.safetensors")]
    latents_in: Option<PathBuf>,
    /// Write the final latents here.
    #[arg(long, value_name = "F.safetensors")]
    latents_out: Option<PathBuf>,
    /// Write a picture of each step's prediction of the clean latent into this folder.
    #[arg(long, value_name = "DIR")]
    steps_out: Option<PathBuf>,
    /// Go on with the other pictures if one fails; the exit code is still 1.
    #[arg(long)]
    keep_going: bool,
    /// Print a line of JSON for each picture, with file, recipe, notes and seconds. If a picture fails, the
    /// line holds the list's line number and the error.
    #[arg(long)]
    json: bool,
    /// Print only errors (and with --json, its lines too).
    #[arg(short, long)]
    quiet: bool,
    #[arg(short, long, value_name = "PICTURE", help = output_help())]
    output: PathBuf,
}

fn output_help() -> String {
    format!(
        "Where the picture goes: a .png with the recipe in it, a .webp, a .jpg (on white), or - for the standard \
         output. A name may have placeholders: {}",
        pattern::HELP
    )
}

/// Returns a prompt, unless it looks like an option, which means that the prompt is missing.
fn words(text: &str) -> Result<String, String> {
    match text {
        "-" => Err("a dash is no prompt: write what to draw".into()),
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
    /// Returns the options that are given, except the styles, of which there may be several.
    fn partial(&self) -> Result<PartialRecipe> {
        let own = PartialRecipe {
            prompt: self.prompt.clone(),
            negative: self.negative.clone(),
            class: self.class.clone(),
            seed: self.seed,
            eta: self.eta,
            karras: self.karras,
            even_sigmas: self.even_sigmas,
            strength: self.strength,
            count: self.count,
            guidance_channels: self.guidance_channels,
            ..PartialRecipe::default()
        };
        Ok(own.over(self.sampling.partial()?).over(self.finish.partial()))
    }

    /// Returns the files and folders that are read.
    fn read(&self) -> Vec<&Path> {
        let files = [&self.latents_in, &self.prompts, &self.recipe, &self.from, &self.mask]
            .into_iter()
            .flatten();
        // A list from the standard input is no file that could be overwritten.
        let files = files.filter(|path| path.as_path() != Path::new("-"));
        files.chain([&self.model]).map(PathBuf::as_path).collect()
    }

    /// Returns whether a run writes its steps, or reads or writes latents in files.
    fn is_watched(&self) -> bool {
        self.latents_in.is_some() || self.latents_out.is_some() || self.steps_out.is_some()
    }

    /// Checks the options as far as that is possible without the model.
    fn check(&self) -> Result<()> {
        let refuse = |problem: &str| Err(Error::Options(problem.into()));
        self.sampling.check()?;
        let recipe = self.partial()?.onto(Recipe::default());
        recipe.check()?;
        super::finishing::check(&recipe)?;
        if self.threads.is_some_and(|threads| !(1..=1024).contains(&threads)) {
            return refuse("--threads must be 1 to 1024");
        }
        if self.json && is_stdout(&self.output) {
            return refuse(
                "--json and -o - would both write to the standard output: name a file for the picture",
            );
        }
        if self.strength.is_some() && self.from.is_none() && self.recipe.is_none() {
            return refuse("--strength applies to the picture of --from: give --from too");
        }
        if self.prompts.is_some() && self.is_watched() {
            return refuse(
                "--latents-in, --latents-out and --steps-out are for a single run: leave them out with --prompts",
            );
        }
        Ok(())
    }

    /// Checks that latents and steps can be written, and that they overwrite neither each other nor the
    /// pictures.
    fn check_beside(&self, pictures: &[&Path]) -> Result<()> {
        let mut read = self.read();
        if self.latents_in.is_some() && self.latents_in == self.latents_out {
            // If both options name one file, the new latents are meant to replace the old ones.
            read.retain(|path| Some(*path) != self.latents_in.as_deref());
        }
        let output = pictures.first().map(|path| path.to_path_buf());
        let targets = [("--output", output.as_ref()), ("--latents-out", self.latents_out.as_ref())];
        check_targets(&targets, &read)?;
        let Some(folder) = &self.steps_out else { return Ok(()) };
        probe_folder(folder)?;
        std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
        for (option, path) in targets.iter().filter_map(|(o, path)| Some((o, path.as_ref()?))) {
            if (1..=STEPS.most as usize)
                .any(|step| is_same(path, &folder.join(draw::step_name(step))))
            {
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

pub(super) fn run(arguments: &GenerateArguments, progress: &dyn Progress) -> Result<ExitCode> {
    if let Some(code) = environment::ensure(environment::for_device(&arguments.device))? {
        return Ok(code);
    }
    if arguments.quiet {
        be_quiet();
    }
    // All checks that need no model come before anything is loaded.
    arguments.check()?;
    let named = orders::Named::read(arguments)?;
    named.check_one(arguments)?;
    if let Some(threads) = arguments.threads {
        // It is harmless if the pool was built already.
        drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
    }
    let _: Backend = arguments.device.parse()?;
    let (pipeline, device) = pollster::block_on(load(arguments, named.has_picture()))?;
    draw::run(arguments, &pipeline, &device, &named, progress)?;
    Ok(ExitCode::SUCCESS)
}

async fn load(
    arguments: &GenerateArguments,
    has_picture: bool,
) -> Result<(Pipeline, burn::tensor::Device)> {
    let device = device(&arguments.device).await?;
    Ok((load_model(&arguments.model, &device, has_picture).await?, device))
}
