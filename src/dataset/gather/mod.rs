//! Where pictures come from: the open sets in npm packages, or a folder of the user's own; they are
//! read, rendered, fitted to one size and named. It uses [`names`](super::names).

pub(super) mod canvas;
mod collect;
mod fit;
pub mod folder;
mod folder_notes;
mod iconify;
mod large;
pub mod npm;
mod render;
mod sets;

pub use canvas::SIDE;
pub use collect::{Count, Gathered, Match, gather};
pub use fit::quartered;
pub use folder_notes::CAPTIONS;
pub use large::LargePictures;
pub use sets::{EMOJIBASE, is_in_colour};
