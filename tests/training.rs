//! A tiny network learns a few pictures, and a run that is killed and resumed equals an uninterrupted one.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use burn::tensor::{Device, Tensor};
use patchwork::dataset::teach::CaptionKind;
use patchwork::diffusion::Generator;
use patchwork::evaluate::Asked;
use patchwork::evaluate::flow::flow_error;
use patchwork::image::Image;
use patchwork::model::{Dit, DitConfig, TextConfig};
use patchwork::pipeline::pixels::to_tensor;
use patchwork::pipeline::{Folder, Pipeline};
use patchwork::tools::hash::FileFacts;
use patchwork::tools::parallel::Workers;
use patchwork::tools::progress::Unwatched;
use patchwork::train::builder::Builder;
use patchwork::train::dit::{DitSettings, DitTask};
use patchwork::train::optimiser::LearningRate;
use patchwork::train::params::numbered;
use patchwork::train::prepared::{Example, Prepared};
use patchwork::train::report::{METRICS, MetricsLine, rewind};
use patchwork::train::run::{Plan, run};
use patchwork::train::times::Times;
use patchwork::weights::keys;
use patchwork::weights::save::{Precision, parameters, to_bytes};
use safetensors::SafeTensors;

const LATENT: [usize; 3] = [2, 8, 8];
const TEXT: [usize; 2] = [4, 12];

/// Returns four pictures with a caption each, in two styles.
fn data() -> Prepared {
    let states = |i: u64, tokens: usize| Generator::new(100 + i).randn(tokens * TEXT[1]);
    let mut builder = Builder::new(LATENT, TEXT, vec!["a".into(), "b".into()], &states(0, 2));
    for i in 0..4u64 {
        // Each picture is a wave with its own direction and length.
        let wave = |j: usize| {
            let (row, column) = (j / 8 % 8, j % 8);
            let angle = (i + 1) as f32 * row as f32 + (4 - i) as f32 * column as f32;
            1.5 * (angle * 0.4 + (j / 64) as f32).sin()
        };
        let latent = builder.latent(&(0..128).map(wave).collect::<Vec<f32>>());
        let caption = builder.text(&format!("{i}"), &states(i + 1, 3));
        let (style, kind) = (Some(i as usize % 2), CaptionKind::Name);
        builder.example(Example { latent, caption, style, kind, weight: 1.0 });
    }
    builder.finish()
}

/// Returns the same new network for all tests, because all threads share one stream of Burn's random
/// numbers.
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

fn settings() -> DitSettings {
    DitSettings {
        origin: String::new(),
        data: String::new(),
        seen: 0,
        seed: 5,
        batch_size: 8,
        learning_rate: LearningRate { peak: 3e-3, warmup_steps: 5, decay_steps: None },
        ema: 0.9,
        weight_decay: 0.01,
        max_grad_norm: 1.0,
        times: Times::default(),
        detail: 0.25,
        skipping: 0.5,
        max_tokens: 3,
        drop_all: 0.1,
        drop_style: 0.1,
        from_scratch: false,
    }
}

fn train(folder: &Path, steps: usize, most: Option<Duration>) -> Dit {
    let plan = Plan { most, ..plan(folder, steps, &settings()) };
    train_with(&settings(), &plan).unwrap()
}

fn plan(folder: &Path, steps: usize, settings: &DitSettings) -> Plan {
    Plan {
        folder: folder.to_owned(),
        from: None,
        steps,
        learning_rate: settings.learning_rate,
        batch_size: settings.batch_size,
        ema: settings.ema,
        samples: 1000,
        errors: 5,
        most: None,
    }
}

fn train_with(settings: &DitSettings, plan: &Plan) -> patchwork::Result<Dit> {
    let data = data();
    let task = DitTask {
        model: None,
        data: &data,
        is_detail: vec![false, true],
        settings,
        workers: Workers::of(2),
        micro_batch: 3,
        device: Device::flex(),
    };
    Ok(run(&task, plan, settings, network(), DitSettings::optimiser, &Unwatched)?.ema)
}

