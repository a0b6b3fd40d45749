//! A recipe in a web address: names and values after the `#`, as in a link. This module does not depend
//! on a browser.

use crate::recipe::{PartialRecipe, Recipe, seed};
use crate::tools::words::short;

/// Returns the recipe that the form shows at first.
pub fn standard() -> Recipe {
    Recipe { sampler: "euler".into(), seed: 7, ..Recipe::default() }
}

/// The contents of an address.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Address {
    /// The fields that it sets.
    pub recipe: PartialRecipe,
    /// Descriptions of the names and values that are invalid, or that are of another version.
    pub unknown: Vec<String>,
}

impl Address {
    /// Returns whether it asks for something else than the form shows at first.
    pub fn is_asked(&self) -> bool {
        self.recipe.onto(standard()) != standard()
    }
}

/// Returns the names and values from which [`read`] restores `recipe`, without those that are as usual.
pub fn pairs(recipe: &Recipe) -> Vec<(&'static str, String)> {
    let usual = Recipe::default();
    let mut fields = PartialRecipe::from(recipe.clone());
    fields.negative.take_if(|negative| *negative == usual.negative);
    fields.guidance_interval.take_if(|interval| *interval == usual.guidance_interval);
    fields.count.take_if(|count| *count == usual.count);
    fields.leave_idle_out();
    fields.inversion.take_if(|inversion| !*inversion);
    if fields.model_hash.is_none() {
        fields.model = None;
    }
    field_pairs(&fields)
}

/// Returns the names and values of the fields that are set, as far as an address can hold them.
pub fn field_pairs(fields: &PartialRecipe) -> Vec<(&'static str, String)> {
    let number = |value: &Option<f64>| value.map(|value| value.to_string());
    let interval = fields.guidance_interval.map(|(from, to)| format!("{from} {to}"));
    let pairs = [
        ("prompt", fields.prompt.clone()),
        ("negative", fields.negative.clone()),
        ("seed", fields.seed.map(|seed| seed.to_string())),
        ("steps", fields.steps.map(|steps| steps.to_string())),
        ("guidance", number(&fields.guidance)),
        ("style", fields.style.clone()),
        ("sampler", fields.sampler.clone()),
        ("shift", number(&fields.shift)),
        ("guidance_interval", interval),
        ("count", fields.count.map(|count| count.to_string())),
        ("picture", fields.picture.clone()),
        ("strength", number(&fields.strength)),
        ("mask", fields.mask.clone()),
        ("inversion", fields.inversion.map(|inversion| inversion.to_string())),
        ("source_prompt", fields.source_prompt.clone()),
        ("source_style", fields.source_style.clone()),
        ("variation_seed", fields.variation_seed.map(|seed| seed.to_string())),
        ("variation_strength", number(&fields.variation_strength)),
        ("model", fields.model.clone()),
        ("model_hash", fields.model_hash.clone()),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Reads an address from its names and values. What is invalid stays open, as if it were missing.
pub fn read<N: AsRef<str>>(pairs: &[(N, String)]) -> Address {
    let (mut recipe, mut unknown) = (PartialRecipe::default(), Vec::new());
    for (name, value) in pairs.iter().map(|(name, value)| (name.as_ref(), value)) {
        let text = || Some(value.clone());
        let is_read = match name {
            "" => continue,
            // An empty name is that of no sampler or model, and leaves both open.
            "sampler" | "model" | "model_hash" if value.is_empty() => continue,
            "prompt" => put(&mut recipe.prompt, text()),
            "negative" => put(&mut recipe.negative, text()),
            "style" => put(&mut recipe.style, text()),
            "sampler" => put(&mut recipe.sampler, text()),
            "model" => put(&mut recipe.model, text()),
            "model_hash" => put(&mut recipe.model_hash, text()),
            "picture" => put(&mut recipe.picture, text()),
            "mask" => put(&mut recipe.mask, text()),
            "source_prompt" => put(&mut recipe.source_prompt, text()),
            "source_style" => put(&mut recipe.source_style, text()),
            "seed" => put(&mut recipe.seed, seed(value).ok()),
            "variation_seed" => put(&mut recipe.variation_seed, seed(value).ok()),
            "strength" => put(&mut recipe.strength, share(value)),
            "variation_strength" => put(&mut recipe.variation_strength, share(value)),
            "inversion" => put(&mut recipe.inversion, value.parse().ok()),
            "steps" => put(&mut recipe.steps, value.parse().ok()),
            "count" => put(&mut recipe.count, value.parse().ok()),
            "guidance" => put(&mut recipe.guidance, finite(value)),
            "shift" => put(&mut recipe.shift, finite(value)),
            "guidance_interval" => put(&mut recipe.guidance_interval, interval(value)),
            _ => {
                unknown.push(format!("“{}”", short(name, 40)));
                continue;
            }
        };
        if !is_read {
            unknown.push(format!("{} “{}”", name.replace('_', " "), short(value, 40)));
        }
    }
    recipe.leave_idle_out();
    Address { recipe, unknown }
}

/// Stores a value in a field if there is one, and returns whether there was.
fn put<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let is_read = value.is_some();
    *field = value.or(field.take());
    is_read
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Returns a number from 0 to 1.
fn share(text: &str) -> Option<f64> {
    finite(text).filter(|number| (0.0..=1.0).contains(number))
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
    fn reads_the_pairs_that_it_writes() {
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
            picture: "00112233445566ff".into(),
            strength: 0.5,
            mask: "ff112233445566ff".into(),
            inversion: true,
            source_prompt: "green apple".into(),
            source_style: "noto".into(),
            variation_seed: 3,
            variation_strength: 0.25,
            model: "stickers".into(),
            model_hash: "0123456789abcdef".into(),
            ..Recipe::default()
        };
        let read = read(&pairs(&recipe));
        assert_eq!(read.recipe.onto(standard()), recipe);
        assert!(read.unknown.is_empty());
    }

    #[test]
    fn open_fields_stay_open() {
        let fields = PartialRecipe {
            style: Some(String::new()),
            count: Some(1),
            ..PartialRecipe::default()
        };
        assert_eq!(read(&field_pairs(&fields)).recipe, fields);
    }

    #[test]
    fn names_invalid_values_and_reads_the_rest() {
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
        // A field that cannot be read is left to the model, as if it were missing.
        let fish = PartialRecipe { prompt: Some("fish".into()), ..PartialRecipe::default() };
        assert_eq!(address.recipe, fish);
        let wanted = [
            "seed “-5”",
            "steps “many”",
            "guidance “NaN”",
            "guidance interval “0.9 0.1”",
            "shift “inf”",
            "“lora”",
        ];
        assert_eq!(address.unknown, wanted);
        let address = read(&[("seed", "1e5".to_owned()), ("guidance", "2".to_owned())]);
        let PartialRecipe { seed, guidance, steps, .. } = address.recipe;
        assert_eq!((seed, guidance, steps), (Some(100_000), Some(2.0), None));
    }
}
