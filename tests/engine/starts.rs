//! Runs that begin with a picture, compared with diffusers' image-to-image and inpainting arithmetic, and
//! DPM-Solver++(2S), which evaluates levels between those of its run.

use burn::tensor::Device;
use patchwork::diffusion::{Generator, Latent, Levels, Prediction};
use patchwork::pipeline::diffusers::scheduler_config::SchedulerConfig;
use patchwork::samplers::{self, Sampler, Sampling};
use serde::Deserialize;
use serde_json::Value;

use crate::samplers::{Toy, fixture_scale};
use crate::support::{assert_values_close, cases, on_each_device, tensor, tensors};

/// The tolerance. Diffusers computes levels and products of a thousand betas in f32.
const TOLERANCE: f32 = 2e-4;

on_each_device!(begins_with_a_picture, evaluates_the_middle_of_steps);

/// Returns the levels of a run that a scheduler's configuration describes.
fn levels(
    sampler: &dyn Sampler,
    (scheduler, config): (&str, &Value),
    steps: usize,
    is_even: bool,
) -> Levels {
    let config = SchedulerConfig::read(config.clone(), Some(scheduler)).unwrap();
    let mut options = config.level_options();
    if is_even {
        options.flow.smallest = None;
    }
    samplers::levels(sampler, &config.schedule(256).unwrap(), steps, options).unwrap()
}

#[derive(Deserialize)]
struct Begun {
    name: String,
    sampler: String,
    prediction: Prediction,
    steps: usize,
    eta: f64,
    scheduler: String,
    schedule: String,
    strength: f64,
    masked: bool,
    begin: usize,
    config: Value,
}

fn begins_with_a_picture(device: &Device) {
    let file = tensors("image_to_image");
    let read = |name: &str| Latent::new(tensor(&file, name, device));
    let (clean, mask) = (read("clean"), read("mask"));
    let cases = cases::<Begun>("image_to_image");
    assert!(cases.iter().filter(|case| case.masked).count() > 3 && cases.len() > 30);
    for case in cases {
        let mut sampler = samplers::named(&case.sampler).unwrap();
        samplers::set_eta(&mut *sampler, case.eta).unwrap();
        let scheduler = (case.scheduler.as_str(), &case.config);
        let levels = levels(&*sampler, scheduler, case.steps, case.schedule == "uniform");
        let toy = Toy { c: tensor(&file, "c", device), learns_variance: false };
        let denoiser = toy.denoiser(case.prediction);
        let process = levels.process();
        let first = levels.first_step(case.strength);
        assert_eq!(first, case.begin, "{}", case.name);

        let mut generator = Generator::new(3);
        let mut draw = || Latent::new(generator.randn_tensor([1, 2, 3, 3], device));
        let noise = draw();
        let noisy = levels.add_noise(first, clean.clone(), noise.clone());
        let calls = sampler.capabilities().evaluations as usize;
        let mut sampling = Sampling::resume(sampler, levels, first, noisy);
        let want = file.values(&format!("{}.prev", case.name)).unwrap();
        let rows: Vec<&[f32]> = want.chunks_exact(18).collect();
        let mut taken = 0;
        while let Some(step) = sampling.step(&denoiser, &mut draw) {
            taken += 1;
            let mut latent = step.latent;
            if case.masked {
                let next = sampling.index();
                let known = sampling.levels().add_noise(next, clean.clone(), noise.clone());
                latent = latent.blend(known, &mask);
                sampling.replace_latent(latent.clone());
            }
            let row = (calls * taken - 1).min(rows.len() - 1);
            let got = (latent * fixture_scale(process, step.sigma)).tensor();
            let got: Vec<f32> = got.into_data().try_to_vec().unwrap();
            let what = format!("{}, step {}", case.name, step.index);
            assert_values_close(&what, &got, rows[row], TOLERANCE);
        }
        assert_eq!(taken, case.steps - case.begin, "{}", case.name);
    }
}

#[derive(Deserialize)]
struct Case {
    name: String,
    prediction: Prediction,
    steps: usize,
    scheduler: String,
    config: Value,
}

fn evaluates_the_middle_of_steps(device: &Device) {
    let file = tensors("singlestep");
    for case in cases::<Case>("singlestep") {
        let sampler = samplers::named("dpmpp_2s").unwrap();
        let levels = levels(&*sampler, (&case.scheduler, &case.config), case.steps, false);
        let process = levels.process();
        let toy = Toy { c: tensor(&file, "c", device), learns_variance: false };
        let denoiser = toy.denoiser(case.prediction);
        let noise = Latent::new(tensor(&file, &format!("{}.noise", case.name), device));
        let mut sampling = Sampling::new(sampler, levels, noise);
        let want = file.values(&format!("{}.prev", case.name)).unwrap();
        let mut rows = want.chunks_exact(18);
        while let Some(step) = sampling.step(&denoiser, || unreachable!("it adds no noise")) {
            let got = (step.latent * fixture_scale(process, step.sigma)).tensor();
            let got: Vec<f32> = got.into_data().try_to_vec().unwrap();
            let what = format!("{}, step {}", case.name, step.index);
            assert_values_close(&what, &got, rows.next().unwrap(), TOLERANCE);
        }
        assert_eq!(rows.next(), None, "{}", case.name);
    }
}
