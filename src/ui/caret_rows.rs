//! The row of a text field in which the caret is, with wrapped rows counted.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// Returns whether the caret is in the first row.
pub(super) fn is_first(area: &HtmlTextAreaElement) -> bool {
    caret_row(area).is_none_or(|(row, _)| row == 1)
}

/// Returns whether the caret is in the last row.
pub(super) fn is_last(area: &HtmlTextAreaElement) -> bool {
    caret_row(area).is_none_or(|(row, rows)| row == rows)
}

/// Returns the row of the caret, 1 for the first, and the number of rows.
fn caret_row(area: &HtmlTextAreaElement) -> Option<(i32, i32)> {
    let (text, caret) = text_and_caret(area);
    // A word that does not fit into a row moves to the next as a whole, unless it is longer than a row.
    let start = text[..caret].iter().rposition(|unit| is_space(*unit)).map_or(0, |at| at + 1);
    let end = text[caret..].iter().position(|unit| is_space(*unit));
    let end = end.map_or(text.len(), |end| caret + end);
    let [all, before, with_word, word] =
        rows(area, [&text, &text[..caret], &text[..end], &text[start..end]])?;
    Some((if word > 1 { before } else { with_word }, all))
}

/// Returns the text of a field in UTF-16, as browsers count, and the position of the caret.
fn text_and_caret(area: &HtmlTextAreaElement) -> (Vec<u16>, usize) {
    let text: Vec<u16> = area.value().encode_utf16().collect();
    let caret = area.selection_start().ok().flatten().unwrap_or(0) as usize;
    let caret = caret.min(text.len());
    (text, caret)
}

fn is_space(unit: u16) -> bool {
    char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace)
}

/// Returns how many rows each of `texts` takes in a field as wide as `area`. It measures them in an
/// invisible copy.
fn rows<const N: usize>(area: &HtmlTextAreaElement, texts: [&[u16]; N]) -> Option<[i32; N]> {
    let copy: HtmlTextAreaElement = area.clone_node().ok()?.dyn_into().ok()?;
    copy.set_id("");
    copy.set_class_name("measure");
    copy.set_rows(1);
    copy.set_tab_index(-1);
    drop(copy.set_attribute("aria-hidden", "true"));
    let width = format!("{}px", area.offset_width());
    copy.style().set_property("width", &width).ok()?;
    area.parent_node()?.append_child(&copy).ok()?;
    let height = |text: &str| {
        copy.set_value(text);
        copy.scroll_height()
    };
    let (one, two) = (height("a"), height("a\na"));
    let found =
        texts.map(|text| 1 + (height(&String::from_utf16_lossy(text)) - one) / (two - one).max(1));
    copy.remove();
    Some(found)
}
