//! Patchwork turns a text prompt into a picture with a Diffusion Transformer (DiT), in [Burn].
//!
//! ```no_run
//! use burn::tensor::Device;
//! use patchwork::pipeline::Folder;
//! use patchwork::{Pipeline, Recipe};
//!
//! # async fn draw() -> patchwork::Result<()> {
//! let model = Folder("www/models/stickers".into());
//! let pipeline = Pipeline::load(&model, &Device::flex()).await?;
//! let recipe = Recipe { prompt: "red apple".into(), seed: 7, ..pipeline.defaults.recipe() };
//! let pictures = pipeline.images(&recipe).await?;
//! std::fs::write("apple.png", pictures[0].to_png(None)?).expect("the folder can be written to");
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//!  prompt ─► tokenizer ─► text encoder ─► context ──┐
//!  seed ──► noise ─► sampler ⟲ guidance ⟲ denoiser ⟲ DiT
//!                      │ each step: latent ─► RGB preview
//!                      └► autoencoder's decoder ─► picture
//! ```
//!
//! Read it top down: [`pipeline`] turns a prompt into a picture. [`model`] holds the networks, one
//! concept a file. [`diffusion`] knows a network only as a denoiser, and [`samplers`] do not know it at
//! all. [`text`] encodes a prompt. [`weights`] reads checkpoints strictly. [`recipe`],
//! [`image`](mod@image) and [`page`] do not use Burn, so that a page can share them. `ARCHITECTURE.md`
//! says which of these may use which.
//!
//! [Burn]: https://burn.dev

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
#[cfg(feature = "page")]
pub mod ui;
#[cfg(feature = "worker")]
pub mod worker;

pub use error::{Error, Result};
pub use image::Image;
#[cfg(feature = "engine")]
pub use pipeline::Pipeline;
pub use recipe::Recipe;
#[cfg(feature = "engine")]
pub use samplers::Sampler;