/// Trains the cooldown of a run in a folder of its own, from the last snapshot of the run in `from`.
fn fall(
    from: &Path,
    folder: &Path,
    steps: usize,
    most: Option<Duration>,
) -> patchwork::Result<Dit> {
    let old = settings();
    let learning_rate =
        LearningRate { warmup_steps: 0, decay_steps: Some(steps), ..old.learning_rate };
    let settings =
        DitSettings { learning_rate, skipping: 0.0, max_tokens: 4, times: Times::falling(), ..old };
    let plan = Plan { from: Some(from.to_owned()), most, ..plan(folder, steps, &settings) };
    train_with(&settings, &plan)
}

/// Returns how far samples are from the pictures of their captions: the mean squared error of one Euler run
/// each, without guidance.
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

fn lines(folder: &Path) -> Vec<MetricsLine> {
    rewind(folder, usize::MAX).unwrap()
}

#[test]
fn training_lowers_the_loss_and_improves_samples() {
    let (folder, settled) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = distance(&network());
    train(folder.path(), 300, None);
    let dit = fall(folder.path(), settled.path(), 100, None).unwrap();
    let lines = lines(folder.path());
    let mean =
        |lines: &[MetricsLine]| lines.iter().map(|l| l.loss).sum::<f64>() / lines.len() as f64;
    let (first, last) = (mean(&lines[..10]), mean(&lines[290..]));
    assert!(last < 0.6 * first, "the loss went from {first} to {last}");
    let after = distance(&dit);
    assert!(after < 0.5 * before, "samples were {before} from their pictures, and are {after}");
    assert!(folder.path().join("curve.png").is_file());
    // At high noise the right prompt lowers the error, and by more than at first.
    let help = |line: &MetricsLine| {
        let errors = line.errors.expect("every fifth step looks");
        errors.wrong[0] - errors.right[0]
    };
    assert!(help(&lines[299]) > 0.1 && help(&lines[299]) > 2.0 * help(&lines[4]));
    assert!(lines[0].errors.is_none());
}

#[test]
fn a_killed_run_resumes_with_the_same_weights() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let unbroken = train(whole.path(), 12, None);
    let mut resumed = None;
    // Each call does one step, writes a snapshot and stops.
    for _ in 0..12 {
        resumed = Some(train(broken.path(), 12, Some(Duration::from_nanos(1))));
        // This is the state that a kill in the middle of the next step leaves.
        let path = broken.path().join(METRICS);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text + "{\"step\": 99, \"los").unwrap();
        let draft = broken.path().join("checkpoints/00000099.part");
        std::fs::create_dir_all(&draft).unwrap();
    }
    // The exported moving average (EMA) is the same to the last bit.
    let weights = |dit: &Dit| to_bytes(&parameters(dit, &keys::DIT, Precision::Full), None);
    assert!(weights(&unbroken) == weights(&resumed.unwrap()));
    let [whole, broken] = [whole, broken].map(|folder| lines(folder.path()));
    assert_eq!(whole.len(), 12);
    let losses = |lines: &[MetricsLine]| lines.iter().map(|line| line.loss).collect::<Vec<_>>();
    assert_eq!(losses(&whole), losses(&broken));
}

#[test]
fn refuses_to_resume_with_other_settings() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), 2, None);
    let settings = DitSettings { batch_size: 4, ..settings() };
    let error = train_with(&settings, &plan(folder.path(), 4, &settings)).unwrap_err();
    assert!(error.to_string().contains("begun with other settings"), "{error}");
}

