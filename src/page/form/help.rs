//! The help texts under the prompts, which say how the model reads them.

use super::Form;
use crate::tools::words::short;

/// Returns a sentence with the beginning of the text that does not fit.
fn left_out(cut: &str) -> String {
    format!("Too long; this is left out: “{}”.", short(cut, 60))
}

/// Returns the help text under the prompt, of which the model reads `max_tokens`; 0 if none is
/// loaded.
pub fn prompt(form: &Form, max_tokens: usize) -> String {
    let read = &form.prompt_reading;
    let mut text = match &read.cut {
        _ if form.recipe.prompt.trim().is_empty() => {
            "A thing and perhaps a colour does best; without words it draws whatever it likes."
                .into()
        }
        Some(cut) => format!("{} of {max_tokens} tokens. {}", read.tokens, left_out(cut)),
        None if max_tokens > 0 && read.tokens > 0 => {
            format!("{} of {max_tokens} tokens.", read.tokens)
        }
        None => "A thing and perhaps a colour does best.".into(),
    };
    for note in &read.notes {
        text += &format!(" {note}");
    }
    text
}

/// Returns the help text under the negative prompt.
pub fn negative(form: &Form) -> String {
    let read = &form.negative_reading;
    let mut text = String::from("What to draw away from.");
    if form.recipe.negative.trim().is_empty() {
        return text;
    }
    if form.recipe.guidance == 1.0 {
        text += " At guidance 1 it is not used: choose a higher one.";
    }
    if let Some(cut) = &read.cut {
        text += &format!(" {}", left_out(cut));
    }
    for note in &read.notes {
        text += &format!(" {note}");
    }
    text
}
