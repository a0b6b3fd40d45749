//! The upscaler, compared with PyTorch's, with random and with shipped weights, and how clean its alpha is.

use burn::tensor::{Device, Tensor};
use patchwork::model::Upscaler;
use patchwork::pipeline::pixels::to_tensor;
use patchwork::recipe::Recipe;
use patchwork::weights::{keys, load};
use serde::Deserialize;

use crate::support::{
    Entry, assert_close, cpu, json, on_each_device, random_checkpoint, stickers, tensor, tensors,
};

/// The tolerance for some twenty layers of f32, which are summed in another order.
const TOLERANCE: f32 = 1e-4;
/// The tolerance for values that are stored in half precision.
const STORED: f32 = 1e-3;

on_each_device!(matches_pytorch_with_random_weights, matches_pytorch_with_the_shipped_weights);

fn matches_pytorch_with_random_weights(device: &Device) {
    #[derive(Deserialize)]
    struct Fixture {
        manifest: Vec<Entry>,
    }
    let Fixture { manifest } = json("upscaler");
    let file = tensors("upscaler");
    let checkpoint = random_checkpoint(&manifest);
    let network = load(Upscaler::init(device), &checkpoint, &keys::UPSCALER).unwrap();
    let large = network.forward(tensor(&file, "random.in", device));
    assert_close("random", large, &file, "random.out", TOLERANCE);
}

fn matches_pytorch_with_the_shipped_weights(device: &Device) {
    let file = tensors("upscaler");
    let picture: Tensor<4> = tensor(&file, "shipped.in", device);
    let large = stickers(device).upscaler.unwrap().forward(picture * 2.0 - 1.0);
    let middle = large.narrow(2, 192, 128).narrow(3, 192, 128);
    assert_close("shipped", middle, &file, "shipped.out", STORED);
}

/// Transparent areas of a drawing stay transparent and opaque ones opaque, at every pixel away from an
/// edge, in 200 drawings of all styles.
#[test]
fn keeps_transparent_areas_transparent_and_opaque_ones_opaque() {
    let pipeline = stickers(&cpu());
    let network = pipeline.upscaler.as_ref().unwrap();
    let words =
        ["fox", "red apple", "cloud", "rocket", "tree", "ghost", "pizza", "fish", "heart", "house"];
    let mut looked_at = 0;
    for i in 0..200 {
        let style = pipeline.styles[i % pipeline.styles.len()].clone();
        let prompt = words[i / 7 % words.len()].to_owned();
        let recipe =
            Recipe { prompt, style, seed: i as u64, steps: 4, ..pipeline.defaults.recipe() };
        let small = pollster::block_on(pipeline.images(&recipe)).unwrap().remove(0);
        let raw = network.forward(to_tensor(&[&small], &pipeline.device));
        let raw: Vec<f32> = raw.narrow(1, 3, 1).into_data().try_to_vec().unwrap();
        let large = pollster::block_on(pipeline.upscaled(&small)).unwrap().unwrap();
        assert_eq!((large.width, large.height), (512, 512));
        let (side, alpha) = (small.width, |i: usize| small.pixels[4 * i + 3]);
        // The pixel lies more than two pixels from any other alpha.
        let is_plain = |x: usize, y: usize, is: fn(u8) -> bool| {
            (y - 2..=y + 2).all(|y| (x - 2..=x + 2).all(|x| is(alpha(y * side + x))))
        };
        for y in 2..side - 2 {
            for x in 2..side - 2 {
                let wanted = if is_plain(x, y, |alpha| alpha <= 2) {
                    0
                } else if is_plain(x, y, |alpha| alpha >= 253) {
                    255
                } else {
                    continue;
                };
                looked_at += 1;
                for (dx, dy) in [(0, 0), (3, 0), (0, 3), (3, 3)] {
                    let at = (4 * y + dy) * large.width + 4 * x + dx;
                    let got = large.pixels[4 * at + 3];
                    assert_eq!(got, wanted, "{recipe:?} at {x}, {y}");
                    // The network's own output is close as well: transparent ground would be transparent by
                    // the margin alone.
                    let alpha = (raw[at] + 1.0) / 2.0;
                    let is_near = if wanted == 0 { alpha < 0.031 } else { alpha > 0.6 };
                    assert!(is_near, "{alpha} where {wanted} is meant: {recipe:?} at {x}, {y}");
                }
            }
        }
    }
    assert!(looked_at > 1_000_000, "{looked_at}");
}