/// Older versions had other names for settings and metrics.
#[test]
fn resumes_a_run_of_an_older_version() {
    let [old, whole] = [0; 2].map(|_| tempfile::tempdir().unwrap());
    train(old.path(), 4, None);
    for path in ["checkpoints/00000004/run.json", METRICS] {
        let path = old.path().join(path);
        let mut text = std::fs::read_to_string(&path).unwrap();
        for (new, old) in [
            ("batch_size", "batch"),
            ("learning_rate", "rate"),
            ("warmup_steps", "warm_up"),
            ("decay_steps", "fall"),
            ("max_grad_norm", "longest"),
            ("max_tokens", "places"),
            ("ema", "average"),
            ("grad_norm", "gradient"),
        ] {
            text = text.replace(&format!("\"{new}\""), &format!("\"{old}\""));
        }
        std::fs::write(&path, text).unwrap();
    }
    train(old.path(), 6, None);
    train(whole.path(), 6, None);
    let losses = |folder: &Path| lines(folder).iter().map(|l| l.loss).collect::<Vec<_>>();
    assert_eq!(losses(old.path()), losses(whole.path()));
    assert_eq!(losses(old.path()).len(), 6);
}

#[test]
fn a_cooldown_is_a_run_of_its_own() {
    let [steady, whole, broken] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    train(steady.path(), 4, None);
    fall(steady.path(), whole.path(), 6, None).unwrap();
    let rates: Vec<f64> = lines(whole.path()).iter().map(|line| line.learning_rate).collect();
    assert!(rates[0] == 3e-3 && rates.is_sorted_by(|a, b| a > b), "{rates:?}");
    // A cooldown that is killed at every step is the same run, although the other run has gone on
    // meanwhile.
    for _ in 0..6 {
        fall(steady.path(), broken.path(), 6, Some(Duration::from_nanos(1))).unwrap();
    }
    train(steady.path(), 8, None);
    let losses = |folder: &Path| lines(folder).iter().map(|l| l.loss).collect::<Vec<_>>();
    assert_eq!(losses(whole.path()), losses(broken.path()));
    // The run at a constant rate is unaffected, and a cooldown keeps its length.
    let unbroken = tempfile::tempdir().unwrap();
    train(unbroken.path(), 8, None);
    assert_eq!(losses(steady.path()), losses(unbroken.path()));
    let error = fall(steady.path(), whole.path(), 7, None).unwrap_err().to_string();
    assert!(
        error.contains("begun with other settings")
            && error.contains("a cooldown keeps its length"),
        "{error}"
    );
    let nothing = tempfile::tempdir().unwrap();
    let error = fall(nothing.path(), &nothing.path().join("new"), 6, None).unwrap_err();
    assert!(error.to_string().contains("no snapshot of a run"), "{error}");
}

