//! The page without a browser: what happens, what it knows then, and what it asks for.

mod draw;
mod engine;
mod history;
mod landing;
mod stage;
mod support;
mod upscaled;
