//! An upscaler learns from a few pictures, and a run that was stopped and resumed equals an uninterrupted
//! one.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;
use std::sync::OnceLock;

use burn::tensor::Device;
use patchwork::dataset::gather::{LargePictures, quartered};
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
use patchwork::train::upscaler::pairs::Drawn;
use patchwork::train::upscaler::{Contest, UpscalerSettings, UpscalerTask};
use patchwork::weights::keys;
use patchwork::weights::save::{Precision, parameters, to_bytes};

/// Returns pictures of a disc with a sharp edge, 256 pixels per side, which is the size of a crop.
fn large() -> LargePictures {
    let disc = || {
        let pixel = |at: usize| {
            let far = ((at % 256) as f32 - 127.5).hypot((at / 256) as f32 - 127.5);
            if far < 80.0 { [200, 0, 40, 255] } else { [0; 4] }
        };
        Image { width: 256, height: 256, pixels: (0..256 * 256).flat_map(pixel).collect() }
    };
    let entry = || Entry { label: "disc".into(), split: Split::Train, ..Entry::default() };
    LargePictures { side: 256, entries: vec![entry()], pngs: vec![disc().to_png(None).unwrap()] }
}

/// Returns the same new networks for all runs, because all threads share one stream of Burn's random
/// numbers.
fn contest() -> Contest {
    static CONTEST: OnceLock<Contest> = OnceLock::new();
    let device = Device::flex();
    let new = || {
        device.seed(1);
        Contest { upscaler: Upscaler::init(&device), judges: Judges::init(&device) }
    };
    numbered(CONTEST.get_or_init(new).clone())
}

fn settings() -> UpscalerSettings {
    UpscalerSettings {
        origin: String::new(),
        seed: 3,
        batch_size: 2,
        learning_rate: LearningRate { peak: 5e-4, warmup_steps: 4, decay_steps: None },
        ema: 0.9,
        max_grad_norm: 20.0,
        adversarial: 0.03,
        heard: [12, 2],
        learns_alone: true,
    }
}

/// Trains in `folder` to step `steps`.
fn train(folder: &Path, steps: usize, settings: &UpscalerSettings) -> Contest {
    let device = Device::flex();
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
    // The picture is blurred and mottled, as drawings are.
    let small = quartered(&large.picture(0).unwrap());
    let mut image = resized(&resized(&small, 25, 25).unwrap(), 64, 64).unwrap();
    for (at, value) in image.pixels.iter_mut().enumerate() {
        *value = value.saturating_add((at * 7919 % 31) as u8);
    }
    let task = UpscalerTask {
        large: &large,
        pairs: vec![(0, Drawn { image, level: 0.0 })],
        perception: None,
        settings,
        workers: Workers::of(2),
        micro_batch: 1,
        device,
    };
    let optimiser = UpscalerSettings::optimiser;
    run(&task, &plan, settings, contest(), optimiser, &Unwatched).unwrap().module
}

/// Trains in `folder` to step `steps`, and returns the losses.
fn losses(folder: &Path, steps: usize) -> Vec<f64> {
    train(folder, steps, &settings());
    let text = std::fs::read_to_string(folder.join(METRICS)).unwrap();
    let loss = |line: &str| serde_json::from_str::<MetricsLine>(line).unwrap().loss;
    text.lines().map(loss).collect()
}

#[test]
fn learns_and_resumes() {
    let [whole, cut] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let all = losses(whole.path(), 14);
    assert_eq!(losses(cut.path(), 5)[..], all[..5]);
    assert_eq!(losses(cut.path(), 14), all);
    assert!(all.iter().all(|loss| loss.is_finite()));
    // The adversarial loss is used only after this step.
    assert!(all[11] < 0.8 * all[0], "{all:?}");
}

/// New discriminators are untrained, so a pretrained upscaler does not learn until their loss is used.
#[test]
fn a_pretrained_upscaler_waits_for_the_discriminators() {
    let settings = UpscalerSettings { heard: [2, 1], learns_alone: false, ..settings() };
    let values = |Contest { upscaler, judges }: Contest| {
        let upscaler = parameters(&upscaler, &keys::UPSCALER, Precision::Full);
        let judges = parameters(&judges, &keys::CONTEST, Precision::Full);
        (to_bytes(&upscaler, None), to_bytes(&judges, None))
    };
    let (upscaler, judges) = values(contest());
    let after = |steps: usize| {
        let folder = tempfile::tempdir().unwrap();
        values(train(folder.path(), steps, &settings))
    };
    let waited = after(2);
    assert!(waited.0 == upscaler && waited.1 != judges);
    assert!(after(3).0 != upscaler);
}
