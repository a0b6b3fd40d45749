//! Self-attention over tokens (Vaswani et al., arXiv 1706.03762). Queries, keys and values are side by
//! side, as one projection gives them.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn::tensor::module::attention;
use burn_cubecl::CubeBackend;

use super::host::{exp, in_place, is_f32, reduce};

/// The most scores of a head that are held at once; above this, Flex's tiled attention is faster.
const MAX_SCORES: usize = 512 * 512;

/// Returns the attention's output, before its projection.
///
/// # Shapes
/// - `qkv`: queries, keys and values side by side, `[b, n, 3·d]`, of `heads` heads each
/// - output: `[b, n, d]`
pub(crate) fn self_attention(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as SelfAttentionOp>::self_attention(qkv.into_dispatch(), heads))
}

/// Computes the reference, with Burn's attention.
fn reference(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    let [q, k, v] = parts(qkv, heads);
    joined(attention(q, k, v, None, None, Default::default()))
}

/// Computes the attention on the CPU. Flex multiplies views without a copy, but its attention would copy
/// them first.
fn fused(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    let [q, k, v] = parts(qkv, heads);
    let scale = head_scale(&q);
    let scores = q.matmul(k.swap_dims(2, 3)); // [b, h, n, n]
    joined(scaled_softmax(scores, scale).matmul(v))
}

/// Returns queries, keys and values, each `[b, h, n, d/h]`, as views.
fn parts(qkv: Tensor<3>, heads: usize) -> [Tensor<4>; 3] {
    let [batch, tokens, width] = qkv.dims();
    let qkv = qkv.reshape([batch, tokens, 3, heads, width / 3 / heads]);
    [0, 1, 2].map(|i| qkv.clone().narrow(2, i, 1).squeeze_dim::<4>(2).swap_dims(1, 2))
}

/// Joins the heads: `[b, h, n, d/h]` → `[b, n, d]`.
fn joined(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, size] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * size])
}

fn head_scale(q: &Tensor<4>) -> f64 {
    let [_, _, _, size] = q.dims();
    (size as f64).powf(-0.5)
}

/// Returns the softmax over the last dimension of `scale·x`.
fn scaled_softmax(x: Tensor<4>, scale: f64) -> Tensor<4> {
    let [_, _, _, width] = x.dims();
    in_place(x, |x| {
        x.chunks_exact_mut(width).for_each(|row| softmax_row(row, scale as f32));
    })
}

#[inline(always)]
fn softmax_row(row: &mut [f32], scale: f32) {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let max = reduce(row, f32::NEG_INFINITY, larger).into_iter().fold(f32::NEG_INFINITY, larger);
    for x in row.iter_mut() {
        *x = exp((*x - max) * scale);
    }
    let inverse = 1.0 / reduce(row, 0.0, |sum, x| sum + x).iter().sum::<f32>();
    for x in row {
        *x *= inverse;
    }
}

#[backend_extension(Flex, Cube, Autodiff: cfg(feature = "native"))]
trait SelfAttentionOp: Backend {
    fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self>;
}

impl SelfAttentionOp for Flex {
    fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self> {
        let qkv = Tensor::from_primitive::<Self>(qkv);
        let [_, tokens, _] = qkv.dims();
        let is_small = is_f32(&qkv) && tokens * tokens <= MAX_SCORES;
        let y = if is_small { fused(qkv, heads) } else { reference(qkv, heads) };
        y.try_into_primitive::<Self>().expect("the result is a Flex tensor")
    }
}

impl SelfAttentionOp for CubeBackend {
    fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self> {
        let y = reference(Tensor::from_primitive::<Self>(qkv), heads);
        y.try_into_primitive::<Self>().expect("the result is a GPU tensor")
    }
}

#[cfg(feature = "native")]
mod gradient {
    use burn::backend::autodiff::checkpoint::base::Checkpointer;
    use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
    use burn::backend::autodiff::grads::Gradients;
    use burn::backend::autodiff::ops::{Backward, Ops};
    use burn::backend::{Autodiff, DispatchKindConversion, DispatchTensor};
    use burn::tensor::TensorData;

