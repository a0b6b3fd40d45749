//! Every sampler, compared with diffusers' step by step on a toy network, and the timesteps that it
//! chooses.

use burn::tensor::{Device, Tensor};
use patchwork::diffusion::denoiser::{Network, Pass};
use patchwork::diffusion::timesteps::Spacing;
use patchwork::diffusion::{
    Generator, Guided, Latent, LevelOptions, Levels, Parameterised, Prediction, Process, Schedule,
};
use patchwork::pipeline::diffusers::scheduler_config::SchedulerConfig;
use patchwork::samplers::{self, Sampler, Sampling};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{assert_values_close, cases, json, on_each_device, tensor, tensors};

/// The tolerance. Diffusers computes its levels, and products of a thousand betas, in f32, which is an
/// error of some 1e-5.
const TOLERANCE: f32 = 2e-4;

on_each_device!(matches_diffusers_step_by_step);

#[derive(Deserialize)]
struct Case {
    name: String,
    sampler: String,
    prediction: Prediction,
    steps: usize,
    eta: f64,
    scheduler: String,
    schedule: String,
    tokens: usize,
    timesteps: Vec<f64>,
    config: Value,
}

/// The fixtures' network: `tanh(0.5·x + c·t/1000)`.
pub(crate) struct Toy {
    pub(crate) c: Tensor<4>,
    pub(crate) learns_variance: bool,
}

impl Toy {
    /// Returns the network as a sampler sees it, without guidance.
    pub(crate) fn denoiser(self, prediction: Prediction) -> Guided<Self> {
        Guided {
            model: Parameterised { network: self, prediction },
            scale: 1.0,
            channels: None,
            interval: (0.0, 1.0),
            timesteps: 1000,
        }
    }
}

/// Checks the latent at the end of a step against a fixture's row. Fixtures have the variance-preserving
/// scale, or that of a flow.
#[track_caller]
pub(crate) fn assert_row(what: &str, latent: Latent, process: Process, sigma: f64, row: &[f32]) {
    let scale = match process {
        Process::VarianceExploding => 1.0 / (1.0 + sigma * sigma).sqrt(),
        Process::Flow => 1.0,
    };
    let got: Vec<f32> = (latent * scale).tensor().into_data().try_to_vec().unwrap();
    assert_values_close(what, &got, row, TOLERANCE);
}

/// Returns the levels of a run that a scheduler's configuration describes, for a picture of `tokens`
/// patches, with even steps if `is_even`.
pub(crate) fn levels_of(
    config: &SchedulerConfig,
    sampler: &dyn Sampler,
    (steps, tokens): (usize, usize),
    is_even: bool,
) -> Levels {
    let mut options = config.level_options();
    if is_even {
        options.flow.smallest = None;
    }
    samplers::levels(sampler, &config.schedule(tokens).unwrap(), steps, options).unwrap()
}

impl Network for Toy {
    fn predict(&self, x: Tensor<4>, timestep: f64, _: Pass) -> Tensor<4> {
        let out = (x.clone() * 0.5 + self.c.clone() * (timestep / 1000.0)).tanh();
        if self.learns_variance {
            Tensor::cat(vec![out, (x * 0.3 - self.c.clone()).tanh()], 1)
        } else {
            out
        }
    }
}

/// Checks timesteps: whole ones must be equal, and fractional ones nearly, because diffusers computes them
/// in f32.
fn check_timesteps(case: &Case, levels: &Levels) {
    let mut wanted = case.timesteps.clone();
    if case.sampler == "heun" {
        // Each timestep but the first occurs twice.
        wanted = wanted
            .into_iter()
            .enumerate()
            .filter(|(i, _)| *i == 0 || i % 2 == 1)
            .map(|(_, t)| t)
            .collect();
    }
    assert_eq!(wanted.len(), levels.steps.len(), "{}", case.name);
    let is_whole = wanted.iter().all(|t| t.fract() == 0.0);
    let tolerance = match case.prediction {
        Prediction::Flow => 1e-3,
        _ if is_whole => 0.0,
        // Diffusers interpolates these in the logarithm of f32 levels.
        _ => 1e-2,
    };
    for (step, want) in levels.steps.iter().zip(&wanted) {
        let found = step.timestep;
        assert!((found - want).abs() <= tolerance, "{}: {found} is not {want}", case.name);
    }
}

