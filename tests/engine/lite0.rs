//! The features that pictures are measured by, compared with PyTorch's, with random weights.

use burn::tensor::{Device, Tensor, TensorData};
use patchwork::evaluate::lite0::Lite0;
use patchwork::image::Image;
use patchwork::weights::Checkpoint;
use serde::Deserialize;

use crate::support::{Entry, assert_close, json, on_each_device, random_checkpoint, tensors};

/// The tolerance for some fifty convolutions in f32, with batch norms folded into them.
const TOLERANCE: f32 = 1e-4;

on_each_device!(features_of_three_pictures, layers_of_three_pictures);

fn network(device: &Device) -> Lite0 {
    #[derive(Deserialize)]
    struct Fixture {
        manifest: Vec<Entry>,
    }
    let Fixture { manifest } = json("lite0");
    let weights = random_checkpoint(&manifest);
    Lite0::new(|name| Some((weights.shape(name)?.to_vec(), weights.values(name).ok()?)), device)
        .unwrap()
}

/// Returns the fixture's pictures.
fn pictures(file: &Checkpoint) -> Vec<Image> {
    let &[_, _, height, width] = file.shape("rgba").unwrap() else { panic!("four sides") };
    let planes = file.values("rgba").unwrap();
    let picture = |planes: &[f32]| {
        let pixel = |i: usize| [0, 1, 2, 3].map(|c| planes[c * height * width + i] as u8);
        Image { width, height, pixels: (0..height * width).flat_map(pixel).collect() }
    };
    planes.chunks(4 * height * width).map(picture).collect()
}

fn features_of_three_pictures(device: &Device) {
    let file = tensors("lite0");
    let pictures = pictures(&file);
    let pictures: Vec<&Image> = pictures.iter().collect();
    let [subject, texture] = network(device).features(&pictures, device);
    assert_close("subject", subject, &file, "subject", TOLERANCE);
    assert_close("texture", texture, &file, "texture", TOLERANCE);
}

fn layers_of_three_pictures(device: &Device) {
    let file = tensors("lite0");
    let pictures = pictures(&file);
    let (width, height) = (pictures[0].width, pictures[0].height);
    // On white, as the network takes them.
    let values = pictures.iter().flat_map(|picture| {
        let pixels = picture.pixels.as_chunks::<4>().0;
        let value = |c: usize, pixel: &[u8; 4]| {
            let alpha = f32::from(pixel[3]) / 255.0;
            (f32::from(pixel[c]) * alpha + 255.0 * (1.0 - alpha) - 127.0) / 128.0
        };
        (0..3).flat_map(move |c| pixels.iter().map(move |pixel| value(c, pixel)))
    });
    let data = TensorData::new(values.collect::<Vec<f32>>(), [pictures.len(), 3, height, width]);
    let layers = network(device).layers(Tensor::from_data(data, device));
    assert_eq!(layers.len(), 4);
    for (i, layer) in layers.into_iter().enumerate() {
        assert_close(&format!("layer {i}"), layer, &file, &format!("layer.{i}"), TOLERANCE);
    }
}
