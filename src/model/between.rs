//! Conditions between those of two pictures, for morphs.

use burn::tensor::{Int, Tensor};

use super::Dit;
use super::text_tokens::TextTokens;

/// A text and its label.
pub type Condition<'a> = (&'a TextTokens, usize);

impl Dit {
    /// Returns text tokens that condition the network, together with the label of `from`, at `share`
    /// of the straight path from one text and label to another: 0 is `from`, 1 is `to`. Tokens,
    /// pooled text and label vectors each go their straight path. The label's vector and the pooled
    /// text are both added to the timestep, so that the pooled text takes on the label's way.
    ///
    /// It is `None` if the blocks have conditioners of their own.
    pub fn between(
        &self,
        from: Condition<'_>,
        to: Condition<'_>,
        share: f64,
    ) -> Option<TextTokens> {
        let labels = [from.1, to.1].map(|label| self.label_vector(label, &from.0.pooled));
        let [Some(start), Some(end)] = labels else { return None };
        let way = |a: &TextTokens, b: &TextTokens| {
            let tokens = a.tokens.clone() * (1.0 - share) + b.tokens.clone() * share;
            let pooled = a.pooled.clone() * (1.0 - share) + b.pooled.clone() * share;
            TextTokens { tokens, pooled }
        };
        let TextTokens { tokens, pooled } = way(from.0, to.0);
        Some(TextTokens { tokens, pooled: pooled + (end - start) * share })
    }

    /// Returns a label's vector, `[1, d]`, on the device of `like`.
    fn label_vector(&self, label: usize, like: &Tensor<2>) -> Option<Tensor<2>> {
        let label = Tensor::<1, Int>::from_ints([label as i32], &like.device());
        self.label_vectors(label)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;
    use crate::model::testing::scrambled;
    use crate::model::{DitConfig, TextConfig};

    #[test]
    fn begins_at_the_first_condition_and_ends_at_the_second() {
        let device = Device::flex();
        let config = DitConfig::new([4, 4], 2, 2, 8, 2, 2, 3)
            .with_text(Some(TextConfig::new(6, 4)))
            .with_shared_conditioner(true);
        let dit = scrambled(config.init(&device), 1);
        let states = |n| Tensor::<2>::random([n, 6], Distribution::Uniform(-1.0, 1.0), &device);
        let texts =
            [states(2), states(4)].map(|states| dit.embed_text(states).expect("it reads text"));
        let x = Tensor::ones([1, 2, 4, 4], &device);
        let draw = |label: i32, text: &TextTokens| -> Vec<f32> {
            let label = Tensor::from_ints([label], &device);
            dit.forward(x.clone(), &[500.0], &label, Some(text)).into_data().iter().collect()
        };
        let at =
            |share| dit.between((&texts[0], 0), (&texts[1], 2), share).expect("one conditioner");
        let near = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(near(draw(0, &at(0.0)), draw(0, &texts[0])));
        assert!(near(draw(0, &at(1.0)), draw(2, &texts[1])));
        assert!(!near(draw(0, &at(0.5)), draw(0, &texts[0])));
    }
}
