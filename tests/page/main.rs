//! The page without a browser: actions, the state after them, and the effects that they request.

mod derive;
mod draw;
mod edit;
mod engine;
mod history;
mod landing;
mod stage;
mod support;
mod upscaled;
