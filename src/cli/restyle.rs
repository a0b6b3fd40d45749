//! `patchwork restyle`: draws a picture again in other styles, by going back from it to noise.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use super::sampling::SamplingOptions;
use super::{check_targets, load_model, picture, print_beside};
use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};
use crate::image::Attachments;
use crate::image::Image;
use crate::image::file::{Format, open};
use crate::image::fit::fitted;
use crate::pipeline::pixels::to_images;
use crate::pipeline::start::picture_hash;
use crate::pipeline::{Original, Pipeline, Start};
use crate::recipe::{INVERTIBLE, PartialRecipe, Recipe};
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct RestyleArguments {
    /// The picture: a PNG, JPEG or WebP. A PNG that Patchwork drew brings its prompt and style.
    #[arg(value_name = "PICTURE")]
    picture: PathBuf,
    /// The new styles, separated by commas; several make a sheet. “all” stands for all of them.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true)]
    style: Vec<String>,
    /// What the picture shows, in words.
    #[arg(long, value_name = "TEXT")]
    source_prompt: Option<String>,
    /// The style of the picture; none if nothing is known.
    #[arg(long, value_name = "NAME")]
    source_style: Option<String>,
    /// The new prompt; by default that of the picture.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// How far back the picture goes, 0 to 1: lower keeps more of its shape.
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
    strength: f64,
    /// Folder of the model.
    #[arg(long, value_name = "DIR", env = MODEL_VARIABLE, default_value = DEFAULT_MODEL)]
    model: PathBuf,
    #[command(flatten)]
    sampling: SamplingOptions,
    /// Where the picture goes: a .png, .webp or .jpg, or - for the standard output.
    #[arg(short, long, value_name = "PICTURE")]
    output: PathBuf,
}

pub(super) fn run(arguments: &RestyleArguments, progress: &dyn Progress) -> Result<()> {
    let RestyleArguments { picture: path, model, output, .. } = arguments;
    arguments.sampling.check()?;
    Format::of_one(output)?;
    check_targets(&[("--output", Some(output))], &[model, path])?;
    let given = open(path)?;
    let own =
        std::fs::read(path).ok().and_then(|bytes| Image::recipe_of_png(&bytes).ok().flatten());
    let own = own.map(|(recipe, _)| recipe).unwrap_or_default();
    let model = pollster::block_on(load_model(model, &Device::flex(), true))?;
    let given = fitted(&given, model.picture_size())?;
    let source_prompt = arguments.source_prompt.clone().unwrap_or(own.prompt);
    if source_prompt.trim().is_empty() {
        return Err(Error::Options(
            "This picture does not say what it shows: say it with --source-prompt".into(),
        ));
    }
    let sampling = arguments.sampling.partial()?;
    let asked = PartialRecipe {
        prompt: Some(arguments.prompt.clone().unwrap_or_else(|| source_prompt.clone())),
        picture: Some(picture_hash(&given)),
        strength: Some(arguments.strength),
        inversion: Some(true),
        source_prompt: Some(source_prompt),
        source_style: Some(arguments.source_style.clone().unwrap_or(own.style)),
        sampler: Some(sampling.sampler.unwrap_or_else(|| INVERTIBLE.into())),
        ..sampling
    };
    let styles = match &arguments.style[..] {
        [all] if all == "all" => model.styles.clone(),
        some => some.to_vec(),
    };
    let recipes = styles.into_iter().map(|style| {
        model.resolve(&PartialRecipe { style: Some(style.trim().to_owned()), ..asked.clone() })
    });
    let recipes = recipes.collect::<Result<Vec<_>>>()?;
    let original = Original::new(given, None)?;
    let restyled = restyled(&model, &original, &recipes, progress)?;
    // A sheet has no single recipe.
    let carried = match &recipes[..] {
        [one] => original.attachments(serde_json::to_string(one).ok())?,
        _ => Attachments::default(),
    };
    let sheet = Image::contact_sheet(&restyled);
    let note = picture::write_with(output, &sheet, &carried)?;
    note.iter().for_each(|note| progress.note(note));
    print_beside(&[Some(output)], output.display())
}

/// Inverts a picture once, and draws it again by each recipe.
fn restyled(
    model: &Pipeline,
    original: &Original,
    recipes: &[Recipe],
    progress: &dyn Progress,
) -> Result<Vec<Image>> {
    let Some(first) = recipes.first() else { return Ok(Vec::new()) };
    let origin = model.origin(original)?;
    let mut back = model.invert(first, origin.latent.clone())?;
    progress.begin("Going back to noise", back.steps(), 0);
    while back.step() {
        progress.advance(1, "");
    }
    let noise = back.noise();
    progress.begin("Drawing", recipes.len(), 0);
    let one = |recipe: &Recipe| {
        let start = Start { noise: Some(noise.clone()), from: Some(origin.clone()) };
        let mut run = model.begin(recipe, start)?;
        while run.step().is_some() {}
        progress.advance(1, "");
        pollster::block_on(to_images(model.autoencoder.decode(&run.latent())))
    };
    let drawn = Workers::new(&model.device, None).map(recipes.iter().collect(), one);
    progress.end();
    Ok(drawn.into_iter().collect::<Result<Vec<_>>>()?.concat())
}