/// The program turns a folder of pictures into a model that draws, as the README describes.
#[test]
fn trains_a_model_on_own_pictures() {
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
    // More steps of the same run resume from where it stopped.
    let (success, said) = train("dit", "2", &["--model", &vae]);
    assert!(success && said.contains("Going on from step 1"), "{said}");
    let (success, said) = train("dit", "3", &["--model", &vae, "--weight-decay", "0.5"]);
    assert!(!success && said.contains("--weight-decay was 0.02 and is 0.5"), "{said}");
    // A cooldown begins from it, in a folder of its own.
    let from = path("dit");
    let falling = ["train", "dit", "--run", &path("fall"), "--steps", "1", "--from", &from];
    let (success, said) = run(&[&falling, &short[..], &["--model", &vae, "--fall"]].concat());
    assert!(success, "{said}");
    let itself = ["train", "dit", "--run", &from, "--steps", "4", "--from", &from];
    let (success, said) = run(&[&itself, &short[..], &["--model", &vae]].concat());
    assert!(!success && said.contains("cannot begin from itself"), "{said}");
    // A packed file for another machine can be trained on.
    let packed = path("packed.safetensors");
    works(&["pack", "--data", &data, "--every", "1", "-o", &packed]);
    let elsewhere = ["train", "dit", "--data", &packed, "--run", &path("there"), "--steps", "1"];
    works(&[&elsewhere, &short[2..]].concat());
    // A DiT does not continue with another autoencoder's latents, nor an autoencoder from a DiT.
    let foreign = ["train", "dit", "--run", &path("foreign"), "--steps", "1", "--from", &from];
    let (success, said) = run(&[&foreign, &short[..], &["--fall"]].concat());
    assert!(success, "the decoder alone was trained: {said}");
    let other = ["train", "vae", "--run", &path("other"), "--steps", "1", "--from", &from];
    let (success, said) = run(&[&other, &short[..]].concat());
    assert!(!success && said.contains("of another network"), "{said}");
    // A run of another kind, a damaged snapshot and a run onto its own model are refused too.
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
    let said = works(&["inspect", &model]);
    assert!(said.contains("Model dit ("), "it is called as its run's folder is: {said}");
    let named = ["train", "dit", "--run", &path("named"), "--steps", "1", "--name", "boxes"];
    let (success, said) = run(&[&named, &short[..]].concat());
    assert!(success && said.contains("training pictures in"), "{said}");
    assert!(works(&["inspect", &path("named/model")]).contains("Model boxes ("));

    // The model is measured on its training pictures, because nothing was held out.
    let (scores, beside) = (path("scores.json"), path("beside.png"));
    let own = [
        "evaluate", "--data", &data, "--steps", "1", "--model", &model, "-o", &scores, "--beside",
        &beside,
    ];
    let said = works(&own);
    assert!(said.contains("2 learnt") && said.contains("No picture was held out"), "{said}");
    assert!(
        said.contains("noise 0.98") && said.contains("most similar to a training picture"),
        "{said}"
    );
    let scores: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&scores).unwrap()).unwrap();
    assert_eq!((&scores[0]["held_out"], &scores[0]["pictures"]), (&false.into(), &2.into()));
    let sheet = Image::from_png(&std::fs::read(&beside).unwrap()).unwrap();
    assert_eq!((sheet.width, sheet.height), (8 * 128, 128));
    let (success, said) = run(&[&own[..], &["--flaws", &path("f.png")]].concat());
    assert!(!success && said.contains("--flaws needs the open picture sets"), "{said}");
    let held = path("held.safetensors");
    let (success, said) =
        run(&["dataset", "--pictures", &path("mine"), "-o", &held, "--held-out", "0.5"]);
    assert!(!success && said.contains("leave none to train on"), "{said}");
    // An old known answer does not apply to new weights.
    std::fs::create_dir(&small).unwrap();
    std::fs::write(path("small/known_answer.json"), b"{}").unwrap();
    // Two steps change a DiT by less than the resolution of 8 bits, so the model with the trained
    // autoencoder is quantised.
    works(&["quantise", "--model", &path("vae/model"), "--data", &data, "-o", &small]);
    assert!(!std::fs::exists(path("small/known_answer.json")).unwrap());
    let size = |folder: &str| -> u64 {
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    assert!(size(&small) < 41_000_000, "{} bytes", size(&small));
    let picture = path("box.png");
    works(&["generate", "--model", &small, "--prompt", "box a", "--steps", "1", "-o", &picture]);
    // The upscaler was copied along.
    assert_eq!(Image::from_png(&std::fs::read(picture).unwrap()).unwrap().width, 512);
}

