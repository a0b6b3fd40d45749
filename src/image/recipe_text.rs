//! The text chunks of a PNG, and the one that holds its recipe.

use super::{RECIPE_KEYWORD, no_png};
use crate::Result;

/// The most bytes of a recipe as text, because a small chunk may inflate to gigabytes.
const MOST_TEXT: usize = 1 << 20;

/// Returns the text of the recipe's chunk, if there is one.
pub(super) fn recipe_text(info: &png::Info<'_>) -> Result<Option<String>> {
    text_of(info, RECIPE_KEYWORD, MOST_TEXT)
}

/// Returns the text of the chunk with a keyword, if there is one, of at most `most` bytes.
pub(super) fn text_of(info: &png::Info<'_>, keyword: &str, most: usize) -> Result<Option<String>> {
    let unpacked = if let Some(chunk) = info.utf8_text.iter().find(|c| c.keyword == keyword) {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(most).and_then(|()| chunk.get_text())
    } else if let Some(chunk) = info.compressed_latin1_text.iter().find(|c| c.keyword == keyword) {
        let mut chunk = chunk.clone();
        let text = chunk.decompress_text_with_limit(most).and_then(|()| chunk.get_text());
        text.map(utf8_or_latin1)
    } else {
        let mut chunks = info.uncompressed_latin1_text.iter();
        let Some(chunk) = chunks.find(|c| c.keyword == keyword) else { return Ok(None) };
        Ok(utf8_or_latin1(chunk.text.clone()))
    };
    let what = if keyword == RECIPE_KEYWORD { "recipe" } else { "picture" };
    let bad = |problem| no_png(&format!("its {what} cannot be decompressed: {problem}"));
    unpacked.map(Some).map_err(bad)
}

/// Decodes text as UTF-8 if it is valid, and else as Latin-1. Some programs write UTF-8 where PNG asks
/// for Latin-1, and text in Latin-1 is hardly ever valid UTF-8.
fn utf8_or_latin1(latin1: String) -> String {
    let bytes: Option<Vec<u8>> = latin1.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(latin1)
}
