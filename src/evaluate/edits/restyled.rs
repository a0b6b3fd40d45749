//! Restyled pictures: inverted to noise under their own prompt and style, and drawn from it in another.

use super::super::Asked;
use crate::Result;
use crate::image::Image;
use crate::pipeline::pixels::to_images;
use crate::pipeline::{Origin, Pipeline, Start};
use crate::recipe::Recipe;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;

/// A way to draw a picture again in another style.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// What the way is called in tables.
    pub name: &'static str,
    /// Whether the picture is inverted; otherwise seeded noise is added to it.
    pub inversion: bool,
    /// How much of the picture changes, 0 to 1.
    pub strength: f64,
}

/// The ways that are measured.
pub const WAYS: [Way; 4] = [
    Way { name: "restyled", inversion: true, strength: 1.0 },
    Way { name: "restyled, strength 0.8", inversion: true, strength: 0.8 },
    Way { name: "redrawn, strength 0.8", inversion: false, strength: 0.8 },
    Way { name: "drawn from words alone", inversion: false, strength: 1.0 },
];

/// Returns prompts that ask for each picture in another style: the next one of `styles`.
pub fn in_other_styles(asked: &[Asked], styles: &[String]) -> Vec<Asked> {
    let other = |asked: &Asked| {
        let own = styles.iter().position(|style| *style == asked.style).unwrap_or_default();
        Asked { style: styles[(own + 1) % styles.len()].clone(), ..asked.clone() }
    };
    asked.iter().map(other).collect()
}

/// Draws each picture again as `asked`, in one of [`WAYS`]. `sources` are the pictures' own prompts and
/// styles.
///
/// # Errors
/// Returns an error if the model was loaded without its encoder, or cannot draw a prompt.
pub fn restyled(
    model: &Pipeline,
    (sources, asked, pictures): (&[Asked], &[Asked], &[&Image]),
    way: Way,
    (sampling, seed): (&Recipe, u64),
    progress: &dyn Progress,
) -> Result<Vec<Image>> {
    let one = |i: usize| {
        let recipe = Recipe {
            prompt: asked[i].prompt.clone(),
            style: asked[i].style.clone(),
            source_prompt: sources[i].prompt.clone(),
            source_style: sources[i].style.clone(),
            seed: seed.wrapping_add(i as u64),
            picture: "given".into(),
            inversion: way.inversion,
            strength: way.strength,
            ..sampling.clone()
        };
        let origin = Origin { latent: model.encode(pictures[i])?, mask: None };
        let noise = model.inverted(&recipe, &origin)?;
        let mut run = model.begin(&recipe, Start { noise, from: Some(origin) })?;
        while run.step().is_some() {}
        progress.advance(1, "");
        pollster::block_on(to_images(model.autoencoder.decode(&run.latent())))
    };
    progress.begin("Restyling", asked.len(), 0);
    let made = Workers::new(&model.device, None).map((0..asked.len()).collect(), one);
    progress.end();
    Ok(made.into_iter().collect::<Result<Vec<_>>>()?.concat())
}
