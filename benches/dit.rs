//! One forward of the embedded DiT, batch 2, as a guided step makes it. Prints a line of JSON:
//! the median in milliseconds, and the most memory the process held, in MiB.
//!
//! `cargo xtask bench` runs it beside PyTorch; `PATCHWORK_BENCH_SECONDS` sets how long.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Int, Tensor};
use patchwork::model::DitConfig;
use patchwork::model::text_tokens::TextTokens;
use patchwork::tools::parallel::by_rows;

fn main() {
    let seconds = std::env::var("PATCHWORK_BENCH_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(5.0f64)
        .max(0.1);
    let device = Device::flex();
    let config = DitConfig::stickers();
    let dit = config.init(&device);
    let random = |shape: [usize; 2]| Tensor::<2>::random(shape, Distribution::Default, &device);
    let states = [random([4, 384]), random([2, 384])];
    let labels = Tensor::<1, Int>::from_ints([6, 9], &device);
    let x = Tensor::<4>::random([2, 8, 16, 16], Distribution::Default, &device);
    let forward = || {
        let start = Instant::now();
        // A run embeds its text once; PyTorch's side does it every time, so that this does as well.
        let rows = states.clone().map(|states| dit.embed_text(states).expect("it takes text"));
        let text = TextTokens::cat(&[&rows[0], &rows[1]]);
        // As a guided step of a run calls it.
        let output = by_rows(&device, 2, |rows| {
            let (start, count) = (rows.start, rows.len());
            let (x, labels) =
                (x.clone().narrow(0, start, count), labels.clone().narrow(0, start, count));
            dit.forward(x, &vec![710.0; count], &labels, Some(&text.rows(start, count)))
        });
        assert_eq!(output.into_data().num_elements(), 2 * 8 * 16 * 16);
        start.elapsed()
    };
    for _ in 0..3 {
        forward();
    }
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let mut times = Vec::new();
    while Instant::now() < until {
        times.push(forward());
    }
    times.sort();
    let median = times[times.len() / 2].as_secs_f64() * 1e3;
    println!(
        "{{\"forward_ms\": {median:.2}, \"runs\": {}, \"peak_mib\": {}}}",
        times.len(),
        peak()
    );
}

/// The process's peak resident memory in MiB, where Linux tells it; else 0.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
