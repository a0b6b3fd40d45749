//! PyTorch's CPU generator: integers match bit for bit, normals within 1e-6.

use patchwork::diffusion::Generator;
use serde::Deserialize;

use crate::support::{json, tensors};

#[derive(Deserialize)]
struct Fixture {
    seeds: Vec<String>,
    shapes: Vec<Vec<usize>>,
    sequence: Sequence,
}

#[derive(Deserialize)]
struct Sequence {
    seed: String,
    shapes: Vec<Vec<usize>>,
}

/// Checks normals with a tolerance, because PyTorch's vectorised sine, cosine and logarithm are themselves
/// inexact: by at most 1e-6 for a normal value of 1, and in proportion above it.
fn assert_normal(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let allowed = 1e-6 * want.abs().max(1.0);
        assert!((got - want).abs() <= allowed, "{what}, value {i}: {got} is not {want}");
    }
}

#[test]
fn matches_pytorchs_integers() {
    let (fixture, file) = (json::<Fixture>("noise"), ints());
    for seed in &fixture.seeds {
        let mut generator = Generator::new(seed.parse().unwrap());
        let (_, want) = file.iter().find(|(key, _)| *key == format!("raw32.{seed}")).unwrap();
        for (i, want) in want.iter().enumerate() {
            assert_eq!(
                i64::from(generator.next_u32() & 0x7fff_ffff),
                *want,
                "seed {seed}, draw {i}"
            );
        }
    }
}

#[test]
fn matches_pytorchs_uniform_values() {
    let (fixture, file) = (json::<Fixture>("noise"), tensors("noise"));
    for seed in &fixture.seeds {
        let mut generator = Generator::new(seed.parse().unwrap());
        let want = file.values(&format!("rand.{seed}")).unwrap();
        let got: Vec<f32> = want.iter().map(|_| generator.uniform_f32()).collect();
        assert_eq!(got, want, "seed {seed}");
    }
}

#[test]
fn matches_pytorchs_normal_values_for_every_shape() {
    let (fixture, file) = (json::<Fixture>("noise"), tensors("noise"));
    for seed in &fixture.seeds {
        for shape in &fixture.shapes {
            let name = shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
            let got = Generator::new(seed.parse().unwrap()).randn(shape.iter().product());
            let key = format!("{seed}.{name}");
            assert_normal(&key, &got, &file.values(&key).unwrap());
        }
    }
}

#[test]
fn a_generator_continues_as_pytorchs_does() {
    let (fixture, file) = (json::<Fixture>("noise"), tensors("noise"));
    let mut generator = Generator::new(fixture.sequence.seed.parse().unwrap());
    for (i, shape) in fixture.sequence.shapes.iter().enumerate() {
        let key = format!("sequence.{i}");
        let got = generator.randn(shape.iter().product());
        assert_normal(&key, &got, &file.values(&key).unwrap());
    }
}

/// Returns the integer tensors of the fixture, which the engine itself never reads.
fn ints() -> Vec<(String, Vec<i64>)> {
    let bytes = std::fs::read(crate::support::root("tests/golden/noise.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let int = |(name, view): (&str, safetensors::tensor::TensorView<'_>)| {
        let data = view.data();
        let values = match view.dtype() {
            safetensors::Dtype::I64 => {
                data.as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b)).collect()
            }
            safetensors::Dtype::I32 => {
                data.as_chunks::<4>().0.iter().map(|&b| i32::from_le_bytes(b).into()).collect()
            }
            _ => Vec::new(),
        };
        (name.to_owned(), values)
    };
    file.iter().map(int).collect()
}
