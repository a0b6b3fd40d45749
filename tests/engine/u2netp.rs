//! U²-Netp, compared with onnxruntime's, and the mattes that it makes of pictures.

use burn::tensor::{Device, Tensor};
use patchwork::image::Image;
use patchwork::pipeline::Folder;
use patchwork::pipeline::matte::{Cutter, SIDE};
use patchwork::weights::Checkpoint;
use serde::Deserialize;

use crate::support::{
    assert_close, assert_values_close, json, on_each_device, root, tensor, tensors,
};

/// The tolerance for sixty layers of f32 one after the other. The last ones add values of several hundred
/// with opposite signs, so a tenth of a millionth of those is more than in other networks.
const TOLERANCE: f32 = 1e-3;
/// The tolerance for weights in 8 bits.
const STORED: f32 = 3e-2;

on_each_device!(
    matches_onnxruntime_with_the_stored_weights,
    stored_weights_are_close_to_the_original,
    mattes_are_those_of_rembg,
    the_thing_is_told_from_a_busy_background,
);

fn cutter(device: &Device) -> Cutter {
    pollster::block_on(Cutter::load(&Folder(root("www/models/u2netp")), device)).unwrap()
}

/// Returns the output for the fixture's small picture.
fn of_small_picture(file: &Checkpoint, device: &Device) -> Tensor<4> {
    let rgb: Tensor<4> = tensor(file, "small.rgb", device);
    let row = |values: [f32; 3]| Tensor::<1>::from_floats(values, device).reshape([1, 3, 1, 1]);
    let x = rgb.clone() / rgb.max().reshape([1, 1, 1, 1]);
    let x = (x - row([0.485, 0.456, 0.406])) / row([0.229, 0.224, 0.225]);
    cutter(device).network().forward(x)
}

fn matches_onnxruntime_with_the_stored_weights(device: &Device) {
    let file = tensors("u2netp");
    assert_close("stored", of_small_picture(&file, device), &file, "small.stored", TOLERANCE);
}

fn stored_weights_are_close_to_the_original(device: &Device) {
    let file = tensors("u2netp");
    assert_close("original", of_small_picture(&file, device), &file, "small.original", STORED);
}

fn mattes_are_those_of_rembg(device: &Device) {
    #[derive(Deserialize)]
    struct Fixture {
        step: usize,
    }
    let Fixture { step } = json("u2netp");
    let file = tensors("u2netp");
    let &[_, _, height, width] = file.shape("picture.rgb").unwrap() else { panic!("four sides") };
    let planes = file.values("picture.rgb").unwrap();
    let pixel = |i: usize| {
        let [r, g, b] = [0, 1, 2].map(|c| planes[c * height * width + i] as u8);
        [r, g, b, 255]
    };
    let pixels = (0..height * width).flat_map(pixel).collect();
    let picture = Image { width, height, pixels };
    let values = pollster::block_on(cutter(device).matte(&picture)).unwrap();
    assert_eq!(values.len(), SIDE * SIDE);
    let kept = |i: &usize| (i % SIDE).is_multiple_of(step) && (i / SIDE).is_multiple_of(step);
    let values: Vec<f32> = (0..SIDE * SIDE).filter(kept).map(|i| values[i]).collect();
    assert_values_close("matte", &values, &file.values("picture.matte").unwrap(), STORED);
}

fn the_thing_is_told_from_a_busy_background(device: &Device) {
    // A blue square before diagonal stripes of four colours.
    let (width, height) = (200, 150);
    let is_inside = |x: usize, y: usize| (60..130).contains(&x) && (40..110).contains(&y);
    let stripes = [[200, 180, 90], [120, 190, 110], [230, 140, 130], [170, 170, 170]];
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        let [r, g, b] = if is_inside(x, y) { [20, 50, 190] } else { stripes[(x + y) / 6 % 4] };
        [r, g, b, 255]
    };
    let pixels = (0..width * height).flat_map(pixel).collect();
    let picture = Image { width, height, pixels };
    let values = pollster::block_on(cutter(device).matte(&picture)).unwrap();
    let mean = |inside: bool| {
        let is_counted =
            |i: &usize| is_inside(i % SIDE * width / SIDE, i / SIDE * height / SIDE) == inside;
        let all: Vec<f32> = (0..SIDE * SIDE).filter(is_counted).map(|i| values[i]).collect();
        all.iter().sum::<f32>() / all.len() as f32
    };
    let (inside, outside) = (mean(true), mean(false));
    assert!(inside > 0.95 && outside < 0.03, "{inside} inside, {outside} outside");
}
