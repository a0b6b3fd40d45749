//! A tiny network learns a handful of pictures; a run that is killed and goes on is the same run.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use burn::tensor::{Device, Tensor};
use patchwork::diffusion::Generator;
use patchwork::evaluate::Asked;
use patchwork::evaluate::flow::flow_error;
use patchwork::image::Image;
use patchwork::model::{Dit, DitConfig, TextConfig};
use patchwork::pipeline::{Folder, Pipeline};
use patchwork::train::dit::{DitTask, Settings};
use patchwork::train::examples::{normalised_latents, to_tensor};
use patchwork::train::optimiser::Rate;
use patchwork::train::parallel::Workers;
use patchwork::train::params::numbered;
use patchwork::train::prepared::{Builder, Example, Prepared};
use patchwork::train::report::{Line, METRICS, rewind};
use patchwork::train::run::{Plan, run};

const LATENT: [usize; 3] = [2, 8, 8];
const TEXT: [usize; 2] = [4, 12];

/// Four pictures with a caption each, of two styles.
fn data() -> Prepared {
    let states = |i: u64, tokens: usize| Generator::new(100 + i).randn(tokens * TEXT[1]);
    let mut builder = Builder::new(LATENT, TEXT, vec!["a".into(), "b".into()], &states(0, 2));
    let examples = (0..4u64)
        .map(|i| {
            // A wave of its own direction and length.
            let wave = |j: usize| {
                let (row, column) = (j / 8 % 8, j % 8);
                let angle = (i + 1) as f32 * row as f32 + (4 - i) as f32 * column as f32;
                1.5 * (angle * 0.4 + (j / 64) as f32).sin()
            };
            let latent = builder.latent(&(0..128).map(wave).collect::<Vec<f32>>());
            let text = builder.text(&format!("{i}"), &states(i + 1, 3));
            Example { latent, texts: vec![text], style: Some(i as usize % 2) }
        })
        .collect();
    builder.kind(1.0, examples);
    builder.finish()
}

/// The same new network for all tests: Burn's random numbers are one stream for all threads.
fn network() -> Dit {
    static NETWORK: OnceLock<Dit> = OnceLock::new();
    let new = || {
        let config = DitConfig::new([8, 8], 2, 2, 32, 6, 2, 2)
            .with_learn_sigma(false)
            .with_text(Some(TextConfig::new(TEXT[1], TEXT[0])));
        numbered(config.init(&Device::flex()))
    };
    NETWORK.get_or_init(new).clone()
}

fn settings() -> Settings {
    Settings {
        origin: String::new(),
        seed: 5,
        batch: 8,
        weight_decay: 0.01,
        longest: 1.0,
        skipping: 0.5,
        drop_all: 0.1,
        drop_style: 0.1,
        from_scratch: false,
    }
}

fn train(folder: &Path, steps: usize, most: Option<Duration>) -> Dit {
    let (data, settings) = (data(), settings());
    let task = DitTask {
        model: None,
        data: &data,
        settings: &settings,
        workers: Workers::of(2),
        part: 3,
        device: Device::flex(),
    };
    let plan = Plan {
        folder: folder.to_owned(),
        rate: Rate { peak: 3e-3, warm_up: 5, steps, decay: 0.5 },
        batch: settings.batch,
        average: 0.9,
        samples: 1000,
        most,
    };
    run(&task, &plan, &settings, network(), Settings::optimiser).unwrap().average
}

