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
use patchwork::tools::parallel::Workers;
use patchwork::tools::progress::Unwatched;
use patchwork::train::optimiser::LearningRate;
use patchwork::train::params::numbered;
use patchwork::train::report::{METRICS, MetricsLine};
use patchwork::train::run::{Plan, run};
use patchwork::train::upscaler::judges::Judges;
use patchwork::train::upscaler::pairs::{Drawn, small};
use patchwork::train::upscaler::{Contest, Pair, UpscalerSettings, UpscalerTask};

/// A disc with a sharp edge, 256 pixels a side: a crop is all of it.
fn large() -> LargePictures {
    let disc = |i: usize| {
        let radius = 80.0 + 10.0 * i as f32;
        let pixel = |at: usize| {
            let far = ((at % 256) as f32 - 127.5).hypot((at / 256) as f32 - 127.5);
            if far < radius { [200, 60 * i as u8, 40, 255] } else { [0; 4] }
        };
        Image { width: 256, height: 256, pixels: (0..256 * 256).flat_map(pixel).collect() }
    };
    let entry = || Entry { label: "disc".into(), split: Split::Train, ..Entry::default() };
    LargePictures {
        side: 256,
        entries: (0..1).map(|_| entry()).collect(),
        pngs: (0..1).map(|i| disc(i).to_png(None).unwrap()).collect(),
    }
}

/// The same new network for all runs: Burn's random numbers are one stream for all threads.
fn contest() -> Contest {
    static CONTEST: OnceLock<Contest> = OnceLock::new();
    let device = Device::flex();
    let new = || Contest { upscaler: Upscaler::init(&device), judges: Judges::init(&device) };
    numbered(CONTEST.get_or_init(new).clone())
}

/// Trains in `folder` to step `steps`, and returns the losses.
fn losses(folder: &Path, steps: usize) -> Vec<f64> {
    let device = Device::flex();
    let settings = UpscalerSettings {
        origin: String::new(),
        seed: 3,
        batch_size: 2,
        learning_rate: LearningRate { peak: 5e-4, warmup_steps: 4, decay_steps: None },
        ema: 0.9,
        max_grad_norm: 20.0,
        adversarial: 0.03,
        heard: [12, 2],
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
        let image = resized(&resized(&small, 25, 25).unwrap(), 64, 64).unwrap();
        (i, Drawn { image, level: 0.1 * i as f64 })
    };
    let pairs: Vec<Pair> = (0..1).map(drawn).collect();
    let task = UpscalerTask {
        large: &large,
        pairs,
        perception: None,
        settings: &settings,
        workers: Workers::of(2),
        micro_batch: 1,
        device,
    };
    let optimiser = UpscalerSettings::optimiser;
    run(&task, &plan, &settings, contest(), optimiser, &Unwatched).unwrap();
    let text = std::fs::read_to_string(folder.join(METRICS)).unwrap();
    let loss = |line: &str| serde_json::from_str::<MetricsLine>(line).unwrap().loss;
    text.lines().map(loss).collect()
}

#[test]
fn it_learns_and_goes_on_after_a_stop() {
    let [whole, cut] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let all = losses(whole.path(), 14);
    assert_eq!(losses(cut.path(), 5)[..], all[..5]);
    assert_eq!(losses(cut.path(), 14), all);
    assert!(all.iter().all(|loss| loss.is_finite()));
    // It begins as a good bilinear enlarging, and leaves that by its first steps, which are all of one
    // length. From there on it learns; the judges are heard only after that.
    let mean = |steps: std::ops::Range<usize>| all[steps].iter().sum::<f64>() / 3.0;
    assert!(mean(9..12) < 0.95 * mean(2..5), "{all:?}");
}
