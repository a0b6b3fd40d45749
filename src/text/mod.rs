//! The path from a prompt to the token states that the DiT reads.

pub mod emoji;
pub mod reader;
mod shortcodes;
mod spelling;
pub mod tokenizer;
#[cfg(feature = "native")]
pub mod trim;
pub mod typed;
pub mod words;

pub use emoji::EmojiNames;
pub use reader::TextReader;
pub use tokenizer::{Tokenizer, Tokens};
pub use typed::Typed;
pub use words::WordTable;