/// How far samples are from the pictures that their captions belong to: the mean squared error of
/// one Euler run each, without guidance.
fn distance(dit: &Dit) -> f64 {
    let (data, device) = (data(), Device::flex());
    let mut sum = 0.0;
    for i in 0..4usize {
        let states: Vec<f32> = data.states(i + 1).iter().map(|value| value.to_f32()).collect();
        let states = Tensor::<1>::from_floats(states.as_slice(), &device).reshape([3, TEXT[1]]);
        let text = dit.embed_text(states).unwrap();
        let labels = Tensor::from_ints([i as i32 % 2], &device);
        let mut z = Generator::new(i as u64).randn_tensor([1, 2, 8, 8], &device);
        let steps = 10;
        for step in 0..steps {
            let time = 1.0 - step as f64 / steps as f64;
            let flow = dit.forward(z.clone(), &[1000.0 * time], &labels, Some(&text));
            z = z - flow / steps as f64;
        }
        let clean: Vec<f32> = data.latent(i).iter().map(|value| value.to_f32()).collect();
        let clean = Tensor::<1>::from_floats(clean.as_slice(), &device).reshape([1, 2, 8, 8]);
        sum += f64::from((z - clean).square().mean().into_scalar::<f32>());
    }
    sum / 4.0
}

fn lines(folder: &Path) -> Vec<Line> {
    rewind(folder, usize::MAX).unwrap()
}

#[test]
fn loss_and_samples_improve() {
    let folder = tempfile::tempdir().unwrap();
    let before = distance(&network());
    let dit = train(folder.path(), 400, None);
    let lines = lines(folder.path());
    let mean = |lines: &[Line]| lines.iter().map(|l| l.loss).sum::<f64>() / lines.len() as f64;
    let (first, last) = (mean(&lines[..10]), mean(&lines[390..]));
    assert!(last < 0.6 * first, "the loss went from {first} to {last}");
    let after = distance(&dit);
    assert!(after < 0.5 * before, "samples were {before} from their pictures, and are {after}");
    assert!(folder.path().join("curve.png").is_file());
}

#[test]
fn a_killed_run_goes_on_as_if_it_had_not_been() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    train(whole.path(), 12, None);
    // Each call does one step, writes a checkpoint and stops.
    for _ in 0..12 {
        train(broken.path(), 12, Some(Duration::from_nanos(1)));
        // As a kill in the middle of the next step would leave it.
        let path = broken.path().join(METRICS);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text + "{\"step\": 99, \"los").unwrap();
        let draft = broken.path().join("checkpoints/00000099.part");
        std::fs::create_dir_all(&draft).unwrap();
    }
    let [whole, broken] = [whole, broken].map(|folder| lines(folder.path()));
    assert_eq!(whole.len(), 12);
    let losses = |lines: &[Line]| lines.iter().map(|line| line.loss).collect::<Vec<_>>();
    assert_eq!(losses(&whole), losses(&broken));
}

#[test]
fn other_settings_do_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), 2, None);
    let (data, old) = (data(), settings());
    let settings = Settings { batch: 4, ..old };
    let task = DitTask {
        model: None,
        data: &data,
        settings: &settings,
        workers: Workers::of(1),
        part: 4,
        device: Device::flex(),
    };
    let plan = Plan {
        folder: folder.path().to_owned(),
        rate: Rate { peak: 1e-3, warm_up: 1, steps: 4, decay: 0.5 },
        batch: 4,
        average: 0.9,
        samples: 1000,
        most: None,
    };
    let error = run(&task, &plan, &settings, network(), Settings::optimiser).unwrap_err();
    assert!(error.to_string().contains("begun with other settings"), "{error}");
}