    use super::{
        CubeBackend, Flex, FloatTensor, SelfAttentionOp, Tensor, head_scale, in_place, joined,
        parts, reference, scaled_softmax,
    };
    use crate::kernels::host::{LANES, values, vectorised};
    use crate::kernels::step::{Plain, output_grad, plain, record, register, tensor};

    impl<C: CheckpointStrategy> SelfAttentionOp for Autodiff<Flex, C> {
        fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self> {
            let of_qkv = qkv.clone().into_primitive();
            let [q, k, v] = parts(tensor(&of_qkv), heads);
            let scale = head_scale(&q);
            let scores = q.matmul(contiguous(k.swap_dims(2, 3)));
            let weights = scaled_softmax(scores, scale); // [b, h, n, n]
            let output = joined(weights.clone().matmul(v));
            record::<C, 1, _>(
                SelfAttentionBackward,
                [&qkv],
                (of_qkv, plain(weights), heads),
                plain(output),
            )
        }
    }

    impl<C: CheckpointStrategy> SelfAttentionOp for Autodiff<CubeBackend, C>
    where
        DispatchTensor: DispatchKindConversion<Self>,
    {
        fn self_attention(qkv: FloatTensor<Self>, heads: usize) -> FloatTensor<Self> {
            let y = reference(Tensor::from_primitive::<Self>(qkv), heads);
            y.try_into_primitive::<Self>().expect("the result is an autodiff tensor")
        }
    }

    /// Returns a copy in row-major order. Flex's products pack a transposed right operand value by
    /// value, which takes longer than the product itself for matrices as small as these.
    fn contiguous(x: Tensor<4>) -> Tensor<4> {
        let device = x.device();
        Tensor::from_data(x.into_data(), &device)
    }

    #[derive(Debug)]
    struct SelfAttentionBackward;

    impl Backward<Flex, 1> for SelfAttentionBackward {
        type State = (Plain, Plain, usize);

        fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
            let (qkv, weights, heads) = &ops.state;
            let (weights, [q, k, v]) = (tensor::<4>(weights), parts(tensor(qkv), *heads));
            let ([batch, heads, tokens, size], scale) = (q.dims(), head_scale(&q));
            let grad = output_grad::<_, 1, 3>(&ops, grads);
            let grad = grad.reshape([batch, tokens, heads, size]).swap_dims(1, 2); // [b, h, n, d/h]

            let of_v = weights.clone().swap_dims(2, 3).matmul(grad.clone());
            let of_scores = {
                let weights = values(weights);
                in_place(grad.matmul(contiguous(v.swap_dims(2, 3))), |grad| {
                    for (grad, weights) in
                        grad.chunks_exact_mut(tokens).zip(weights.chunks_exact(tokens))
                    {
                        grad_row(grad, weights, scale as f32);
                    }
                })
            };
            let of_q = of_scores.clone().matmul(k);
            let of_k = of_scores.swap_dims(2, 3).matmul(q);
            let of_qkv = concatenated([of_q, of_k, of_v]);
            register(ops, grads, [plain(of_qkv)]);
        }
    }

    /// Computes one row of a softmax's gradient, `scale·w·(g − Σ g·w)`, in place of `g`.
    #[inline(always)]
    fn grad_row(grad: &mut [f32], weights: &[f32], scale: f32) {
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

    /// Inverts [`parts`].
    fn concatenated(parts: [Tensor<4>; 3]) -> Tensor<3> {
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
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use burn::tensor::activation;

    use super::*;
    use crate::kernels::testing::{assert_gradients, assert_same};

    #[test]
    fn matches_the_reference_and_its_gradients() {
        let fused = |[qkv]: [Tensor<3>; 1]| self_attention(qkv, 2);
        assert_same([[2, 5, 24]], fused, |[qkv]| reference(qkv, 2));
        assert_gradients([[2, 5, 24]], fused, |[qkv]| {
            let [q, k, v] = parts(qkv, 2);
            let scores = q.matmul(k.swap_dims(2, 3)) * 0.5;
            joined(activation::softmax(scores, 3).matmul(v))
        });
    }
}
