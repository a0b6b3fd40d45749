//! Runs that begin with a picture, compared with diffusers' image-to-image and inpainting arithmetic, and
//! DPM-Solver++(2S), which evaluates levels between those of its run.

use burn::tensor::{Device, Tensor};
use patchwork::diffusion::{Generator, Latent, Prediction};
use patchwork::image::Image;
use patchwork::pipeline::diffusers::scheduler_config::SchedulerConfig;
use patchwork::pipeline::{Folder, Origin, Pipeline, Start};
use patchwork::recipe::Recipe;
use patchwork::samplers::{self, Sampling};
use serde::Deserialize;
use serde_json::Value;

use crate::samplers::{Toy, assert_row, levels_of};
use crate::support::{cases, cpu, on_each_device, root, stickers, tensor, tensors};

/// The number of patches of a picture, on which no shift of these fixtures depends.
const TOKENS: usize = 256;

on_each_device!(begins_with_a_picture, evaluates_the_middle_of_steps);

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
        let config = SchedulerConfig::read(case.config, Some(&case.scheduler)).unwrap();
        let is_even = case.schedule == "uniform";
        let levels = levels_of(&config, &*sampler, (case.steps, TOKENS), is_even);
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
            let what = format!("{}, step {}", case.name, step.index);
            assert_row(&what, latent, process, step.sigma, rows[row]);
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
        let config = SchedulerConfig::read(case.config, Some(&case.scheduler)).unwrap();
        let levels = levels_of(&config, &*sampler, (case.steps, TOKENS), false);
        let process = levels.process();
        let toy = Toy { c: tensor(&file, "c", device), learns_variance: false };
        let denoiser = toy.denoiser(case.prediction);
        let noise = Latent::new(tensor(&file, &format!("{}.noise", case.name), device));
        let mut sampling = Sampling::new(sampler, levels, noise);
        let want = file.values(&format!("{}.prev", case.name)).unwrap();
        let mut rows = want.chunks_exact(18);
        while let Some(step) = sampling.step(&denoiser, || unreachable!("it adds no noise")) {
            let what = format!("{}, step {}", case.name, step.index);
            assert_row(&what, step.latent, process, step.sigma, rows.next().unwrap());
        }
        assert_eq!(rows.next(), None, "{}", case.name);
    }
}

fn values(latent: &Latent) -> Vec<f32> {
    latent.tensor().into_data().try_to_vec().unwrap()
}

#[test]
fn strength_0_returns_the_picture_and_1_draws_as_without_it() {
    let source = Folder(root("www/models/stickers"));
    let pipeline = pollster::block_on(Pipeline::load_with_encoder(&source, &cpu())).unwrap();
    let pixels = [230, 120, 30, 255].repeat(128 * 128);
    let clean = pipeline.encode(&Image { width: 128, height: 128, pixels }).unwrap();
    let draw = |sampler: &str, strength, start: Start| {
        let sampler = sampler.into();
        let prompt = "cat".into();
        let recipe = Recipe { prompt, strength, steps: 4, count: 2, sampler, ..Recipe::default() };
        let mut run = pipeline.begin(&recipe, start).unwrap();
        let levels = run.noise_levels();
        let mut taken = 0;
        while let Some(step) = run.step() {
            assert_eq!((step.index, step.sigma), (taken, levels[taken + 1]));
            taken += 1;
        }
        assert_eq!((taken, levels.len()), (run.steps(), run.steps() + 1));
        (taken, values(&run.latent()))
    };
    let all = samplers::ALL.iter().map(|new| new());
    let of_flows = all.filter(|sampler| sampler.capabilities().refuses_flow.is_none());
    for sampler in of_flows.map(|sampler| sampler.name()) {
        let from = || Start::from(clean.clone());
        assert_eq!(draw(sampler, 0.0, from()), (0, values(&clean.clone().repeated(2))));
        assert_eq!(draw(sampler, 1.0, from()), draw(sampler, 0.5, Start::default()));
        assert_eq!(draw(sampler, 0.5, from()).0, 2);
        // What the mask keeps ends as it was, and the rest does not.
        let mask = Tensor::<4>::zeros([1, 1, 16, 8], &cpu());
        let mask = Latent::new(Tensor::cat(vec![mask.clone(), mask + 1.0], 3));
        let masked =
            Start { from: Some(Origin { latent: clean.clone(), mask: Some(mask) }), noise: None };
        let (_, ends) = draw(sampler, 0.75, masked);
        let begun = values(&clean.clone().repeated(2));
        let pairs = || begun.iter().zip(&ends).enumerate();
        assert!(pairs().all(|(i, (a, b))| i % 16 >= 8 || (a - b).abs() < 1e-6), "{sampler}");
        let changed = pairs().filter(|(i, (a, b))| i % 16 >= 8 && (*a - *b).abs() > 0.05).count();
        assert!(changed > 1024, "{sampler}: {changed} of 2048");
    }
}

#[test]
fn refuses_a_start_that_does_not_fit() {
    let pipeline = stickers(&cpu());
    let recipe = Recipe { prompt: "cat".into(), steps: 2, ..Recipe::default() };
    let latent = |shape: [usize; 4]| Latent::new(Tensor::zeros(shape, &cpu()));
    let refusal = |recipe: &Recipe, start| pipeline.begin(recipe, start).unwrap_err().to_string();
    let small = Start::from(latent([1, 8, 4, 4]));
    assert!(refusal(&recipe, small).contains("this model needs [1, 8, 16, 16]"));
    let mask = Some(latent([1, 3, 16, 16]));
    let masked = Start { noise: None, from: Some(Origin { latent: latent([1, 8, 16, 16]), mask }) };
    assert!(refusal(&recipe, masked).contains("masks have shape [1, 3, 16, 16]"));
    let named = Recipe { picture: "0123456789abcdef".into(), ..recipe };
    assert!(refusal(&named, Start::default()).contains("0123456789abcdef, which is not here"));
    // It was loaded without its encoder.
    let picture = Image { width: 128, height: 128, pixels: vec![0; 4 * 128 * 128] };
    let message = pipeline.encode(&picture).unwrap_err().to_string();
    assert!(message.contains("without its encoder"), "{message}");
}
