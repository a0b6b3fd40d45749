//! Devices, fixtures and comparisons.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burn::tensor::{Device, Tensor, TensorData};
use patchwork::diffusion::Generator;
use patchwork::pipeline::{Folder, Pipeline};
use patchwork::tools::device::Backend;
use patchwork::weights::Checkpoint;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(crate) fn cpu() -> Device {
    Device::flex()
}

/// Returns the one GPU of this test program: a real one, or Debian's `mesa-vulkan-drivers` in software.
pub(crate) fn wgpu() -> Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    let start = || pollster::block_on(Backend::WebGpu.start()).unwrap();
    DEVICE.get_or_init(start).clone()
}

/// Makes two tests of one body: one on the CPU, and one on wgpu.
macro_rules! on_each_device {
    ($($body:ident),+ $(,)?) => {
        mod cpu {
            $(#[test] fn $body() { super::$body(&crate::support::cpu()); })+
        }
        mod wgpu {
            $(#[test] fn $body() { super::$body(&crate::support::wgpu()); })+
        }
    };
}
pub(crate) use on_each_device;

pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the embedded model, with the shipped weights.
pub(crate) fn stickers(device: &Device) -> Pipeline {
    pollster::block_on(Pipeline::load(&Folder(root("www/models/stickers")), device)).unwrap()
}

/// Returns the JSON of a fixture.
pub(crate) fn json<T: DeserializeOwned>(name: &str) -> T {
    let bytes = std::fs::read(root(&format!("tests/golden/{name}.json"))).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Returns the cases of a fixture.
pub(crate) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct Fixture<T> {
        cases: Vec<T>,
    }
    json::<Fixture<T>>(name).cases
}

/// Returns the tensors of a fixture.
pub(crate) fn tensors(name: &str) -> Checkpoint {
    let file = format!("tests/golden/{name}.safetensors");
    Checkpoint::new(name, vec![std::fs::read(root(&file)).unwrap()]).unwrap()
}

/// Returns a tensor of a fixture.
pub(crate) fn tensor<const D: usize>(file: &Checkpoint, key: &str, device: &Device) -> Tensor<D> {
    let shape: [usize; D] = file.shape(key).expect(key).try_into().unwrap();
    Tensor::from_data(TensorData::new(file.values(key).unwrap(), shape), device)
}

/// Checks that all values are within `tolerance` of the largest expected one (at least 1).
#[track_caller]
pub(crate) fn assert_close<const D: usize>(
    what: &str,
    got: Tensor<D>,
    file: &Checkpoint,
    key: &str,
    tolerance: f32,
) {
    assert_eq!(got.dims().as_slice(), file.shape(key).expect(key), "{what}: shapes");
    let got: Vec<f32> = got.into_data().try_to_vec().unwrap();
    assert_values_close(what, &got, &file.values(key).unwrap(), tolerance);
}

#[track_caller]
pub(crate) fn assert_values_close(what: &str, got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "{what}: lengths");
    let scale = want.iter().fold(1f32, |max, value| max.max(value.abs()));
    let worst = got.iter().zip(want).map(|(got, want)| (got - want).abs() / scale).fold(
        0f32,
        |max, difference| if difference > max || difference.is_nan() { difference } else { max },
    );
    assert!(
        worst <= tolerance,
        "{what}: off by {worst:e} of the largest value {scale}, where {tolerance:e} is allowed; \
         if the change is meant, renew the fixtures with tests/golden/generate.py"
    );
}

/// A tensor of random weights: `offset + scale·randn(shape)`, as `random_weights.py` draws it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) seed: u64,
    scale: f32,
    offset: f32,
}

/// Returns the safetensors file that a manifest describes, with `more` tensors in it.
pub(crate) fn random_file(
    manifest: &[Entry],
    more: Vec<(String, Vec<usize>, Vec<f32>)>,
) -> Vec<u8> {
    let draw = |entry: &Entry| {
        let values = Generator::new(entry.seed).randn(entry.shape.iter().product());
        let values = values.iter().map(|value| entry.offset + entry.scale * value).collect();
        (entry.name.clone(), entry.shape.clone(), values)
    };
    file(manifest.iter().map(draw).chain(more).collect())
}

/// Returns a safetensors file of f32 tensors.
pub(crate) fn file(tensors: Vec<(String, Vec<usize>, Vec<f32>)>) -> Vec<u8> {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values): (_, _, Vec<f32>)| {
            (name, shape, values.into_iter().flat_map(f32::to_le_bytes).collect())
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

pub(crate) fn random_checkpoint(manifest: &[Entry]) -> Checkpoint {
    Checkpoint::new("random weights", vec![random_file(manifest, Vec::new())]).unwrap()
}
