//! An upscaler learns from a handful of pictures, and a run that was stopped goes on as if it had not been.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;
use std::sync::OnceLock;

use burn::tensor::Device;
use patchwork::dataset::large::LargePictures;
use patchwork::dataset::{Entry, Split};
use patchwork::image::Image;
use patchwork::image::resize::resized;
use patchwork::model::Upscaler;
use patchwork::pipeline::pixels::to_tensor;
use patchwork::tools::parallel::Workers;
use patchwork::tools::progress::Unwatched;
use patchwork::train::optimiser::LearningRate;
use patchwork::train::params::numbered;
use patchwork::train::report::{METRICS, MetricsLine};
use patchwork::train::run::{Plan, run};
use patchwork::train::upscaler::judges::Judges;
use patchwork::train::upscaler::pairs::{Drawn, small};
use patchwork::train::upscaler::{Contest, Pair, UpscalerSettings, UpscalerTask};

/// Discs of several colours with sharp edges, 512 pixels a side.
fn large() -> LargePictures {
    let disc = |i: usize| {
        let radius = 110.0 + 30.0 * i as f32;
        let pixel = |at: usize| {
            let far = ((at % 512) as f32 - 255.5).hypot((at / 512) as f32 - 255.5);
            if far < radius { [200, 60 * i as u8, 40, 255] } else { [0; 4] }
        };
        Image { width: 512, height: 512, pixels: (0..512 * 512).flat_map(pixel).collect() }
    };
    let entry = || Entry { label: "disc".into(), split: Split::Train, ..Entry::default() };
    LargePictures {
        side: 512,
        entries: (0..4).map(|_| entry()).collect(),
        pngs: (0..4).map(|i| disc(i).to_png(None).unwrap()).collect(),
    }
}

/// The same new network for all runs: Burn's random numbers are one stream for all threads.
fn contest() -> Contest {
    static CONTEST: OnceLock<Contest> = OnceLock::new();
    let device = Device::flex();
    let new = || Contest { upscaler: Upscaler::init(&device), judges: Judges::init(&device) };
    numbered(CONTEST.get_or_init(new).clone())
}

/// Returns the mean difference of whole pictures, upscaled, from the true ones.
fn error(upscaler: &Upscaler, pairs: &[Pair]) -> f32 {
    let (large, device) = (large(), Device::flex());
    let of = |(i, drawn): &Pair| {
        let made = upscaler.forward(to_tensor(&[&drawn.image], &device));
        let truth = to_tensor(&[&large.picture(*i).unwrap()], &device);
        (made - truth).abs().mean().into_scalar::<f32>()
    };
    pairs.iter().map(of).sum::<f32>() / pairs.len() as f32
}

/// Trains in `folder` to step `steps`, and returns the losses, and errors before and after.
fn train(folder: &Path, steps: usize) -> (Vec<f64>, [f32; 2]) {
    let device = Device::flex();
    let settings = UpscalerSettings {
        origin: String::new(),
        seed: 3,
        batch_size: 2,
        learning_rate: LearningRate { peak: 3e-4, warmup_steps: 0, decay_steps: None },
        ema: 0.9,
        max_grad_norm: 20.0,
        adversarial: 0.03,
        heard: [6, 2],
    };
    let plan = Plan {
        folder: folder.to_owned(),
        from: None,
        steps,
        learning_rate: settings.learning_rate,
        batch_size: settings.batch_size,
        ema: settings.ema,
        samples: 0,
        errors: 0,
        most: None,
    };
    let large = large();
    // Blurred, as drawings are.
    let drawn = |i: usize| {
        let small = small(&large.picture(i).unwrap());
        let image = resized(&resized(&small, 50, 50).unwrap(), 128, 128).unwrap();
        (i, Drawn { image, level: 0.1 * i as f64 })
    };
    let pairs: Vec<Pair> = (0..4).map(drawn).collect();
    let before = error(&contest().upscaler, &pairs);
    let task = UpscalerTask {
        large: &large,
        pairs: pairs.clone(),
        perception: None,
        settings: &settings,
        workers: Workers::of(2),
        micro_batch: 1,
        device,
    };
    let optimiser = UpscalerSettings::optimiser;
    let state = run(&task, &plan, &settings, contest(), optimiser, &Unwatched).unwrap();
    let after = error(&state.ema.upscaler, &pairs);
    let text = std::fs::read_to_string(folder.join(METRICS)).unwrap();
    let loss = |line: &str| serde_json::from_str::<MetricsLine>(line).unwrap().loss;
    (text.lines().map(loss).collect(), [before, after])
}

#[test]
fn it_learns_and_goes_on_after_a_stop() {
    let [whole, cut] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (all, [before, after]) = train(whole.path(), 8);
    assert_eq!(train(cut.path(), 4).0[..], all[..4]);
    assert_eq!(train(cut.path(), 8).0, all);
    assert!(all.iter().all(|loss| loss.is_finite()));
    assert!(after < 0.98 * before, "{before} {after}");
}
