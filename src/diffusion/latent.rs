//! Latents as samplers see them: values that are scaled, added and multiplied, of whatever shape.

use std::ops::{Add, Mul, Sub};

use burn::tensor::{Device, Tensor};

use super::Generator;

/// A batch of latents, or noise or masks that fit them. Samplers need only its arithmetic; the
/// networks get the [`tensor`](Self::tensor), `[b, c, h, w]`.
#[derive(Debug, Clone)]
pub struct Latent(Tensor<4>);

impl Latent {
    /// Wraps a tensor, `[b, c, h, w]`.
    pub fn new(tensor: Tensor<4>) -> Self {
        Self(tensor)
    }

    /// Returns one latent of noise of unit variance from each generator. `shape` is that of one
    /// latent, `[1, c, h, w]`.
    pub fn noise(generators: &mut [Generator], shape: [usize; 4], device: &Device) -> Self {
        let rows = generators.iter_mut().map(|generator| generator.randn_tensor(shape, device));
        Self(Tensor::cat(rows.collect(), 0))
    }

    /// Returns noise of unit variance in the shape of these latents, on their device.
    #[must_use]
    pub fn noise_like(&self, generator: &mut Generator) -> Self {
        Self(generator.randn_tensor(self.dims(), &self.0.device()))
    }

    /// Returns the tensor, `[b, c, h, w]`.
    pub fn tensor(&self) -> Tensor<4> {
        self.0.clone()
    }

    /// Returns the sizes, `[b, c, h, w]`.
    pub fn dims(&self) -> [usize; 4] {
        self.0.dims()
    }

    /// Returns how many latents the batch holds.
    pub fn count(&self) -> usize {
        self.dims()[0]
    }

    /// Returns how many channels each latent has.
    pub fn channels(&self) -> usize {
        self.dims()[1]
    }

    /// Puts the latents of several batches into one.
    pub fn cat(batches: Vec<Self>) -> Self {
        Self(Tensor::cat(batches.into_iter().map(|batch| batch.0).collect(), 0))
    }

    /// Returns a batch of `count` rows that all equal its only one.
    #[must_use]
    pub fn repeated(self, count: usize) -> Self {
        Self(self.0.repeat_dim(0, count))
    }

    /// Puts the channels of two batches one after the other.
    #[must_use]
    pub fn with_channels(self, others: Self) -> Self {
        Self(Tensor::cat(vec![self.0, others.0], 1))
    }

    /// Returns `count` latents of the batch, from number `first` on.
    #[must_use]
    pub fn rows(&self, first: usize, count: usize) -> Self {
        Self(self.0.clone().narrow(0, first, count))
    }

    /// Returns `count` channels of each latent, from number `first` on.
    #[must_use]
    pub fn channels_from(&self, first: usize, count: usize) -> Self {
        Self(self.0.clone().narrow(1, first, count))
    }

    /// Returns the latents with all values clipped to ±`most`.
    #[must_use]
    pub fn clamp(self, most: f64) -> Self {
        Self(self.0.clamp(-most, most))
    }

    /// Returns 1 for each value of at least `least`, and 0 for the others.
    #[must_use]
    pub fn at_least(self, least: f64) -> Self {
        Self(self.0.greater_equal_elem(least).float())
    }

    /// Returns `e` to the power of each value.
    #[must_use]
    pub fn exp(self) -> Self {
        Self(self.0.exp())
    }

    /// Returns the latents that are `share` of the way to `other` on the sphere, each by itself:
    /// `(sin((1 − t)·θ)·a + sin(t·θ)·b) / sin θ` for an angle θ between them (Shoemake 1985). The
    /// result of two draws of noise has their variance; a straight path would lose some.
    ///
    /// # Shapes
    /// `other` is `[b or 1, c, h, w]`.
    #[must_use]
    pub fn slerp(self, other: &Self, share: f64) -> Self {
        let [batch, channels, height, width] = self.dims();
        let flat = |x: Tensor<4>, rows| x.reshape([rows, channels * height * width]);
        let (a, b) = (flat(self.0, batch), flat(other.0.clone(), other.count()));
        let length = |x: &Tensor<2>| x.clone().square().sum_dim(1).sqrt(); // [b, 1]
        let product = (a.clone() * b.clone()).sum_dim(1);
        let cosine = product / (length(&a) * length(&b)).clamp_min(1e-12);
        // Near 0 and π the path is straight, as far as f32 can tell.
        let angle = cosine.clamp(-0.999_999, 0.999_999).acos();
        let sine = angle.clone().sin();
        let weight = |share: f64| (angle.clone() * share).sin() / sine.clone();
        let mixed = a * weight(1.0 - share) + b * weight(share);
        Self(mixed.reshape([batch, channels, height, width]))
    }

    /// Returns `mask·self + (1 − mask)·other`. A mask of one channel, or of one row, applies to all.
    #[must_use]
    pub fn blend(self, other: Self, mask: &Self) -> Self {
        let mask = mask.tensor();
        Self(self.0 * mask.clone() + other.0 * (mask * -1.0 + 1.0))
    }
}

impl Add for Latent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Latent {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Latent {
    type Output = Self;

    /// Multiplies value by value.
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Add<f64> for Latent {
    type Output = Self;

    fn add(self, value: f64) -> Self {
        Self(self.0 + value)
    }
}

impl Mul<f64> for Latent {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_noise_on_the_sphere() {
        let device = Device::flex();
        let noise = |seed| Latent::noise(&mut [Generator::new(seed)], [1, 8, 16, 16], &device);
        let values = |latent: Latent| -> Vec<f32> { latent.tensor().into_data().iter().collect() };
        let (a, b) = (values(noise(1)), values(noise(2)));
        let near = |found: Vec<f32>, wanted: &[f32]| {
            found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-4)
        };
        assert!(near(values(noise(1).slerp(&noise(2), 0.0)), &a));
        assert!(near(values(noise(1).slerp(&noise(2), 1.0)), &b));
        let middle = values(noise(1).slerp(&noise(2), 0.5));
        let variance = middle.iter().map(|x| x * x).sum::<f32>() / middle.len() as f32;
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
        // The middle is as far from both ends.
        let distance =
            |to: &[f32]| middle.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        assert!((distance(&a) / distance(&b) - 1.0).abs() < 0.05);
        // Equal noise has no direction to turn to, and stays.
        assert!(near(values(noise(1).slerp(&noise(1), 0.5)), &a));
    }

    #[test]
    fn blends_by_a_mask_of_one_channel() {
        let device = Device::flex();
        let full = |value: f64| Latent::new(Tensor::full([2, 3, 1, 2], value, &device));
        let mask = Latent::new(Tensor::from_floats([[[[1.0, 0.25]]]], &device));
        let mixed = full(8.0).blend(full(4.0), &mask).tensor();
        let values: Vec<f32> = mixed.into_data().iter().collect();
        assert_eq!(values, [8.0, 5.0].repeat(6));
    }
}
