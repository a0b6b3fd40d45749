//! `patchwork sheet`: draws one picture with a column for each prompt and a row for each style.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Mutex;

use burn::tensor::Device;
use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::sampling::SamplingOptions;
use super::{check_targets, load_model, picture, print_beside};
use crate::image::Image;
use crate::image::file::Format;
use crate::image::finish::Finish;
use crate::pipeline::Start;
use crate::pipeline::pixels::to_images;
use crate::recipe::Recipe;
use crate::tools::parallel::{Workers, lock};
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct SheetArguments {
    /// Folder of the model.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// The prompts of the columns, separated by commas.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', required = true)]
    prompts: Vec<String>,
    /// The styles of the rows, separated by commas; by default one row in the model's own style.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    styles: Vec<String>,
    /// The number of pictures in a row, for a sheet of one style.
    #[arg(long, value_name = "N", conflicts_with = "styles")]
    columns: Option<usize>,
    /// Pixels per side of each picture, 16 to 2048; see `generate --size`. By default they keep the size at
    /// which they are drawn.
    #[arg(long, value_name = "N")]
    size: Option<u32>,
    /// The seed of every picture.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    sampling: SamplingOptions,
    /// Where the sheet goes: a .png, .webp or .jpg, or - for the standard output.
    #[arg(short, long, value_name = "PICTURE")]
    output: PathBuf,
}

impl SheetArguments {
    fn finish(&self) -> Finish {
        Finish { size: self.size.unwrap_or(0), ..Finish::default() }
    }
}

pub(super) fn run(arguments: &SheetArguments, progress: &dyn Progress) -> Result<()> {
    arguments.sampling.check()?;
    Format::of_one(&arguments.output)?;
    arguments.finish().check()?;
    if arguments.columns == Some(0) {
        return Err(Error::Options("--columns must be at least 1".into()));
    }
    check_targets(&[("--output", Some(&arguments.output))], &[&arguments.model])?;
    pollster::block_on(draw(arguments, progress))
}

async fn draw(arguments: &SheetArguments, progress: &dyn Progress) -> Result<()> {
    let pipeline = load_model(&arguments.model, &Device::flex(), false).await?;
    let styles = match arguments.styles.is_empty() {
        true => vec![pipeline.defaults.style.clone()],
        false => arguments.styles.clone(),
    };
    progress.begin("Drawing", arguments.prompts.len() * styles.len(), 0);
    let sampling = arguments.sampling.recipe(&pipeline)?;
    // Each note is printed once, even if it applies to several styles.
    let said = Mutex::new(HashSet::new());
    let is_new = |note: &String| lock(&said).insert(note.clone());
    let one = |(style, prompt): (&String, &String)| {
        let recipe = Recipe {
            prompt: prompt.trim().to_owned(),
            style: style.trim().to_owned(),
            seed: arguments.seed,
            ..sampling.clone()
        };
        let mut run = pipeline.begin(&recipe, Start::default())?;
        run.notes().iter().filter(|note| is_new(note)).for_each(|note| progress.note(note));
        while run.step().is_some() {}
        let finished = pollster::block_on(async {
            let mut finished = Vec::new();
            for image in to_images(pipeline.autoencoder.decode(&run.latent())).await? {
                let (base, _) = pipeline.base(&arguments.finish(), image).await?;
                finished.push(arguments.finish().picture(&base)?);
            }
            Ok::<_, Error>(finished)
        });
        progress.advance(1, "");
        finished
    };
    let all =
        styles.iter().flat_map(|style| arguments.prompts.iter().map(move |prompt| (style, prompt)));
    let drawn = Workers::new(&pipeline.device, None).map(all.collect(), one);
    progress.end();
    let images: Vec<Image> = drawn.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let path = &arguments.output;
    let columns = arguments.columns.unwrap_or(arguments.prompts.len());
    picture::write(path, &Image::sheet(&images, columns))?;
    print_beside(&[Some(path)], path.display())
}
