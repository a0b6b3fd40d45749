//! Sentences about what a recipe asks for and its picture does not show.

use crate::diffusion::Levels;
use crate::recipe::Recipe;
use crate::text::reader::LookedUp;
use crate::text::{Tokens, Typed};
use crate::tools::words::{several, short};

/// Returns how a text, which is the recipe's `what`, was read if that is not word by word: emoji,
/// what the vocabulary lacks, and what did not fit into `max_tokens`.
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

/// Returns what was left out of a text, which is the recipe's `what`, because it is no part of any word.
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
            "This model knows no weights in brackets: {} in the {what} counts like all else.",
            several(&words.collect::<Vec<_>>())
        ));
    }
    notes
}

/// The most unknown words that are told.
const UNKNOWN: usize = 3;

/// Returns how the table of words reads a prompt, if that is another text, and what it lacks.
pub fn looked_up(prompt: &str, found: &LookedUp) -> Vec<String> {
    let mut notes = Vec::new();
    if found.is_other {
        notes.push(format!("“{}” is read as “{}”.", short(prompt.trim(), 40), found.text));
    }
    let words = prompt.split_whitespace().count();
    if words > 1 && found.unknown.len() + 1 >= words || found.unknown.len() >= UNKNOWN {
        let unknown = found.unknown.iter().map(|(word, _)| word.as_str());
        let understood = understood(prompt, unknown);
        notes.push(format!("This model reads English, and simple names best.{understood}"));
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

/// Returns what is left of a text without the words that are not known, as a sentence; nothing if
/// that is nothing.
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

/// Returns the emoji in a text, and what the vocabulary lacks of it.
pub fn vocabulary(what: &str, text: &str, tokens: &Tokens) -> Vec<String> {
    let mut notes = Vec::new();
    if !tokens.emoji.is_empty() {
        let read = tokens.emoji.iter().map(|e| format!("{} is read as “{}”", e.written, e.name));
        notes.push(format!("In the {what} {}.", several(&read.collect::<Vec<_>>())));
    }
    if !tokens.unknown.is_empty() {
        let unknown = tokens.unknown.iter().map(|word| format!("“{}”", short(word, 40)));
        notes.push(format!(
            "This model reads English: it has no words for {} in the {what}, and takes it for something \
             unknown.{}",
            several(&unknown.collect::<Vec<_>>()),
            understood(text, tokens.unknown.iter().map(String::as_str))
        ));
    }
    notes
}

/// Returns what the guidance of `recipe` leaves unused. It guides `levels` by `scale`; `timesteps`
/// make the whole range of levels.
pub(super) fn unguided(
    recipe: &Recipe,
    scale: f64,
    levels: &Levels,
    timesteps: usize,
) -> Vec<String> {
    let mut notes = Vec::new();
    let has_negative = !recipe.negative.trim().is_empty();
    let (from, to) = recipe.guidance_interval;
    let is_between = |timestep: f64| {
        crate::diffusion::guidance::is_within(timestep / timesteps as f64, (from, to))
    };
    let is_guided = levels.steps.iter().any(|step| is_between(step.timestep));
    if scale == 1.0 && recipe.guidance != 1.0 {
        notes.push(format!(
            "As in diffusers' DiTPipeline, guidance {} guides nothing with this model, as 1 does: only \
             above 1 it does.",
            recipe.guidance
        ));
    }
    if !is_guided && scale != 1.0 {
        notes.push(format!(
            "No step lies in the guidance interval {from} to {to}: nothing is guided. Widen it, or take \
             more steps."
        ));
    }
    if has_negative && (scale == 1.0 || !is_guided) {
        let why = if scale == 1.0 { "Without guidance" } else { "Where nothing is guided" };
        notes.push(format!(
            "{why} the negative prompt is not used: choose a guidance above 1 for it."
        ));
    }
    let has_wish = !recipe.prompt.trim().is_empty() || !recipe.style.is_empty();
    if scale == 0.0 && is_guided && (has_wish || recipe.class.is_some() || has_negative) {
        notes.push(match has_negative {
            true => {
                "At guidance 0 the picture is drawn from the negative prompt: prompt and style are \
                     not used where it guides."
                    .into()
            }
            false => {
                "At guidance 0 the picture is drawn from nothing: prompt, style and class are not \
                      used where it guides."
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
    fn what_is_understood_is_told_beside_what_is_not() {
        let found = |unknown: &[&str]| LookedUp {
            text: String::new(),
            is_other: false,
            unknown: unknown.iter().map(|word| ((*word).to_owned(), Vec::new())).collect(),
        };
        let notes = looked_up("rotes Auto, cat!", &found(&["rotes", "auto"]));
        assert_eq!(
            notes[0],
            "This model reads English, and simple names best. It understands “cat!”."
        );
        assert_eq!(
            looked_up("ein Hund", &found(&["ein", "hund"]))[0],
            "This model reads English, and simple names best."
        );
        // One word that it lacks is no other language.
        assert_eq!(looked_up("a big red zorb", &found(&["zorb"])).len(), 1);
        assert!(looked_up("zorb", &found(&["zorb"]))[0].starts_with("The model was taught no"));
    }
}
