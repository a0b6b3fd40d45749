//! PyTorch's CPU generator, so that a seed means the same noise on every device and in PyTorch.
//!
//! The stream is MT19937 (Matsumoto and Nishimura, 1998). `torch.randn` draws in two ways: fewer
//! than 16 values one by one in double precision, of which the second of each pair is kept for the
//! next call; 16 or more by a blocked Box–Muller transform in single precision.

use std::f64::consts::PI;

use burn::tensor::{Device, Tensor, TensorData};
use rand_mt::Mt;

/// Draws from this many values on are made in blocks of this many.
const BLOCK: usize = 16;

/// `torch.Generator("cpu")`.
#[derive(Debug, Clone)]
pub struct Generator {
    engine: Mt,
    kept: Option<f64>,
}

impl Generator {
    /// `torch.manual_seed(seed)`: like PyTorch's engine, this keeps the seed's low 32 bits.
    pub fn new(seed: u64) -> Self {
        Self { engine: Mt::new(seed as u32), kept: None }
    }

    /// Returns the next 32 bits of the stream.
    pub fn next_u32(&mut self) -> u32 {
        self.engine.next_u32()
    }

    /// `torch.rand`: 24 bits of one draw, in [0, 1).
    pub fn uniform_f32(&mut self) -> f32 {
        (self.next_u32() & 0x00ff_ffff) as f32 / (1u32 << 24) as f32
    }

    /// 53 bits of two draws, high word first, in [0, 1).
    fn uniform_f64(&mut self) -> f64 {
        let high = u64::from(self.next_u32());
        let bits = (high << 32) | u64::from(self.next_u32());
        (bits & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64
    }

    /// `torch.randn(count)` in f32: equal to PyTorch's within 1e-6.
    pub fn randn(&mut self, count: usize) -> Vec<f32> {
        if count < BLOCK {
            return (0..count).map(|_| self.normal_f64() as f32).collect();
        }
        let mut values: Vec<f32> = (0..count).map(|_| self.uniform_f32()).collect();
        values.chunks_exact_mut(BLOCK).for_each(box_muller);
        if !count.is_multiple_of(BLOCK) {
            // The last block is drawn anew and overlaps the one before it.
            let last = &mut values[count - BLOCK..];
            last.fill_with(|| self.uniform_f32());
            box_muller(last);
        }
        values
    }

    /// `torch.randn(shape)` on `device`.
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

/// Sixteen uniform values become sixteen normal ones. The angle is rounded to f32 as PyTorch
/// rounds it; what follows is exact here and within an ulp or two there.
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

    /// The first values of `torch.manual_seed(0); torch.randn(..)`, PyTorch 2.
    #[test]
    fn begins_as_pytorch_does() {
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
