//! Attention where gradients are wanted on the CPU, as one step of Burn's autodiff.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::tensor::{Tensor, TensorData};

use super::fused::{self, LANES, in_place, values, vectorised};
use super::fused_gradients::{Plain, plain, record, register, tensor, tracked};

/// Attention among tokens.
///
/// # Shapes
/// - input: queries, keys and values side by side, `[b, n, 3·d]`
/// - output: `[b, n, d]`
pub(super) fn self_attention(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    let qkv = tracked(qkv);
    let of_qkv = qkv.clone().into_primitive();
    let [q, k, v] = parts(tensor(&of_qkv), heads);
    let ([batch, heads, tokens, size], scale) = (q.dims(), head_scale(&q));
    let scores = q.matmul(laid_out(k.swap_dims(2, 3)));
    let weights = fused::scaled_softmax(scores, scale); // [b, h, n, n]
    let output = weights.clone().matmul(v); // [b, h, n, d/h]
    let output = output.swap_dims(1, 2).reshape([batch, tokens, heads * size]);
    record(SelfAttention, [&qkv], (of_qkv, plain(weights), heads), output)
}

/// A copy in row-major order: Flex's products pack a turned right side value by value, which for
/// matrices as small as these takes longer than the product.
fn laid_out(x: Tensor<4>) -> Tensor<4> {
    let device = x.device();
    Tensor::from_data(x.into_data(), &device)
}

fn head_scale(q: &Tensor<4>) -> f64 {
    let [_, _, _, size] = q.dims();
    (size as f64).powf(-0.5)
}

/// Queries, keys and values, each `[b, h, n, d/h]`, as views.
fn parts(qkv: Tensor<3>, heads: usize) -> [Tensor<4>; 3] {
    let [batch, tokens, width] = qkv.dims();
    let qkv = qkv.reshape([batch, tokens, 3, heads, width / 3 / heads]);
    [0, 1, 2].map(|i| qkv.clone().narrow(2, i, 1).squeeze_dim::<4>(2).swap_dims(1, 2))
}

#[derive(Debug)]
struct SelfAttention;

impl Backward<Flex, 1> for SelfAttention {
    type State = (Plain, Plain, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (qkv, weights, heads) = &ops.state;
        let (weights, [q, k, v]) = (tensor::<4>(weights), parts(tensor(qkv), *heads));
        let ([batch, heads, tokens, size], scale) = (q.dims(), head_scale(&q));
        let grad = Tensor::<3>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let grad = grad.reshape([batch, tokens, heads, size]).swap_dims(1, 2); // [b, h, n, d/h]

        let of_v = weights.clone().swap_dims(2, 3).matmul(grad.clone());
        let of_scores = {
            let weights = values(weights);
            in_place(grad.matmul(laid_out(v.swap_dims(2, 3))), |grad| {
                for (grad, weights) in
                    grad.chunks_exact_mut(tokens).zip(weights.chunks_exact(tokens))
                {
                    softmax_row(grad, weights, scale as f32);
                }
            })
        };
        let of_q = of_scores.clone().matmul(k);
        let of_k = of_scores.swap_dims(2, 3).matmul(q);
        let of_qkv = side_by_side([of_q, of_k, of_v]);
        register(ops, grads, [plain(of_qkv)]);
    }
}

/// One row of a softmax's gradient, `scale·w·(g − Σ g·w)`, in the place of `g`.
#[inline(always)]
fn softmax_row(grad: &mut [f32], weights: &[f32], scale: f32) {
    let mut sums = [0f32; LANES];
    for (grad, weights) in grad.chunks(LANES).zip(weights.chunks(LANES)) {
        for ((sum, grad), weight) in sums.iter_mut().zip(grad).zip(weights) {
            *sum += grad * weight;
        }
    }
    let sum = sums.iter().sum::<f32>();
    for (grad, weight) in grad.iter_mut().zip(weights) {
        *grad = (*grad - sum) * weight * scale;
    }
}

/// Undoes [`parts`].
fn side_by_side(parts: [Tensor<4>; 3]) -> Tensor<3> {
    let ([batch, heads, tokens, size], device) = (parts[0].dims(), parts[0].device());
    let width = heads * size;
    let mut joined = vec![0f32; batch * tokens * 3 * width];
    for (i, part) in parts.into_iter().enumerate() {
        let part = values(part);
        vectorised(|| {
            for (row, values) in part.chunks_exact(size).enumerate() {
                let (batch, head, token) =
                    (row / (heads * tokens), row / tokens % heads, row % tokens);
                let start = ((batch * tokens + token) * 3 + i) * width + head * size;
                joined[start..start + size].copy_from_slice(values);
            }
        });
    }
    Tensor::from_data(TensorData::new(joined, [batch, tokens, 3 * width]), &device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation;

    use super::*;
    use crate::model::fused_gradients::tests::compare;

    #[test]
    fn gradients_are_burns() {
        compare(
            [[2, 5, 24]],
            |[qkv]| self_attention(qkv, 2),
            |[qkv]| {
                let [q, k, v] = parts(qkv, 2);
                let scores = q.matmul(k.swap_dims(2, 3)) * 0.5;
                activation::softmax(scores, 3).matmul(v).swap_dims(1, 2).reshape([2, 5, 8])
            },
        );
    }
}
