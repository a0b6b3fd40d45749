//! What pictures are called: the tables of labels and everyday words, Unicode's concepts, keywords,
//! families of labels that differ little, English grammar, and colours by name. It uses neither
//! [`gather`](super::gather) nor [`teach`](super::teach).

pub mod colours;
mod concepts;
mod families;
pub mod grammar;
mod keywords;
pub mod seeing;
mod tables;

pub use concepts::{Concept, Concepts};
pub use families::Families;
pub use keywords::{Keywords, never};
pub use tables::{IconNames, Named, everyday, everyday_by_label};
