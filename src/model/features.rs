//! What the network's blocks see in a latent, for recognising it (as in Xiang et al., “Denoising
//! Diffusion Autoencoders are Unified Self-supervised Learners”, arXiv 2303.09769).

use burn::tensor::{Int, Tensor};

use super::Dit;
use super::text_tokens::TextTokens;

impl Dit {
    /// Returns the tokens of the patches after the first `blocks` blocks, averaged over each quarter of
    /// the picture.
    ///
    /// # Shapes
    /// - `x`, `timesteps`, `labels`, `text`: see [`forward`](Self::forward)
    /// - output: `[b, 4·d]`
    ///
    /// # Panics
    /// Panics if there are fewer blocks, or if the patches have no quarters.
    pub fn features(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: Option<&TextTokens>,
        blocks: usize,
    ) -> Tensor<2> {
        let conditions = self.conditions(timesteps, labels, text);
        let mut x = self.patches(x); // [b, n, d]
        let [batch, patches, width] = x.dims();
        if let Some(text) = text {
            x = Tensor::cat(vec![x, text.tokens.clone()], 1); // [b, n + k, d]
        }
        let x = self.through(0..blocks, x, &conditions).narrow(1, 0, patches);
        let [rows, columns] = self.config().grid();
        let halves = [2, rows / 2, 2, columns / 2];
        assert_eq!(halves.iter().product::<usize>(), patches, "a picture with quarters");
        x.reshape([batch * 2, rows / 2, 2, columns / 2 * width])
            .mean_dim(1) // [b·2, 1, 2, columns/2·d]
            .reshape([batch * 4, columns / 2, width])
            .mean_dim(1) // [b·4, 1, d]
            .reshape([batch, 4 * width])
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::model::DitConfig;
    use crate::model::testing::scrambled;

    #[test]
    fn averages_the_patches_of_each_quarter() {
        let device = Device::flex();
        let dit = scrambled(DitConfig::new([8, 8], 2, 2, 8, 2, 2, 3).init(&device), 1);
        let label = Tensor::from_ints([0], &device);
        let x = Tensor::<1, Int>::arange(0..128, &device).float().reshape([1, 2, 8, 8]) / 64.0;
        let found: Vec<f32> =
            dit.features(x.clone(), &[100.0], &label, None, 0).into_data().iter().collect();
        // Without a block, these are the patches: 4×4 of width 8.
        let patches: Vec<f32> = dit.patches(x).into_data().iter().collect();
        let mean = |places: [usize; 4], i: usize| {
            places.iter().map(|place| patches[8 * place + i]).sum::<f32>() / 4.0
        };
        for (quarter, places) in
            [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]].iter().enumerate()
        {
            for i in 0..8 {
                let difference = (found[8 * quarter + i] - mean(*places, i)).abs();
                assert!(difference < 1e-5, "{quarter} {i}: {difference}");
            }
        }
    }
}
