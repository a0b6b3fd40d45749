//! The engine, compared with PyTorch. Fixtures and the script that made them are in `tests/golden`.
//!
//! Every comparison runs on the CPU and on a wgpu device. Tolerances are relative to the largest value of
//! the compared tensor. f32 sums in another order than PyTorch's differ by about 1e-6 of it per layer,
//! which is also the difference between the script's own two code paths (AVX2 and AVX-512).

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod autoencoders;
mod dit;
mod edits;
mod folders;
mod gradients;
mod lite0;
mod minilm;
mod noise;
mod pipeline;
mod samplers;
mod starts;
mod stickers;
mod support;
mod u2netp;
mod upscaler;
mod weights;