fn matches_diffusers_step_by_step(device: &Device) {
    let file = tensors("schedulers");
    let cases = cases::<Case>("schedulers");
    assert!(cases.len() > 60);
    for case in cases {
        let mut sampler = samplers::named(&case.sampler).unwrap();
        samplers::set_eta(&mut *sampler, case.eta).unwrap();
        let config = SchedulerConfig::read(case.config.clone(), Some(&case.scheduler)).unwrap();
        assert_eq!(config.prediction(), case.prediction, "{}", case.name);
        assert_eq!(config.sampler(), case.sampler, "{}", case.name);
        let network = Toy {
            c: tensor(&file, "c", device),
            learns_variance: case.config["variance_type"] == "learned_range",
        };
        let denoiser = network.denoiser(case.prediction);
        let schedule = config.schedule(case.tokens).unwrap();
        assert_eq!(config.not_drawn(&schedule), None, "{}", case.name);
        let is_even = case.schedule == "uniform";
        let levels = levels_of(&config, &*sampler, (case.steps, case.tokens), is_even);
        check_timesteps(&case, &levels);
        let process = levels.process();
        let mut generator = Generator::new(3);
        let mut noise = || Latent::new(generator.randn_tensor([1, 2, 3, 3], device));
        let first = noise();
        let mut sampling = Sampling::new(sampler, levels, first);

        let want = file.values(&format!("{}.prev", case.name)).unwrap();
        let rows: Vec<&[f32]> = want.chunks_exact(18).collect();
        while let Some(step) = sampling.step(&denoiser, &mut noise) {
            // Heun's rows come in pairs, of which the second is the result of the step. The last row stands
            // alone.
            let row = if case.sampler == "heun" { 2 * step.index + 1 } else { step.index };
            let row = row.min(rows.len() - 1);
            let what = format!("{}, step {}", case.name, step.index);
            assert_row(&what, step.latent, process, step.sigma, rows[row]);
        }
        assert_eq!(sampling.levels().steps.len(), case.steps);
        let got: Vec<f32> = sampling.latent().tensor().into_data().try_to_vec().unwrap();
        assert_values_close(&case.name, &got, rows[rows.len() - 1], TOLERANCE);
    }
}

#[derive(Deserialize)]
struct Chosen {
    sampler: String,
    spacing: Spacing,
    steps: usize,
    timesteps: Vec<f64>,
}

#[test]
fn chooses_the_timesteps_of_diffusers() {
    let schedule = Schedule::linear(1e-4..=0.02, 1000);
    for chosen in json::<Vec<Chosen>>("schedules") {
        let Chosen { sampler, spacing, steps, timesteps } = chosen;
        let options = LevelOptions { spacing: Some(spacing), ..LevelOptions::default() };
        let sampler = samplers::named(&sampler).unwrap();
        let levels = samplers::levels(&*sampler, &schedule, steps, options);
        let sampler = sampler.name();
        if !timesteps.is_sorted_by(|a, b| a > b) {
            // Diffusers visits a level twice here, and divides by a distance of 0.
            assert!(levels.is_err(), "{sampler} {spacing:?} {steps}");
            continue;
        }
        let levels = levels.unwrap();
        assert_eq!(levels.steps.len(), timesteps.len(), "{sampler} {spacing:?} {steps}");
        for (step, want) in levels.steps.iter().zip(timesteps) {
            // Fractional timesteps are f32 in diffusers.
            let difference = (step.timestep - want).abs();
            assert!(
                difference < 1e-4,
                "{sampler} {spacing:?} {steps}: {} is not {want}",
                step.timestep
            );
        }
    }
}

/// The timesteps are compared for every number of steps, because ties in rounding reveal different orders
/// of operations.
#[test]
fn chooses_the_timesteps_of_diffusers_for_every_number_of_steps() {
    #[derive(Deserialize)]
    struct Sums {
        sampler: String,
        spacing: Spacing,
        sums: Vec<f64>,
    }
    let schedule = Schedule::linear(1e-4..=0.02, 1000);
    let mut refused = 0;
    for Sums { sampler, spacing, sums } in json::<Vec<Sums>>("timesteps") {
        let options = LevelOptions { spacing: Some(spacing), ..LevelOptions::default() };
        let sampler = samplers::named(&sampler).unwrap();
        for (steps, want) in (1..).zip(sums) {
            // If diffusers visits a level twice, there is nothing to compare.
            let Ok(levels) = samplers::levels(&*sampler, &schedule, steps, options) else {
                refused += 1;
                continue;
            };
            let found: f64 =
                (1..).zip(&levels.steps).map(|(i, step)| f64::from(i) * step.timestep).sum();
            assert_eq!(found, want, "{} {spacing:?} {steps}", sampler.name());
        }
    }
    assert!(refused < 3, "{refused}");
}

#[test]
fn refuses_samplers_and_levels_that_are_undefined_for_a_flow() {
    let flow = Schedule::Flow { shift: 1.0 };
    let plain = LevelOptions::default();
    for (name, eta, options) in [
        ("ddpm", 0.0, plain),
        ("euler_ancestral", 0.0, plain),
        ("ddim", 0.5, plain),
        ("euler", 0.0, LevelOptions { karras: true, ..plain }),
    ] {
        let mut sampler = samplers::named(name).unwrap();
        samplers::set_eta(&mut *sampler, eta).unwrap();
        let message = samplers::levels(&*sampler, &flow, 10, options).unwrap_err().to_string();
        assert!(message.contains("rectified flow") && message.ends_with('.'), "{message}");
    }
    assert!(samplers::named("eulr").unwrap_err().to_string().contains("choose one of euler"));
    for steps in [0, 1001] {
        assert!(
            samplers::levels(&*samplers::named("euler").unwrap(), &flow, steps, plain).is_err()
        );
    }
    for name in ["euler", "heun"] {
        assert!(samplers::set_eta(&mut *samplers::named(name).unwrap(), 0.5).is_err());
    }
}