/// The program's way from a folder of pictures to a picture, as the README has it.
#[test]
fn own_pictures_become_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(path("mine")).unwrap();
    let mut captions = String::new();
    for (name, colour) in [("a", [200, 40, 40, 255]), ("b", [40, 40, 200, 255])] {
        let image = Image { width: 64, height: 64, pixels: colour.repeat(64 * 64) };
        let png = image.to_png(None).unwrap();
        std::fs::write(path(&format!("mine/{name}.png")), png).unwrap();
        captions += &format!("{{\"file_name\": \"{name}.png\", \"text\": \"box {name}\"}}\n");
    }
    std::fs::write(path("mine/metadata.jsonl"), captions).unwrap();
    let run = |arguments: &[&str]| -> (bool, String) {
        let program = env!("CARGO_BIN_EXE_patchwork");
        let output = Command::new(program).args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let works = |arguments: &[&str]| {
        let (success, said) = run(arguments);
        assert!(success, "{arguments:?}: {said}");
        said
    };
    let data = path("mine.safetensors");
    works(&["dataset", "--pictures", &path("mine"), "-o", &data]);
    let short = ["--data", &data, "--batch", "2", "--samples", "0", "--warm-up", "1"];
    let train = |kind: &str, steps: &str, more: &[&str]| {
        let out = path(kind);
        let arguments = ["train", kind, "--run", &out, "--steps", steps];
        run(&[&arguments, &short[..], more].concat())
    };
    let (success, said) = train("vae", "1", &[]);
    assert!(success, "{said}");
    let vae = path("vae/model");
    let (success, said) = train("dit", "1", &["--model", &vae]);
    assert!(success, "{said}");
    // More steps of the same run go on from where it was.
    let (success, said) = train("dit", "2", &["--model", &vae]);
    assert!(success && said.contains("Going on from step 1"), "{said}");
    let (success, said) = train("dit", "3", &["--model", &vae, "--weight-decay", "0.5"]);
    assert!(!success && said.contains("weight_decay was 0.01 and is 0.5"), "{said}");
    // Nor does a run of the other kind, nor with a damaged checkpoint, nor onto its own model.
    let other = ["train", "dit", "--run", &path("vae"), "--steps", "3"];
    let (success, said) = run(&[&other, &short[..]].concat());
    assert!(!success && said.contains("run of another kind"), "{said}");
    assert!(!std::fs::exists(path("vae/prepared.safetensors")).unwrap());
    let (success, said) = train("vae", "2", &["--model", &vae]);
    assert!(!success && said.contains("folder of its own"), "{said}");
    std::fs::write(path("vae/checkpoints/00000001/average.safetensors"), b"no").unwrap();
    let (success, said) = train("vae", "2", &[]);
    assert!(!success && said.contains("average.safetensors is missing or damaged"), "{said}");

    let (model, small) = (path("dit/model"), path("small"));
    works(&["inspect", &model]);
    // What was there before does not vouch for new weights.
    std::fs::create_dir(&small).unwrap();
    std::fs::write(path("small/known_answer.json"), b"{}").unwrap();
    works(&["quantise", "--model", &model, "--data", &data, "-o", &small]);
    assert!(!std::fs::exists(path("small/known_answer.json")).unwrap());
    let size = |folder: &str| -> u64 {
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    assert!(size(&small) < 41_000_000, "{} bytes", size(&small));
    let picture = path("box.png");
    works(&["generate", "--model", &small, "--prompt", "box a", "--steps", "1", "-o", &picture]);
    assert_eq!(Image::from_png(&std::fs::read(picture).unwrap()).unwrap().width, 128);
}

/// A new DiT predicts 0: its error is what noise and latents have in variance.
#[test]
fn a_new_network_has_the_error_of_saying_nothing() {
    let folder = Folder("www/models/stickers".into());
    let mut model = pollster::block_on(Pipeline::load(&folder, &Device::flex())).unwrap();
    model.dit = model.dit.config().init(&Device::flex());
    let image = |colour: [u8; 4]| Image { width: 128, height: 128, pixels: colour.repeat(1 << 14) };
    let images = [image([250, 20, 20, 255]), image([0; 4])];
    let images: Vec<&Image> = images.iter().collect();
    let asked = |prompt: &str| Asked { prompt: prompt.into(), style: "noto".into() };
    let asked = [asked("red box"), asked("nothing")];
    let data = normalised_latents(&model, to_tensor(&images, &Device::flex()));
    let variance = f64::from(data.square().mean().into_scalar::<f32>());
    let error = flow_error(&model, &asked, &images).unwrap();
    assert!((error / (1.0 + variance) - 1.0).abs() < 0.03, "{error} beside {variance}");
}
