//! Patchwork turns a text prompt into a picture with a Diffusion Transformer (DiT).
//!
//! ```text
//!  prompt ─► tokenizer ─► text encoder ─► context ──┐
//!  seed ──► noise ─► sampler ⟲ guidance ⟲ denoiser ⟲ DiT
//!                      │ each step: latent ─► RGB preview
//!                      └► autoencoder's decoder ─► picture
//! ```
//!
//! Read it top down: [`pipeline`] is the way of a prompt; [`model`] holds the networks, one
//! concept a file; [`diffusion`] knows a network only as something that denoises; [`text`] makes
//! tokens of a prompt; [`weights`] reads checkpoints, strictly. [`recipe`] is what a picture can
//! be drawn again from, and does not know Burn, so that a page can share it.

#![deny(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod error;
pub mod image;
pub mod page;
pub mod recipe;
pub mod tools;

#[cfg(feature = "engine")]
pub mod diffusion;
#[cfg(feature = "engine")]
mod kernels;
#[cfg(feature = "engine")]
pub mod model;
#[cfg(feature = "engine")]
pub mod pipeline;
#[cfg(feature = "engine")]
pub mod samplers;
#[cfg(feature = "engine")]
pub mod text;
#[cfg(feature = "engine")]
pub mod weights;

#[cfg(feature = "native")]
pub mod cli;
#[cfg(feature = "native")]
pub mod dataset;
#[cfg(feature = "native")]
pub mod evaluate;
#[cfg(feature = "native")]
pub mod train;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
pub mod ui;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
pub mod worker;

pub use error::{Error, Result};
