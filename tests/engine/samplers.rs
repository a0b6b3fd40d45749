//! Every sampler against diffusers', step by step, on a toy network; and chosen timesteps.

use burn::tensor::{Device, Tensor};
use patchwork::diffusion::denoiser::{Denoised, Denoiser, Level, Network, Pass};
use patchwork::diffusion::sampler::GridOptions;
use patchwork::diffusion::timesteps::Spacing;
use patchwork::diffusion::{
    Generator, Guided, NoiseGrid, Parameterised, Prediction, Process, Sampler, Sampling, Schedule,
};
use patchwork::pipeline::scheduler_config::SchedulerConfig;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{assert_values_close, cases, json, on_each_device, tensor, tensors};

/// Diffusers keeps its levels in f32, and its products of a thousand betas as well: some 1e-5.
const TOLERANCE: f32 = 2e-4;

on_each_device!(step_by_step);

#[derive(Deserialize)]
struct Case {
    name: String,
    sampler: String,
    prediction: Prediction,
    steps: usize,
    eta: f64,
    scheduler: String,
    schedule: String,
    timesteps: Vec<f64>,
    config: Value,
}

/// The fixture's network: `tanh(0.5·x + c·t/1000)`.
struct Toy {
    c: Tensor<4>,
    learns_variance: bool,
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

/// Whole timesteps are the very ones; others are f32 in diffusers, and laid by it where it does so.
fn check_timesteps(case: &Case, grid: &NoiseGrid) {
    let mut wanted = case.timesteps.clone();
    if case.sampler == "heun" {
        // Each but the first stands twice.
        wanted = wanted
            .into_iter()
            .enumerate()
            .filter(|(i, _)| *i == 0 || i % 2 == 1)
            .map(|(_, t)| t)
            .collect();
    }
    assert_eq!(wanted.len(), grid.stretches.len(), "{}", case.name);
    let is_whole = wanted.iter().all(|t| t.fract() == 0.0);
    let tolerance = if is_whole && case.schedule == "scheduler" { 0.0 } else { 1e-2 };
    for (step, want) in grid.stretches.iter().zip(&wanted) {
        let found = step.timestep;
        assert!((found - want).abs() <= tolerance, "{}: {found} is not {want}", case.name);
    }
}

fn step_by_step(device: &Device) {
    let file = tensors("schedulers");
    let cases = cases::<Case>("schedulers");
    assert!(cases.len() > 60);
    for case in cases {
        let sampler = match case.sampler.parse().unwrap() {
            Sampler::Ddim { .. } => Sampler::Ddim { eta: case.eta },
            other => other,
        };
        let config = SchedulerConfig::read(case.config.clone(), Some(&case.scheduler)).unwrap();
        assert_eq!(config.prediction(), case.prediction, "{}", case.name);
        assert_eq!(config.sampler().name(), case.sampler, "{}", case.name);
        let network = Toy {
            c: tensor(&file, "c", device),
            learns_variance: case.config["variance_type"] == "learned_range",
        };
        let denoiser = Guided {
            model: Parameterised { network, prediction: case.prediction },
            scale: 1.0,
            channels: None,
            interval: (0.0, 1.0),
            timesteps: 1000,
        };
        let schedule = config.schedule().unwrap();
        let grid = sampler.grid(&schedule, case.steps, config.grid()).unwrap();
        check_timesteps(&case, &grid);
        let process = grid.process;
        let mut generator = Generator::new(3);
        let noise = generator.randn_tensor([1, 2, 3, 3], device);
        let mut sampling = Sampling::new(sampler, grid, noise);

        let want = file.values(&format!("{}.prev", case.name)).unwrap();
        let rows: Vec<&[f32]> = want.chunks_exact(18).collect();
        while let Some(step) =
            sampling.step(&denoiser, || generator.randn_tensor([1, 2, 3, 3], device))
        {
            // Heun's rows come in twos, of which the second is the step; the last stands alone.
            let row = if sampler == Sampler::Heun { 2 * step.index + 1 } else { step.index };
            let row = row.min(rows.len() - 1);
            // The fixture is on the variance-preserving scale.
            let preserving = match process {
                Process::VarianceExploding => 1.0 / (1.0 + step.sigma * step.sigma).sqrt(),
                Process::Flow => 1.0,
            };
            let got: Vec<f32> = (step.latent * preserving).into_data().try_to_vec().unwrap();
            let what = format!("{}, step {}", case.name, step.index);
            assert_values_close(&what, &got, rows[row], TOLERANCE);
        }
        assert_eq!(sampling.steps(), case.steps);
        let got: Vec<f32> = sampling.into_latent().into_data().try_to_vec().unwrap();
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
fn timesteps_are_chosen_as_diffusers_chooses_them() {
    let schedule = Schedule::linear(1e-4..=0.02, 1000);
    for chosen in json::<Vec<Chosen>>("schedules") {
        let Chosen { sampler, spacing, steps, timesteps } = chosen;
        let options = GridOptions { spacing: Some(spacing), ..GridOptions::default() };
        let sampler: Sampler = sampler.parse().unwrap();
        let grid = sampler.grid(&schedule, steps, options);
        if !timesteps.is_sorted_by(|a, b| a > b) {
            // Diffusers visits a level twice here, and divides by the distance of 0.
            assert!(grid.is_err(), "{sampler} {spacing:?} {steps}");
            continue;
        }
        let grid = grid.unwrap();
        assert_eq!(grid.stretches.len(), timesteps.len(), "{sampler} {spacing:?} {steps}");
        for (step, want) in grid.stretches.iter().zip(timesteps) {
            // Fractional ones are f32 there.
            let difference = (step.timestep - want).abs();
            assert!(
                difference < 1e-4,
                "{sampler} {spacing:?} {steps}: {} is not {want}",
                step.timestep
            );
        }
    }
}

/// Of every number of steps: ties of rounding are where orders of operations differ.
#[test]
fn every_number_of_steps_has_diffusers_timesteps() {
    #[derive(Deserialize)]
    struct Sums {
        sampler: String,
        spacing: Spacing,
        sums: Vec<f64>,
    }
    let schedule = Schedule::linear(1e-4..=0.02, 1000);
    let mut refused = 0;
    for Sums { sampler, spacing, sums } in json::<Vec<Sums>>("timesteps") {
        let options = GridOptions { spacing: Some(spacing), ..GridOptions::default() };
        let sampler: Sampler = sampler.parse().unwrap();
        for (steps, want) in (1..).zip(sums) {
            // Where diffusers visits a level twice there is nothing to compare.
            let Ok(grid) = sampler.grid(&schedule, steps, options) else {
                refused += 1;
                continue;
            };
            let found: f64 =
                (1..).zip(&grid.stretches).map(|(i, step)| f64::from(i) * step.timestep).sum();
            assert_eq!(found, want, "{sampler} {spacing:?} {steps}");
        }
    }
    assert!(refused < 3, "{refused}");
}

/// On `x₀ ~ N(0, s²)` the best denoiser is known in closed form, `x₀ = x·s²/(s² + σ²)`, and so is
/// the flow: `x` at σ goes to `x·√((s² + σ'²)/(s² + σ²))` at σ' (variance exploding).
struct Gaussian;

const VARIANCE: f64 = 0.25;

impl Denoiser for Gaussian {
    fn denoise(&self, x: Tensor<4>, level: Level) -> Denoised {
        let x0 = x * (VARIANCE / (VARIANCE + level.sigma * level.sigma));
        Denoised { x0, variance: None }
    }
}

/// How far a walk from σ = 10 to σ = 0.1, even in λ, ends from where the flow leads.
fn gaussian_error(sampler: Sampler, steps: usize) -> f64 {
    let (from, to) = (10f64, 0.1f64);
    let level = |i: usize| from * (to / from).powf(i as f64 / steps as f64);
    let levels: Vec<f64> = (0..=steps).map(level).collect();
    let process = Process::VarianceExploding;
    let grid = NoiseGrid::through(process, &levels, &vec![0.0; steps], 1.0);
    let noise = Tensor::<4>::full([1, 1, 1, 1], 1.0, &crate::support::cpu());
    let mut sampling = Sampling::new(sampler, grid, noise);
    while sampling.step(&Gaussian, || panic!("these samplers draw no noise")).is_some() {}
    let got: Vec<f32> = sampling.into_latent().into_data().try_to_vec().unwrap();
    // A run that ends above 0 hands its latent over on the variance-preserving scale.
    let want = ((VARIANCE + to * to) / (VARIANCE + from * from) / (1.0 + to * to)).sqrt();
    (f64::from(got[0]) / want - 1.0).abs()
}

#[test]
fn samplers_converge_to_the_closed_form_at_their_order() {
    for (sampler, order) in [
        (Sampler::Euler, 1),
        (Sampler::Ddim { eta: 0.0 }, 1),
        (Sampler::Heun, 2),
        (Sampler::Dpmpp2m, 2),
        (Sampler::Unipc, 2),
    ] {
        let (coarse, fine) = (gaussian_error(sampler, 40), gaussian_error(sampler, 80));
        // Twice the steps divide the error by 2^order; three quarters of that are asked.
        let gain = coarse / fine;
        assert!(fine < 0.05 && gain > f64::from(1 << order) * 0.75, "{sampler}: {fine}, {gain}");
    }
}

#[test]
fn what_the_literature_does_not_define_is_refused_with_a_sentence() {
    let flow = Schedule::Flow { shift: 1.0 };
    let plain = GridOptions::default();
    for (sampler, options) in [
        (Sampler::Ddpm, plain),
        (Sampler::EulerAncestral, plain),
        (Sampler::Ddim { eta: 0.5 }, plain),
        (Sampler::Euler, GridOptions { karras: true, ..plain }),
    ] {
        let message = sampler.grid(&flow, 10, options).unwrap_err().to_string();
        assert!(message.contains("rectified flow") && message.ends_with('.'), "{message}");
    }
    assert!("eulr".parse::<Sampler>().unwrap_err().to_string().contains("choose one of euler"));
    assert!(Sampler::Euler.grid(&flow, 0, plain).is_err());
    assert!(Sampler::Euler.grid(&flow, 1001, plain).is_err());
}
