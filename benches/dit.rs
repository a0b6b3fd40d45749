//! Benchmarks one forward pass of the embedded DiT, with a batch of 2 as in a guided step: whole, and
//! with the short path for the second row. Also benchmarks the upscaler. The forward pass is timed first
//! with one thread per row, as the program runs it, and then with one thread, as in the page. Prints a
//! line of JSON: medians in milliseconds, and the peak memory of the process in MiB.
//!
//! `cargo xtask bench` runs it alternately with PyTorch; `PATCHWORK_BENCH_SECONDS` sets how long.

use std::ops::Range;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Int, Tensor};
use patchwork::model::routing::ShortRows;
use patchwork::model::text_tokens::TextTokens;
use patchwork::model::{DitConfig, Upscaler};
use patchwork::tools::parallel::{Workers, by_rows};

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
    // Leaves the `skipped` blocks out for the second row, which has its own thread.
    let forward = |skipped: Range<usize>| {
        let start = Instant::now();
        // A run embeds its text once, but PyTorch's side embeds it every time, so this does as well.
        let rows = states.clone().map(|states| dit.embed_text(states).expect("it takes text"));
        let text = TextTokens::cat(&[&rows[0], &rows[1]]);
        // This is how a guided step of a run calls it.
        let output = by_rows(&device, 2, |rows| {
            let (start, count) = (rows.start, rows.len());
            let (x, labels) =
                (x.clone().narrow(0, start, count), labels.clone().narrow(0, start, count));
            let (times, text) = (vec![710.0; count], text.rows(start, count));
            let short =
                ShortRows { rows: rows.end.saturating_sub(start.max(1)), blocks: skipped.clone() };
            match short.rows > 0 && !skipped.is_empty() {
                true => dit.forward_short(x, &times, &labels, Some(&text), &short),
                false => dit.forward(x, &times, &labels, Some(&text)),
            }
        });
        assert_eq!(output.into_data().num_elements(), 2 * 8 * 16 * 16);
        start.elapsed()
    };
    let rows = states.clone().map(|states| dit.embed_text(states).expect("it takes text"));
    let text = TextTokens::cat(&[&rows[0], &rows[1]]);
    let guided = |blocks: Range<usize>| {
        let start = Instant::now();
        let short = ShortRows { rows: 1, blocks };
        let output = dit.forward_short(x.clone(), &[710.0; 2], &labels, Some(&text), &short);
        assert_eq!(output.into_data().num_elements(), 2 * 8 * 16 * 16);
        start.elapsed()
    };
    let upscaler = Upscaler::init(&device);
    let picture = Tensor::<4>::random([1, 4, 128, 128], Distribution::Default, &device);
    let upscale = || {
        let start = Instant::now();
        let output = upscaler.forward(picture.clone());
        assert_eq!(output.into_data().num_elements(), 4 * 512 * 512);
        start.elapsed()
    };
    let (forward_ms, runs) = median(seconds, || forward(0..0));
    let (forward_short_ms, _) = median(seconds, || forward(2..10));
    let alone = Workers::of(1);
    let [whole_ms, short_ms, upscale_ms] = [0, 1, 2].map(|what| {
        let measured = alone.map(vec![what], |what| match what {
            0 => median(seconds / 2.0, || guided(6..6)),
            1 => median(seconds / 2.0, || guided(2..10)),
            _ => median(seconds / 2.0, upscale),
        });
        measured[0].0
    });
    println!(
        "{{\"forward_ms\": {forward_ms:.2}, \"forward_short_ms\": {forward_short_ms:.2}, \"whole_ms\": {whole_ms:.2}, \"short_ms\": {short_ms:.2}, \
         \"upscale_ms\": {upscale_ms:.2}, \"runs\": {runs}, \"peak_mib\": {}}}",
        peak()
    );
}

/// Runs `run` for some seconds, and returns the median in milliseconds and the number of runs.
fn median(seconds: f64, run: impl Fn() -> Duration) -> (f64, usize) {
    for _ in 0..3 {
        run();
    }
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let mut times = Vec::new();
    while Instant::now() < until {
        times.push(run());
    }
    times.sort();
    (times[times.len() / 2].as_secs_f64() * 1e3, times.len())
}

/// Returns the process's peak resident memory in MiB on Linux, and 0 elsewhere.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
