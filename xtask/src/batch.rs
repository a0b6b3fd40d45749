//! `cargo xtask bench batch`: compares one run of the program for many pictures with one run for each.

use std::process::Command;
use std::time::Instant;

use crate::tools::{Outcome, median, root, run, target_folder};

const PICTURES: usize = 64;
/// How many rounds each side runs, alternately.
const ROUNDS: usize = 3;

pub(crate) fn run_all() -> Outcome {
    run("cargo", &["build", "--release", "--bin", "patchwork"])?;
    let folder = target_folder().join("tmp/batch");
    std::fs::create_dir_all(&folder)
        .map_err(|problem| format!("{}: {problem}", folder.display()))?;
    let program = target_folder().join("release/patchwork");
    let draw = |more: &[String]| -> Result<(), String> {
        let mut command = Command::new(&program);
        command.current_dir(root()).args(["generate", "--quiet", "--prompt", "fox"]).args(more);
        let status =
            command.status().map_err(|problem| format!("{}: {problem}", program.display()))?;
        if status.success() { Ok(()) } else { Err("a picture could not be drawn".into()) }
    };
    let name = |place: &str| folder.join(format!("{place}.png")).display().to_string();
    let (mut together, mut single) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        draw(&["--count".into(), PICTURES.to_string(), "-o".into(), name("batch-{seed}")])?;
        together.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        for seed in 0..PICTURES {
            draw(&[
                "--seed".into(),
                seed.to_string(),
                "-o".into(),
                name(&format!("single-{seed}")),
            ])?;
        }
        single.push(start.elapsed().as_secs_f64());
    }
    for seed in 0..PICTURES {
        let read = |kind: &str| std::fs::read(name(&format!("{kind}-{seed}"))).unwrap_or_default();
        if read("batch") != read("single") {
            return Err(format!(
                "picture {seed} of the batch differs from the one that was drawn alone"
            ));
        }
    }
    let (together, single) = (median(together), median(single));
    println!(
        "{PICTURES} pictures of the embedded model at 512 pixels, CPU, median of {ROUNDS} rounds:"
    );
    println!("  one run           {together:.1} s");
    println!("  {PICTURES} runs           {single:.1} s");
    println!("  ratio             {:.2}", together / single);
    println!("Both ways give identical files.");
    Ok(())
}
