//! Training with fewer tokens: some patches skip the middle blocks and join again behind them
//! (TREAD, Krause et al., arXiv 2501.04765). What is learnt serves the whole network, which draws
//! without any skipping.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::dit::Dit;
use super::text_tokens::TextTokens;

/// Which patches skip which blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// All patches in a new order: those that stay, then those that skip.
    pub order: Vec<usize>,
    /// How many stay.
    pub stay: usize,
    /// The blocks that are skipped.
    pub blocks: Range<usize>,
}

impl Route {
    /// Returns where each patch went: the order that undoes `order`.
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
    /// [`forward`](Self::forward) with a route. Blocks do not care for the order of tokens, which
    /// have their positions in them: so the order changes once before, and once after.
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

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, Tolerance};

    use super::*;
    use crate::model::{DitConfig, TextConfig};

    #[test]
    fn a_route_that_skips_nothing_is_the_plain_network() {
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
        // And one that does skip is another network.
        route.blocks = 1..3;
        let other = dit.forward_routed(x, &times, &labels, &text, &route).into_data();
        assert!(other.as_slice::<f32>().unwrap() != want.as_slice::<f32>().unwrap());
    }
}
