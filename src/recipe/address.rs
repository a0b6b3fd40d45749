//! A recipe in a web address: names and values after the `#`, as in a link. This module does not depend
//! on a browser.

use crate::recipe::Recipe;
use crate::recipe::seed;
use crate::tools::words::short;

/// Returns the recipe that the form has at first.
pub fn standard() -> Recipe {
    Recipe { sampler: "euler".into(), seed: 7, ..Recipe::default() }
}

/// The contents of an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    /// The recipe; fields that the address leaves out have the form's first values.
    pub recipe: Recipe,
    /// The names of [`SAMPLING`] that the address does not set.
    pub unset: Vec<&'static str>,
    /// Whether the address sets the style, even if only to none.
    pub has_style: bool,
    /// Descriptions of the names and values that are invalid, or that are of another version.
    pub unknown: Vec<String>,
}

/// Returns the names and values from which [`read`] restores `recipe`.
pub fn pairs(recipe: &Recipe) -> Vec<(&'static str, String)> {
    let default = Recipe::default();
    let mut pairs = vec![("prompt", recipe.prompt.clone())];
    if recipe.negative != default.negative {
        pairs.push(("negative", recipe.negative.clone()));
    }
    pairs.extend([
        ("seed", recipe.seed.to_string()),
        ("steps", recipe.steps.to_string()),
        ("guidance", recipe.guidance.to_string()),
        ("style", recipe.style.clone()),
        ("sampler", recipe.sampler.clone()),
    ]);
    if let Some(shift) = recipe.shift {
        pairs.push(("shift", shift.to_string()));
    }
    if recipe.guidance_interval != default.guidance_interval {
        let (from, to) = recipe.guidance_interval;
        pairs.push(("guidance_interval", format!("{from} {to}")));
    }
    if recipe.count != default.count {
        pairs.push(("count", recipe.count.to_string()));
    }
    if !recipe.model_hash.is_empty() {
        pairs.push(("model", recipe.model.clone()));
        pairs.push(("model_hash", recipe.model_hash.clone()));
    }
    pairs
}

/// The names that an address may have.
const KNOWN: [&str; 12] = [
    "prompt",
    "negative",
    "seed",
    "steps",
    "guidance",
    "style",
    "sampler",
    "shift",
    "guidance_interval",
    "count",
    "model",
    "model_hash",
];
/// The names of the sampling fields; the model decides those that an address leaves out.
pub const SAMPLING: [&str; 5] = ["sampler", "steps", "guidance", "shift", "guidance_interval"];

/// Reads an address from its names and values.
pub fn read<N: AsRef<str>>(pairs: &[(N, String)]) -> Address {
    let mut recipe = standard();
    let (mut unknown, mut unset, mut has_style) = (Vec::new(), SAMPLING.to_vec(), false);
    for (name, value) in pairs.iter().map(|(name, value)| (name.as_ref(), value)) {
        let is_read = match name {
            "prompt" => put(&mut recipe.prompt, Some(value.clone())),
            "negative" => put(&mut recipe.negative, Some(value.clone())),
            "style" => put(&mut recipe.style, Some(value.clone())),
            "sampler" => put(&mut recipe.sampler, Some(value.clone())),
            "model" => put(&mut recipe.model, Some(value.clone())),
            "model_hash" => put(&mut recipe.model_hash, Some(value.clone())),
            "seed" => put(&mut recipe.seed, seed(value).ok()),
            "steps" => put(&mut recipe.steps, value.parse().ok()),
            "count" => put(&mut recipe.count, value.parse().ok()),
            "guidance" => put(&mut recipe.guidance, finite(value)),
            "shift" => put(&mut recipe.shift, finite(value).map(Some)),
            "guidance_interval" => put(&mut recipe.guidance_interval, interval(value)),
            _ => false,
        };
        has_style |= name == "style";
        if is_read {
            unset.retain(|other| *other != name);
        } else if !name.is_empty() {
            unknown.push(match KNOWN.contains(&name) {
                true => format!("{} “{}”", name.replace('_', " "), short(value, 40)),
                false => format!("“{}”", short(name, 40)),
            });
        }
    }
    Address { recipe, unset, has_style, unknown }
}

/// Stores a value in a field if there is one, and returns whether there was.
fn put<T>(field: &mut T, value: Option<T>) -> bool {
    value.map(|value| *field = value).is_some()
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn interval(text: &str) -> Option<(f64, f64)> {
    let (from, to) = text.split_once(' ')?;
    let interval = (finite(from)?, finite(to)?);
    let recipe = Recipe { guidance_interval: interval, ..Recipe::default() };
    recipe.check().is_ok().then_some(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let recipe = Recipe {
            prompt: "blue & green #1, 🍕".into(),
            negative: "été".into(),
            style: "fluent flat".into(),
            seed: u64::MAX,
            steps: 3,
            guidance: 2.25,
            guidance_interval: (0.25, 0.75),
            shift: Some(1.5),
            sampler: "heun".into(),
            count: 4,
            model: "stickers".into(),
            model_hash: "0123456789abcdef".into(),
            ..Recipe::default()
        };
        let read = read(&pairs(&recipe));
        assert_eq!(
            read,
            Address { recipe, unset: Vec::new(), has_style: true, unknown: Vec::new() }
        );
    }

    #[test]
    fn what_cannot_be_meant_is_named_and_the_rest_is_read() {
        let pairs = [
            ("prompt", "fish"),
            ("seed", "-5"),
            ("steps", "many"),
            ("guidance", "NaN"),
            ("guidance_interval", "0.9 0.1"),
            ("shift", "inf"),
            ("lora", "x"),
            ("", ""),
        ];
        let address = read(&pairs.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(address.recipe, Recipe { prompt: "fish".into(), ..standard() });
        let wanted = [
            "seed “-5”",
            "steps “many”",
            "guidance “NaN”",
            "guidance interval “0.9 0.1”",
            "shift “inf”",
            "“lora”",
        ];
        assert_eq!(address.unknown, wanted);
        // The model decides a sampling field that cannot be read, as if it were missing.
        assert_eq!(address.unset, SAMPLING);
        let address = read(&[("seed", "1e5".to_owned()), ("guidance", "2".to_owned())]);
        assert_eq!(
            (address.recipe.seed, address.unset),
            (100_000, vec!["sampler", "steps", "shift", "guidance_interval"])
        );
    }
}
