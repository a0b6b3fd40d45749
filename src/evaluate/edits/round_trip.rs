//! The round trip: a picture's latent is inverted to noise, and drawn again from it.

use super::super::Asked;
use super::super::reconstruction::psnr;
use crate::Result;
use crate::diffusion::Latent;
use crate::image::Image;
use crate::pipeline::pixels::to_tensor;
use crate::pipeline::{Pipeline, Start};
use crate::recipe::Recipe;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;

/// The numbers of steps that are measured.
pub const STEPS: [usize; 3] = [12, 20, 50];

/// The mean peak signal-to-noise ratios of pictures that went there and back, in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundTrip {
    /// Through the autoencoder alone.
    pub autoencoder: f64,
    /// Through the autoencoder and the round trip with each of [`STEPS`].
    pub trips: [f64; STEPS.len()],
}

/// Measures the round trips of pictures under their own prompts and styles, without guidance.
///
/// # Errors
/// Returns an error if the model was loaded without its encoder, or cannot draw a prompt.
pub fn measure(
    model: &Pipeline,
    (asked, pictures): (&[Asked], &[&Image]),
    progress: &dyn Progress,
) -> Result<RoundTrip> {
    let decoded = |latent: &Latent, picture: &Image| {
        let drawn = model.autoencoder.decode(latent).clamp(-1.0, 1.0);
        psnr(to_tensor(&[picture], &model.device), drawn)[0]
    };
    let one = |(asked, picture): (&Asked, &&Image)| -> Result<Vec<f64>> {
        let latent = model.encode(picture)?;
        let mut found = vec![decoded(&latent, picture)];
        for steps in STEPS {
            let again = there_and_back(model, asked, &latent, steps)?;
            found.push(decoded(&again, picture));
            progress.advance(1, "");
        }
        Ok(found)
    };
    progress.begin("Inverting", STEPS.len() * asked.len(), 0);
    let found = Workers::new(&model.device, None).map(asked.iter().zip(pictures).collect(), one);
    progress.end();
    let found: Vec<Vec<f64>> = found.into_iter().collect::<Result<_>>()?;
    let mean = |i: usize| found.iter().map(|row| row[i]).sum::<f64>() / found.len() as f64;
    Ok(RoundTrip { autoencoder: mean(0), trips: std::array::from_fn(|i| mean(1 + i)) })
}

/// Inverts a latent, and draws it again from the noise that was found.
fn there_and_back(
    model: &Pipeline,
    Asked { prompt, style }: &Asked,
    latent: &Latent,
    steps: usize,
) -> Result<Latent> {
    let recipe = Recipe {
        prompt: prompt.clone(),
        style: style.clone(),
        source_prompt: prompt.clone(),
        source_style: style.clone(),
        picture: "given".into(),
        inversion: true,
        strength: 1.0,
        sampler: "euler".into(),
        guidance: 1.0,
        steps,
        ..Recipe::default()
    };
    let mut back = model.invert(&recipe, latent.clone())?;
    while back.step() {}
    let start = Start { noise: Some(back.noise()), ..Start::from(latent.clone()) };
    let mut run = model.begin(&recipe, start)?;
    while run.step().is_some() {}
    Ok(run.latent())
}
