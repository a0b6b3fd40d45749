//! `cargo xtask bench`: timings, as ratios to PyTorch in the same run. Never a test.

use crate::tools::{Outcome, ensure_python, output, run};

/// Rounds of each side, in turn, so that what else the machine does falls on both.
const ROUNDS: usize = 3;

pub(crate) fn run_all() -> Outcome {
    let python = ensure_python()?;
    let python = python.to_string_lossy().into_owned();
    run("cargo", &["bench", "--bench", "dit", "--no-run"])?;
    let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..ROUNDS {
        let line = measured("cargo", &["bench", "--quiet", "--bench", "dit"])?;
        ours.push(number(&line, "forward_ms")?);
        peak = number(&line, "peak_mib")?;
        let line = measured(&python, &["tests/golden/bench_dit.py"])?;
        theirs.push(number(&line, "forward_ms")?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("One forward of the embedded DiT, batch 2, CPU, median of {ROUNDS} rounds:");
    println!("  Burn flex    {ours:.1} ms, at most {peak:.0} MiB");
    println!("  PyTorch f32  {theirs:.1} ms");
    println!("  ratio        {:.2}", ours / theirs);
    Ok(())
}

fn measured(program: &str, arguments: &[&str]) -> Result<String, String> {
    output(program, arguments).ok_or_else(|| format!("`{program}` gave no measurement"))
}

/// The number after `"key": ` in a line of JSON.
fn number(json: &str, key: &str) -> Result<f64, String> {
    let after = json.split_once(&format!("\"{key}\": ")).map(|(_, after)| after);
    let digits = after.and_then(|after| after.split([',', '}']).next());
    let value = digits.and_then(|digits| digits.trim().parse().ok());
    value.ok_or_else(|| format!("there is no {key} in {json}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
