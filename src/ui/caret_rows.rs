//! In which row of a text field the caret stands: rows as they are seen, wrapped ones too.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// Returns whether the caret stands in the first row.
pub(super) fn is_first(area: &HtmlTextAreaElement) -> bool {
    let (text, caret) = text_and_caret(area);
    // A word that the caret stands in may begin the second row as a whole.
    let rest = text[caret..].iter().position(|unit| is_space(*unit));
    let word = rest.map_or(text.len(), |rest| caret + rest);
    caret == 0 || rows(area, [&text[..word]]) == Some([1])
}

/// Returns whether the caret stands in the last row.
pub(super) fn is_last(area: &HtmlTextAreaElement) -> bool {
    let (text, caret) = text_and_caret(area);
    let found = rows(area, [&text[..caret], &text]);
    caret == text.len() || found.is_some_and(|[caret, all]| caret == all)
}

/// Returns the text of a field in UTF-16, as browsers count, and where the caret stands.
fn text_and_caret(area: &HtmlTextAreaElement) -> (Vec<u16>, usize) {
    let text: Vec<u16> = area.value().encode_utf16().collect();
    let caret = area.selection_start().ok().flatten().unwrap_or(0) as usize;
    let caret = caret.min(text.len());
    (text, caret)
}

fn is_space(unit: u16) -> bool {
    char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace)
}

/// Returns how many rows each of `texts` takes in a field as wide as `area`. A copy of it, which is seen
/// by nobody, tells.
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
