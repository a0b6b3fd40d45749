//! `cargo xtask gpu`: packs program, model and data in one folder of at most 64 MiB, to train on a
//! machine with a GPU. It can also copy the folder there, train and copy the results back.

use std::fs;
use std::path::Path;

use crate::tools::{Outcome, output, root, run, target_folder};

/// The greatest size of the folder, in bytes.
const MOST: u64 = 64 << 20;

const USAGE: &str = "cargo xtask gpu DATASET [--features cuda,vulkan] [--host USER@MACHINE] \
                     [--minutes N]

  Packs target/gpu: the program built with the first of these features that builds (`cpu` is \
                     the plain program; each can train on the CPU), the embedded model, and the \
                     encoded training data of DATASET, which `patchwork dataset` made. With --host it \
                     copies them there by scp, trains for the given minutes (20), and copies the \
                     results to target/gpu-out. Without --host, copy the folder yourself and run \
                     ./run.sh MINUTES OUT in it.";

struct Arguments {
    data: String,
    features: Vec<String>,
    host: Option<String>,
    minutes: f64,
}

fn arguments() -> Option<Arguments> {
    let mut words = std::env::args().skip(2);
    let mut found = Arguments {
        data: words.next().filter(|word| !word.starts_with('-'))?,
        features: vec!["cuda".into(), "vulkan".into()],
        host: None,
        minutes: 20.0,
    };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--features" => found.features = value.split(',').map(str::to_owned).collect(),
            "--host" => found.host = Some(value),
            "--minutes" => found.minutes = value.parse().ok().filter(|minutes| *minutes > 0.0)?,
            _ => return None,
        }
    }
    Some(found)
}

pub(crate) fn run_all() -> Outcome {
    let Arguments { data, features, host, minutes } = arguments().ok_or(USAGE)?;
    let folder = target_folder().join("gpu");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|problem| io_error(&folder, &problem))?;
    }
    fs::create_dir_all(folder.join("bench")).map_err(|problem| io_error(&folder, &problem))?;
    let at = |name: &str| folder.join(name).to_string_lossy().into_owned();

    let mut built = false;
    for feature in &features {
        let arguments = match feature.as_str() {
            "cpu" => vec!["build", "--release"],
            other => vec!["build", "--release", "--features", other],
        };
        if let Err(problem) = run("cargo", &arguments) {
            eprintln!("The program for {feature} could not be built: {problem}");
            continue;
        }
        let program = target_folder().join("release/patchwork");
        let to = at(&format!("patchwork-{feature}"));
        run("strip", &["-o", &to, &program.to_string_lossy()])?;
        run("xz", &["-6", "--threads=0", &to])?;
        built = true;
        break;
    }
    if !built {
        return Err(format!("no program could be built for {}", features.join(" or ")));
    }
    let pack = [
        "run",
        "--release",
        "--quiet",
        "--bin",
        "patchwork",
        "--",
        "pack",
        "--new-styles",
        "--data",
        &data,
    ];
    run("cargo", &[&pack[..], &["--every", "64", "-o", &at("packed.safetensors")]].concat())?;
    run("xz", &["-6", "--threads=0", &at("packed.safetensors")])?;
    // There is no page there, so pictures and the README are left out.
    let stickers = root().join("www/models/stickers").to_string_lossy().into_owned();
    let leave = ["--exclude=*.png", "--exclude=README.md"];
    let from = ["-C", &stickers, "--transform", "s,^\\.,model,", "."];
    run("tar", &[&["-cf", &at("model.tar")], &leave[..], &from].concat())?;
    run("xz", &["-6", "--threads=0", &at("model.tar")])?;
    let copy = |from: &str, to: &str| {
        let path = root().join(from);
        fs::copy(&path, folder.join(to)).map(drop).map_err(|problem| io_error(&path, &problem))
    };
    copy("benches/gpu/run.sh", "run.sh")?;
    copy("benches/train.py", "bench/train.py")?;
    for file in ["fixtures.py", "random_weights.py", "reference_dit.py"] {
        copy(&format!("tests/golden/{file}"), &format!("bench/{file}"))?;
    }
    let size = size(&folder);
    println!("{}: {:.1} MiB", folder.display(), size as f64 / f64::from(1 << 20));
    if size > MOST {
        return Err(format!("the folder has {size} bytes, more than the limit of {MOST}"));
    }
    match host {
        Some(host) => carry(&folder, &host, minutes),
        None => Ok(()),
    }
}

/// Copies the folder to the host, trains there, and copies the results back.
fn carry(folder: &Path, host: &str, minutes: f64) -> Outcome {
    let place =
        output("ssh", &[host, "mktemp -d"]).ok_or("the machine cannot be reached by ssh")?;
    let place = place.trim();
    run("scp", &["-r", &format!("{}/.", folder.display()), &format!("{host}:{place}/")])?;
    let trained = run("ssh", &[host, &format!("{place}/run.sh {minutes} {place}/out")]);
    // If training failed, its output says why.
    let back = target_folder().join("gpu-out");
    if back.exists() {
        fs::remove_dir_all(&back).map_err(|problem| io_error(&back, &problem))?;
    }
    run("scp", &["-r", &format!("{host}:{place}/out"), &back.to_string_lossy()])?;
    println!("{}", back.display());
    trained
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(facts) if facts.is_dir() => size(&entry.path()),
            Ok(facts) => facts.len(),
            Err(_) => 0,
        })
        .sum()
}

fn io_error(path: &Path, problem: &std::io::Error) -> String {
    format!("{}: {problem}", path.display())
}