/// Ctrl-C keeps the progress, and the same command resumes. A second Ctrl-C stops at once.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_saves_a_snapshot() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(path("mine")).unwrap();
    let mut captions = String::new();
    for i in 0..40u8 {
        let image = Image {
            width: 16,
            height: 16,
            pixels: [i.wrapping_mul(37), i.wrapping_mul(101), 90, 255].repeat(256),
        };
        std::fs::write(path(&format!("mine/{i}.png")), image.to_png(None).unwrap()).unwrap();
        captions += &format!("{{\"file_name\": \"{i}.png\", \"text\": \"box {i}\"}}\n");
    }
    std::fs::write(path("mine/metadata.jsonl"), captions).unwrap();
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchwork"));
        command.args(arguments);
        command
    };
    let (data, run) = (path("mine.safetensors"), path("run"));
    let packed = program(&["dataset", "--pictures", &path("mine"), "-o", &data]).output().unwrap();
    let said = [packed.stdout, packed.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("4 of 40 pictures are held out"), "{said}");
    assert!(said.contains("36 training pictures, 4 held out"), "{said}");
    let train = [
        "train",
        "dit",
        "--data",
        &data,
        "--run",
        &run,
        "--batch",
        "2",
        "--samples",
        "0",
        "--errors",
        "0",
        "--steps",
    ];
    let press = |times: usize| {
        // The child receives SIGINT as from a terminal, even if the tests themselves ignore it.
        let mut child = Command::new("env")
            .args(["--default-signal=INT", env!("CARGO_BIN_EXE_patchwork")])
            .args([&train[..], &["100000"]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let begun = |line: &String| line.starts_with("Beginning") || line.starts_with("Going on");
        assert!(lines.any(|line| begun(&line)));
        // This waits for some steps.
        while !std::fs::read_to_string(path("run/metrics.jsonl"))
            .is_ok_and(|text| text.lines().count() > 1)
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        let signal = || drop(Command::new("kill").args(["-INT", &child.id().to_string()]).status());
        signal();
        let told = lines.find(|line| line.contains("Ctrl-C again"));
        (1..times).for_each(|_| signal());
        let rest: Vec<String> = told.into_iter().chain(lines).collect();
        (child.wait_with_output().unwrap(), rest.join("\n"))
    };
    let (output, said) = press(1);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.starts_with("Stopping after this step, with a snapshot"), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("run the same command again to go on"), "{printed}");
    let steps = lines(Path::new(&run)).len();
    let more = (steps + 1).to_string();
    let gone_on = program(&[&train[..], &[&more]].concat()).output().unwrap();
    let said = String::from_utf8(gone_on.stderr).unwrap();
    assert!(
        gone_on.status.success() && said.contains(&format!("Going on from step {steps}")),
        "{said}"
    );
    // The program stops at once, whatever it is about to write.
    let (output, _) = press(2);
    assert_eq!(output.status.code(), Some(130));
}

