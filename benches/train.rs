//! Benchmarks the gradient of one batch of the embedded DiT, as training computes it, without the
//! optimiser. Prints a line of JSON: images per second, the median of several batches.
//!
//! `cargo xtask bench` runs it alternately with PyTorch; `PATCHWORK_BENCH_SECONDS` sets how long.

use std::time::{Duration, Instant};

use burn::tensor::Device;
use patchwork::dataset::teach::CaptionKind;
use patchwork::model::{Dit, DitConfig};
use patchwork::tools::parallel::Workers;
use patchwork::tools::random::step_rng;
use patchwork::train::builder::Builder;
use patchwork::train::dit::loss;
use patchwork::train::gradient::gradient;
use patchwork::train::params::trainable;
use patchwork::train::prepared::Example;
use patchwork::train::rows::{Course, Dropout, Rows};
use patchwork::train::times::Times;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 128;

fn main() {
    let variable = |name: &str, default: f64| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    };
    let seconds = variable("PATCHWORK_BENCH_SECONDS", 10.0);
    let part = variable("PATCHWORK_BENCH_PART", 16.0) as usize;
    let device = Device::flex();
    let dit = trainable(DitConfig::stickers().init(&device));

    let styles = (0..9).map(|i| format!("style {i}")).collect();
    let mut data = Builder::new([8, 16, 16], [16, 384], styles, &[0.1; 2 * 384]);
    let caption = data.text("a text", &[0.1; 6 * 384]);
    let latent = data.latent(&[0.5; 8 * 16 * 16]);
    let kind = CaptionKind::Name;
    data.example(Example { latent, caption, style: Some(3), kind, weight: 1.0 });
    let data = data.finish();
    let workers = Workers::new(&device, None);

    let mut step = 0;
    let mut run = || {
        let course = Course {
            times: &Times::default(),
            dropout: Dropout { all: 0.1, style: 0.1 },
            is_detail: &[false; 8],
            detail: 1.0,
            max_tokens: 16,
        };
        let rows = Rows::draw(&data, BATCH, &course, &mut step_rng(0, step));
        step += 1;
        let start = Instant::now();
        let parts = rows.parts(part).into_iter().map(|rows| (rows.clone(), rows.count)).collect();
        let loss = |dit: &Dit, rows: Rows| loss(dit, rows.on([8, 16, 16], 384, &device), None);
        let found = gradient(&dit, parts, loss, &workers, 1.0, &device);
        assert!(found.loss.is_finite());
        BATCH as f64 / start.elapsed().as_secs_f64()
    };
    run();
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let mut rates = Vec::new();
    while Instant::now() < until || rates.len() < 3 {
        rates.push(run());
    }
    rates.sort_by(f64::total_cmp);
    let median = rates[rates.len() / 2];
    println!("{{\"images_per_second\": {median:.2}, \"runs\": {}}}", rates.len());
}
