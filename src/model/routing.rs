//! Training with fewer tokens: some patches skip the middle blocks and rejoin after them (TREAD,
//! Krause et al., arXiv 2501.04765). Because the network has learnt to do without those blocks, some
//! predictions of a run may skip them too: the unconditional one of classifier-free guidance (as in
//! SPRINT, arXiv 2510.21986), and every one below a noise level of the model's choice.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::dit::Dit;
use super::text_tokens::TextTokens;

/// A choice of the patches that skip blocks, and of these blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// All patches in a new order: those that stay, then those that skip.
    pub order: Vec<usize>,
    /// How many patches stay.
    pub stay: usize,
    /// The blocks that are skipped.
    pub blocks: Range<usize>,
}

/// The last rows of a batch, all of whose tokens skip some blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortRows {
    /// How many rows skip.
    pub rows: usize,
    /// The blocks that these rows skip.
    pub blocks: Range<usize>,
}

impl Route {
    /// Returns the place of each patch in `order`: the inverse permutation.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.order.len()];
        for (place, &patch) in self.order.iter().enumerate() {
            places[patch] = place;
        }
        places
    }
}

fn indices(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

impl Dit {
    /// Returns the prediction of [`forward`](Self::forward) with a route. Blocks do not depend on
    /// the order of tokens, whose positions are added already, so the order changes only once
    /// before and once after them.
    pub fn forward_routed(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: &TextTokens,
        route: &Route,
    ) -> Tensor<4> {
        let device = labels.device();
        let conditions = self.conditions(timesteps, labels, Some(text));
        let x = self.patches(x).select(1, indices(&route.order, &device)); // [b, n, d]
        let [_, patches, _] = x.dims();
        let [_, places, _] = text.tokens.dims();
        let (stay, skip) = (route.stay, patches - route.stay);

        let staying = x.clone().narrow(1, 0, stay);
        let skipping = x.narrow(1, stay, skip);
        let x = Tensor::cat(vec![staying, text.tokens.clone(), skipping], 1); // [b, n + k, d]
        let x = self.through(0..route.blocks.start, x, &conditions);
        let skipping = x.clone().narrow(1, stay + places, skip);
        let x = self.through(route.blocks.clone(), x.narrow(1, 0, stay + places), &conditions);
        let x = Tensor::cat(vec![x, skipping], 1); // [b, n + k, d]
        let x = self.through(route.blocks.end..self.depth(), x, &conditions);

        let (staying, skipping) = (x.clone().narrow(1, 0, stay), x.narrow(1, stay + places, skip));
        let x = Tensor::cat(vec![staying, skipping], 1); // [b, n, d]
        let x = self.project(x, &conditions).select(1, indices(&route.places(), &device));
        self.unpatchify(x)
    }
}

impl Dit {
    /// Returns the prediction of [`forward`](Self::forward) with the last rows on the short path:
    /// all rows pass through the outer blocks as one batch, and these rows skip the others.
    ///
    /// # Panics
    /// Panics if there are fewer rows or no such blocks.
    pub fn forward_short(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: Option<&TextTokens>,
        short: &ShortRows,
    ) -> Tensor<4> {
        let ShortRows { rows: short, blocks } = short.clone();
        self.forward_by(x, timesteps, labels, text, |x, conditions| {
            let [batch, _, _] = x.dims();
            let x = self.through(0..blocks.start, x, conditions);
            let x = match batch - short {
                0 => x,
                _ if short == 0 => self.through(blocks.clone(), x, conditions),
                long => {
                    let of_long = |c: &Tensor<2>| c.clone().narrow(0, 0, long);
                    let of_long: Vec<_> = conditions.iter().map(of_long).collect();
                    let skipping = x.clone().narrow(0, long, short);
                    let x = self.through(blocks.clone(), x.narrow(0, 0, long), &of_long);
                    Tensor::cat(vec![x, skipping], 0) // [b, n + k, d]
                }
            };
            self.through(blocks.end..self.depth(), x, conditions)
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, Tolerance};

    use super::*;
    use crate::model::{DitConfig, TextConfig};

    #[test]
    fn a_route_that_skips_no_block_equals_the_plain_forward() {
        let device = Device::flex();
        let dit = DitConfig::new([4, 4], 2, 2, 8, 4, 2, 3)
            .with_learn_sigma(false)
            .with_text(Some(TextConfig::new(6, 3)))
            .init(&device);
        let dit = crate::model::testing::scrambled(dit, 1);
        let x = Tensor::random([2, 2, 4, 4], Distribution::Default, &device);
        let labels = Tensor::from_ints([0, 2], &device);
        let states = Tensor::random([2, 3, 6], Distribution::Default, &device);
        let text = dit.embed_texts(states, &[3, 3]).unwrap();
        let times = [100.0, 700.0];
        let want = dit.forward(x.clone(), &times, &labels, Some(&text)).into_data();

        let mut route = Route { order: vec![2, 0, 3, 1], stay: 2, blocks: 2..2 };
        let got = dit.forward_routed(x.clone(), &times, &labels, &text, &route).into_data();
        got.assert_approx_eq::<f32>(&want, Tolerance::absolute(1e-5));
        // A route that skips blocks gives another prediction.
        route.blocks = 1..3;
        let other = dit.forward_routed(x, &times, &labels, &text, &route).into_data();
        assert!(other.as_slice::<f32>().unwrap() != want.as_slice::<f32>().unwrap());
    }

    /// Each row of a batch has the prediction that it has alone, on either path.
    #[test]
    fn short_rows_do_not_change_the_other_rows() {
        let device = Device::flex();
        let dit = DitConfig::new([4, 4], 2, 2, 8, 4, 2, 3).with_learn_sigma(false).init(&device);
        let dit = crate::model::testing::scrambled(dit, 1);
        let x = Tensor::<4>::random([3, 2, 4, 4], Distribution::Default, &device);
        let labels = Tensor::from_ints([0, 2, 1], &device);
        let run = |rows: usize, blocks: Range<usize>| {
            let short = ShortRows { rows, blocks };
            dit.forward_short(x.clone(), &[100.0; 3], &labels, None, &short)
        };
        let whole = dit.forward(x.clone(), &[100.0; 3], &labels, None);
        let close = Tolerance::<f32>::absolute(1e-5);
        for same in [run(0, 1..3), run(3, 2..2)] {
            same.into_data().assert_approx_eq(&whole.clone().into_data(), close);
        }
        let (all, mixed) = (run(3, 1..3), run(1, 1..3));
        let wanted =
            Tensor::cat(vec![whole.clone().narrow(0, 0, 2), all.clone().narrow(0, 2, 1)], 0);
        mixed.into_data().assert_approx_eq(&wanted.into_data(), close);
        let apart = (all - whole).abs().max().into_scalar::<f32>();
        assert!(apart > 1e-3, "{apart}");
    }
}
