//! Notes for the user about what a recipe asks for and its picture does not show.

use crate::diffusion::levels::StepLevels;
use crate::recipe::Recipe;
use crate::text::reader::LookedUp;
use crate::text::{Tokens, Typed};
use crate::tools::words::{several, short};

/// Returns notes about how the recipe's `what`, such as its prompt, was read: emoji, words that the
/// vocabulary lacks, and the part that did not fit into `max_tokens`.
pub fn read_otherwise(what: &str, text: &str, tokens: &Tokens, max_tokens: usize) -> Vec<String> {
    let mut notes = vocabulary(what, text, tokens);
    if let Some(cut) = &tokens.cut {
        notes.push(format!(
            "The {what} is longer than the model's {max_tokens} tokens; this was left out: “{}”.",
            short(cut, 200)
        ));
    }
    notes
}

/// Returns notes about what was removed from the recipe's `what` because it is not part of any word.
pub fn cleaned(what: &str, typed: &Typed) -> Vec<String> {
    let mut notes = Vec::new();
    match typed.invisible {
        0 => {}
        1 => notes.push(format!("A character that cannot be seen was left out of the {what}.")),
        count => notes
            .push(format!("{count} characters that cannot be seen were left out of the {what}.")),
    }
    if !typed.weighted.is_empty() {
        let words = typed.weighted.iter().map(|words| format!("“{}”", short(words, 40)));
        notes.push(format!(
            "This model has no prompt weights in brackets: {} in the {what} counts like the other \
             words.",
            several(&words.collect::<Vec<_>>())
        ));
    }
    notes
}

/// The largest number of unknown words that are reported.
const UNKNOWN: usize = 3;

/// Returns notes about the text that the table of words gives for a prompt, if it differs, and about the
/// words that the table lacks.
pub fn looked_up(prompt: &str, found: &LookedUp) -> Vec<String> {
    let mut notes = Vec::new();
    if found.is_other {
        notes.push(format!("“{}” is read as “{}”.", short(prompt.trim(), 40), found.text));
    }
    let words = prompt.split_whitespace().count();
    if words > 1 && found.unknown.len() + 1 >= words || found.unknown.len() >= UNKNOWN {
        let unknown = found.unknown.iter().map(|(word, _)| word.as_str());
        let understood = understood(prompt, unknown);
        notes.push(format!(
            "This model reads English, and understands simple names best.{understood}"
        ));
    }
    for (word, nearest) in found.unknown.iter().take(UNKNOWN) {
        let nearest: Vec<String> = nearest.iter().map(|word| format!("“{word}”")).collect();
        notes.push(match nearest.is_empty() {
            true => format!("The model was taught no pictures of “{}”.", short(word, 40)),
            false => format!(
                "The model was taught no pictures of “{}”. The nearest words that it knows: {}.",
                short(word, 40),
                nearest.join(", ")
            ),
        });
    }
    notes
}

/// Returns a sentence with the words of a text that are known; an empty text if there are none.
fn understood<'a>(text: &str, unknown: impl Iterator<Item = &'a str>) -> String {
    let unknown: Vec<String> = unknown.map(str::to_lowercase).collect();
    let is_known = |word: &&str| {
        let word = word.to_lowercase();
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        !word.is_empty() && !unknown.iter().any(|other| other == word)
    };
    let known: Vec<&str> = text.split_whitespace().filter(is_known).collect();
    match known.is_empty() {
        true => String::new(),
        false => format!(" It understands “{}”.", short(&known.join(" "), 60)),
    }
}

/// Returns notes about the emoji in a text, and about the words that the vocabulary lacks.
pub fn vocabulary(what: &str, text: &str, tokens: &Tokens) -> Vec<String> {
    let mut notes = Vec::new();
    if !tokens.emoji.is_empty() {
        let read = tokens.emoji.iter().map(|e| format!("{} is read as “{}”", e.written, e.name));
        notes.push(format!("In the {what} {}.", several(&read.collect::<Vec<_>>())));
    }
    if !tokens.unknown.is_empty() {
        let unknown = tokens.unknown.iter().map(|word| format!("“{}”", short(word, 40)));
        notes.push(format!(
            "This model reads English: it has no words for {} in the {what}, and reads it as unknown.{}",
            several(&unknown.collect::<Vec<_>>()),
            understood(text, tokens.unknown.iter().map(String::as_str))
        ));
    }
    notes
}

/// Returns notes about the parts of `recipe` that its guidance does not use. `scale` is the guidance scale
/// over the `steps` that are taken, and `timesteps` is the number of timesteps in the schedule.
pub(super) fn unguided(
    recipe: &Recipe,
    scale: f64,
    steps: &[StepLevels],
    timesteps: usize,
) -> Vec<String> {
    let mut notes = Vec::new();
    let has_negative = !recipe.negative.trim().is_empty();
    let (from, to) = recipe.guidance_interval;
    let is_between = |timestep: f64| {
        crate::diffusion::guidance::is_within(timestep / timesteps as f64, (from, to))
    };
    let is_guided = steps.iter().any(|step| is_between(step.timestep));
    if scale == 1.0 && recipe.guidance != 1.0 {
        notes.push(format!(
            "As in diffusers' DiTPipeline, a guidance scale of {} has no effect on this model: choose one \
             above 1.",
            recipe.guidance
        ));
    }
    // Without a step nothing changes: that is no matter of guidance.
    if !is_guided && scale != 1.0 && !steps.is_empty() {
        notes.push(format!(
            "No step lies in the guidance interval {from} to {to}, so guidance has no effect. Widen it, or take \
             more steps."
        ));
    }
    if has_negative && (scale == 1.0 || !is_guided) {
        let why = if scale == 1.0 { "Without guidance" } else { "Outside the guidance interval" };
        notes.push(format!(
            "{why} the negative prompt is not used: choose a guidance above 1 for it."
        ));
    }
    let has_wish = !recipe.prompt.trim().is_empty() || !recipe.style.is_empty();
    if scale == 0.0 && is_guided && (has_wish || recipe.class.is_some() || has_negative) {
        notes.push(match has_negative {
            true => {
                "At guidance 0 the picture is drawn from the negative prompt: prompt and style are \
                     not used within the guidance interval."
                    .into()
            }
            false => {
                "At guidance 0 the picture is drawn without a prompt: prompt, style and class are \
                      not used within the guidance interval."
                    .into()
            }
        });
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_quote_the_known_words_beside_the_unknown() {
        let found = |unknown: &[&str]| LookedUp {
            text: String::new(),
            is_other: false,
            unknown: unknown.iter().map(|word| ((*word).to_owned(), Vec::new())).collect(),
        };
        let notes = looked_up("rotes Auto, cat!", &found(&["rotes", "auto"]));
        assert_eq!(
            notes[0],
            "This model reads English, and understands simple names best. It understands “cat!”."
        );
        assert_eq!(
            looked_up("ein Hund", &found(&["ein", "hund"]))[0],
            "This model reads English, and understands simple names best."
        );
        // One unknown word does not mean another language.
        assert_eq!(looked_up("a big red zorb", &found(&["zorb"])).len(), 1);
        assert!(looked_up("zorb", &found(&["zorb"]))[0].starts_with("The model was taught no"));
    }
}
