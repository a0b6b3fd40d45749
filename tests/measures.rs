//! The measures distinguish real pictures from bland ones: shrunk features, blurred pixels, and means of
//! several pictures.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;

use burn::tensor::Device;
use patchwork::evaluate::kid::KernelDistance;
use patchwork::image::Image;
use patchwork::pipeline::pixels::to_tensor;
use patchwork::pipeline::{Folder, Pipeline};

/// Returns the true pictures of the model card's sheet, in which drawn and true ones alternate.
fn real() -> Vec<Image> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers/beside.png");
    let sheet = Image::from_png(&std::fs::read(path).unwrap()).unwrap();
    let columns = sheet.width / 128;
    let cell = |i: usize| {
        let (left, top) = (i % columns * 128, i / columns * 128);
        let row = |y: usize| &sheet.pixels[4 * (y * sheet.width + left)..][..4 * 128];
        let pixels = (top..top + 128).flat_map(|y| row(y).to_vec()).collect();
        Image { width: 128, height: 128, pixels }
    };
    (0..sheet.width * sheet.height / 128 / 128).filter(|i| i % 2 == 1).map(cell).collect()
}

/// Returns features of pictures from the shipped encoder: each channel of the latent, as means over a grid
/// of 4×4 cells.
fn features(model: &Pipeline, images: &[Image]) -> Vec<Vec<f32>> {
    let images: Vec<&Image> = images.iter().collect();
    let latent = model.autoencoder.encode(to_tensor(&images, &model.device)).unwrap().tensor();
    let [count, channels, height, width] = latent.dims();
    let cells = latent.reshape([count * channels, 4, height / 4, 4, width / 4]);
    let means = cells.mean_dims(&[2, 4]).reshape([count, channels * 16]);
    let values: Vec<f32> = means.into_data().iter::<f32>().collect();
    values.chunks(channels * 16).map(<[f32]>::to_vec).collect()
}

/// Returns a picture in which each pixel is the mean of those around it.
fn blurred(image: &Image) -> Image {
    const REACH: i32 = 8;
    let at = |x: i32, y: i32, c: usize| {
        let place = y.clamp(0, 127) as usize * 128 + x.clamp(0, 127) as usize;
        u32::from(image.pixels[4 * place + c])
    };
    let mut pixels = Vec::with_capacity(image.pixels.len());
    for place in 0..128 * 128 {
        let (x, y) = (place % 128, place / 128);
        for c in 0..4 {
            let mut sum = 0;
            for dy in (-REACH..=REACH).step_by(2) {
                for dx in (-REACH..=REACH).step_by(2) {
                    sum += at(x + dx, y + dy, c);
                }
            }
            pixels.push((sum / (REACH as u32 + 1).pow(2)) as u8);
        }
    }
    Image { width: 128, height: 128, pixels }
}

/// Returns the mean of two pictures.
fn between(a: &Image, b: &Image) -> Image {
    let mean = |(a, b): (&u8, &u8)| u8::midpoint(*a, *b);
    Image { pixels: a.pixels.iter().zip(&b.pixels).map(mean).collect(), ..a.clone() }
}

#[test]
fn bland_pictures_score_worse_than_real_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers");
    let device = Device::flex();
    let source = Folder(folder);
    let model = pollster::block_on(Pipeline::load_with_encoder(&source, &device)).unwrap();
    let all = real();
    assert_eq!(all.len(), 80);
    let (known, real): (Vec<_>, Vec<_>) = all.into_iter().zip(0..).partition(|(_, i)| i % 2 == 0);
    let [known, real] =
        [known, real].map(|half| half.into_iter().map(|(image, _)| image).collect::<Vec<Image>>());
    let known = features(&model, &known);
    let distance = KernelDistance::new(&known.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let score = |features: &[Vec<f32>]| {
        distance.of(&features.iter().map(Vec::as_slice).collect::<Vec<_>>())
    };
    let own = features(&model, &real);
    let real_score = score(&own);
    let width = own[0].len();
    let mean: Vec<f32> =
        (0..width).map(|i| own.iter().map(|row| row[i]).sum::<f32>() / own.len() as f32).collect();
    let shrunk: Vec<Vec<f32>> = own
        .iter()
        .map(|row| row.iter().zip(&mean).map(|(value, mean)| mean + 0.7 * (value - mean)).collect())
        .collect();
    // The standard error of the real score: 90 % of a normal distribution lie within 1.645 of them. What is
    // bland is farther by 1.4 errors (shrunk features, 0.0226), 3.1 (blurred pixels, 0.0496) and 5.0 (means of
    // two, 0.0799); no chance is left in the test, in which pictures and resampling are fixed.
    let error = (real_score.high - real_score.low) / (2.0 * 1.645);
    let blurred: Vec<Image> = real.iter().map(blurred).collect();
    let means: Vec<Image> =
        real.iter().zip(real.iter().rev()).map(|(a, b)| between(a, b)).collect();
    for (what, bland) in [
        ("shrunk features", shrunk),
        ("blurred pixels", features(&model, &blurred)),
        ("means of two", features(&model, &means)),
    ] {
        let bland = score(&bland);
        let apart = bland.value - real_score.value;
        assert!(apart > error, "{what}: {bland:?}, real ones {real_score:?}");
    }
}
