//! What is taught by pictures: which of them are learnt and which are held out, their captions, how often
//! each is sampled, and the variants made of them. [`Teaching`] puts it together. It uses
//! [`names`](super::names) and [`gather`](super::gather).

mod augment;
mod caption_kind;
pub mod captions;
mod compose;
pub mod contact;
mod lessons;
mod own_split;
mod sampling;
pub mod small;
mod split;
mod subjects;
mod teaching;
mod twins;

pub use caption_kind::{CaptionKind, KINDS};
pub use compose::phrases;
pub use lessons::{Lesson, Lessons, Verdict};
pub use own_split::hold_out;
pub use split::assign;
pub use teaching::{Caption, Taught, Teaching};
pub use twins::leaks;
