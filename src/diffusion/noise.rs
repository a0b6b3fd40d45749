//! PyTorch's CPU generator, so that a seed gives the same noise on every device and in PyTorch.
//!
//! The stream is MT19937 (Matsumoto and Nishimura, 1998). `torch.randn` has two methods. It draws
//! fewer than 16 values one by one in double precision, and keeps the second of each pair for the
//! next call. It draws 16 or more by a blocked Box–Muller transform in single precision.

use std::f64::consts::PI;

use burn::tensor::{Device, Tensor, TensorData};
use rand_mt::Mt;

/// The size of a block of draws, and the least count that is drawn in blocks.
const BLOCK: usize = 16;

/// A generator equivalent to `torch.Generator("cpu")`.
#[derive(Debug, Clone)]
pub struct Generator {
    engine: Mt,
    kept: Option<f64>,
}

impl Generator {
    /// Returns a generator as after `torch.manual_seed(seed)`. Like PyTorch's engine, it uses only
    /// the low 32 bits of the seed.
    pub fn new(seed: u64) -> Self {
        Self { engine: Mt::new(seed as u32), kept: None }
    }

    /// Returns the next 32 bits of the stream.
    pub fn next_u32(&mut self) -> u32 {
        self.engine.next_u32()
    }

    /// Returns a value of `torch.rand`: 24 bits of one draw, in [0, 1).
    pub fn uniform_f32(&mut self) -> f32 {
        (self.next_u32() & 0x00ff_ffff) as f32 / (1u32 << 24) as f32
    }

    /// Returns 53 bits of two draws, high word first, in [0, 1).
    fn uniform_f64(&mut self) -> f64 {
        let high = u64::from(self.next_u32());
        let bits = (high << 32) | u64::from(self.next_u32());
        (bits & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64
    }

    /// Returns the values of `torch.randn(count)` in f32, equal to PyTorch's within 1e-6.
    pub fn randn(&mut self, count: usize) -> Vec<f32> {
        if count < BLOCK {
            return (0..count).map(|_| self.normal_f64() as f32).collect();
        }
        let mut values: Vec<f32> = (0..count).map(|_| self.uniform_f32()).collect();
        values.chunks_exact_mut(BLOCK).for_each(box_muller);
        if !count.is_multiple_of(BLOCK) {
            // PyTorch draws the last block anew, overlapping the one before it.
            let last = &mut values[count - BLOCK..];
            last.fill_with(|| self.uniform_f32());
            box_muller(last);
        }
        values
    }

    /// Returns `torch.randn(shape)` on `device`.
    pub fn randn_tensor<const D: usize>(
        &mut self,
        shape: [usize; D],
        device: &Device,
    ) -> Tensor<D> {
        let values = self.randn(shape.iter().product());
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    fn normal_f64(&mut self) -> f64 {
        if let Some(kept) = self.kept.take() {
            return kept;
        }
        let angle = 2.0 * PI * self.uniform_f64();
        let radius = (-2.0 * (-self.uniform_f64()).ln_1p()).sqrt();
        self.kept = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

/// Turns sixteen uniform values into sixteen normal ones. The angle is rounded to f32 as in
/// PyTorch. The rest is exact here and within an ulp or two in PyTorch.
fn box_muller(block: &mut [f32]) {
    let (first, second) = block.split_at_mut(BLOCK / 2);
    for (a, b) in first.iter_mut().zip(second) {
        let radius = (-2.0 * f64::from(1.0 - *a).ln()).sqrt();
        let (sin, cos) = f64::from(std::f32::consts::TAU * *b).sin_cos();
        *a = (radius * cos) as f32;
        *b = (radius * sin) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are the first of `torch.manual_seed(0); torch.randn(..)` in PyTorch 2.
    #[test]
    fn first_values_equal_those_of_pytorch() {
        let first = Generator::new(0).randn(3);
        for (got, want) in first.iter().zip([1.540_996, -0.293_428_9, -2.178_789_4]) {
            assert!((got - want).abs() < 1e-6, "{got} is not {want}");
        }
    }

    #[test]
    fn only_the_low_32_bits_of_a_seed_count() {
        assert_eq!(Generator::new(7).randn(40), Generator::new(7 + (1 << 32)).randn(40));
    }
}