/// A folder from before shift, defaults and a separate encoder existed is still read.
#[test]
fn reads_older_folders() {
    let folder = tempfile::tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers");
    let read = |name: &str| std::fs::read(model.join(name)).unwrap();
    let halves = ["vae.safetensors", "vae_encoder.safetensors"].map(read);
    let halves = halves.each_ref().map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let tensors: Vec<_> = halves.iter().flat_map(SafeTensors::tensors).collect();
    let whole = safetensors::serialize(tensors, None).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&read("model.json")).unwrap();
    let facts = serde_json::to_value(FileFacts::of(&whole)).unwrap();
    let fields = manifest.as_object_mut().unwrap();
    fields.remove("shift").unwrap();
    fields.remove("defaults").unwrap();
    for newer in ["guidance_skips", "short_below", "latents_of"] {
        fields.remove(newer);
    }
    let files = fields["files"].as_object_mut().unwrap();
    files.remove("vae_encoder.safetensors").unwrap();
    files.remove("emoji.tsv").unwrap();
    files.remove("words.tsv").unwrap();
    files.remove("upscaler.safetensors").unwrap();
    files.insert("vae.safetensors".into(), facts);
    std::fs::write(folder.path().join("model.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.path().join("vae.safetensors"), whole).unwrap();
    for name in ["dit.safetensors", "text_encoder.safetensors", "vocab.txt"] {
        std::fs::copy(model.join(name), folder.path().join(name)).unwrap();
    }
    let source = Folder(folder.path().to_owned());
    let device = Device::flex();
    let old = pollster::block_on(Pipeline::load_with_encoder(&source, &device)).unwrap();
    assert_eq!((old.shift(), old.defaults.steps), (Some(1.0), 20));
    let new = pollster::block_on(Pipeline::load_with_encoder(&Folder(model), &device)).unwrap();
    let image = Image { width: 128, height: 128, pixels: [9, 200, 90, 255].repeat(1 << 14) };
    let latent = |model: &Pipeline| {
        model.autoencoder.encode(to_tensor(&[&image], &device)).unwrap().tensor().into_data()
    };
    latent(&old).assert_eq(&latent(&new), true);
}

/// A trimmed model reads the texts of the lists and of the dataset as before.
#[test]
fn a_trimmed_model_draws_known_words_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(path("mine")).unwrap();
    let image = Image { width: 16, height: 16, pixels: [9, 200, 90, 255].repeat(256) };
    std::fs::write(path("mine/a.png"), image.to_png(None).unwrap()).unwrap();
    let line = "{\"file_name\": \"a.png\", \"text\": \"a crocodile\"}\n";
    std::fs::write(path("mine/metadata.jsonl"), line).unwrap();
    std::fs::write(path("words.txt"), "umbrella\nred apple\n").unwrap();
    let works = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_patchwork")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let data = path("mine.safetensors");
    works(&["dataset", "--pictures", &path("mine"), "-o", &data]);
    // Names of emoji are words, too: one model here has none, and one has them.
    let whole = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/stickers");
    std::fs::create_dir(path("plain")).unwrap();
    for entry in std::fs::read_dir(whole).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        std::fs::copy(entry.path(), path(&format!("plain/{name}"))).unwrap();
    }
    let json = std::fs::read(path("plain/model.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    json["files"].as_object_mut().unwrap().remove("emoji.tsv").unwrap();
    std::fs::write(path("plain/model.json"), json.to_string()).unwrap();
    for (from, to) in [(path("plain"), "small"), (whole.into(), "named")] {
        let words = path("words.txt");
        works(&["trim", "--model", &from, "--data", &data, "--words", &words, "-o", &path(to)]);
    }
    let draw = |model: &str, prompt: &str| {
        let (output, steps) = (path("out.png"), ["--steps", "1", "--seed", "3"]);
        let arguments = ["generate", "--model", model, "--prompt", prompt, "-o", &output];
        works(&[&arguments[..], &steps].concat());
        // Only pixels are compared, because the recipe names the model, which differs.
        Image::from_png(&std::fs::read(output).unwrap()).unwrap().pixels
    };
    let lines = |file: String| std::fs::read_to_string(file).unwrap().lines().count();
    assert!(lines(path("small/vocab.txt")) < 2100);
    for prompt in ["a crocodile", "umbrella", "two crocodiles"] {
        assert!(draw(&path("small"), prompt) == draw(whole, prompt), "{prompt}");
    }
    // A word that was removed is read in other pieces, and gives another picture.
    assert!(draw(&path("small"), "volcano") != draw(whole, "volcano"));
    for prompt in ["🌋", "volcano"] {
        assert!(draw(&path("named"), prompt) == draw(whole, prompt), "{prompt}");
    }
    assert!(draw(&path("named"), "submarine") != draw(whole, "submarine"));
}

/// A new DiT predicts 0, so its error is the variance of noise and latents.
#[test]
fn a_new_network_has_the_error_of_predicting_zero() {
    let folder = Folder("www/models/stickers".into());
    let device = Device::flex();
    let mut model = pollster::block_on(Pipeline::load_with_encoder(&folder, &device)).unwrap();
    model.dit = model.dit.config().init(&Device::flex());
    let image = |colour: [u8; 4]| Image { width: 128, height: 128, pixels: colour.repeat(1 << 14) };
    let images = [image([250, 20, 20, 255]), image([0; 4])];
    let images: Vec<&Image> = images.iter().collect();
    let asked = |prompt: &str| Asked { prompt: prompt.into(), style: "noto".into() };
    let asked = [asked("red box"), asked("nothing")];
    let data = model.autoencoder.encode(to_tensor(&images, &Device::flex())).unwrap().tensor();
    let variance = f64::from(data.square().mean().into_scalar::<f32>());
    let error = flow_error(&model, &asked, &images).unwrap();
    assert!((error / (1.0 + variance) - 1.0).abs() < 0.03, "{error} beside {variance}");
}
