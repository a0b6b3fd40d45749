//! A recipe in which fields may be missing, as links, forms, files and options give it. The engine
//! fills the gaps once; see `Pipeline::resolve`.

use std::fmt::Formatter;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Recipe, damaged, fields};
use crate::{Error, Result};

/// The fields of a [`Recipe`] that someone chose; `None` leaves a field to the model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PartialRecipe {
    /// The prompt.
    pub prompt: Option<String>,
    /// The negative prompt.
    pub negative: Option<String>,
    /// The class: its number or its name.
    #[serde(deserialize_with = "number_or_name")]
    pub class: Option<String>,
    /// The style; an empty one asks for none.
    pub style: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// How many steps the sampler takes.
    pub steps: Option<usize>,
    /// The guidance scale.
    pub guidance: Option<f64>,
    /// The interval of time in which guidance applies.
    pub guidance_interval: Option<(f64, f64)>,
    /// How many first channels of the latent are guided.
    pub guidance_channels: Option<usize>,
    /// The shift of a flow's noise levels.
    pub shift: Option<f64>,
    /// The sampler's name.
    pub sampler: Option<String>,
    /// The η of DDIM.
    pub eta: Option<f64>,
    /// Whether the noise levels follow Karras et al.
    pub karras: Option<bool>,
    /// Whether a flow's noise levels are even in time.
    pub even_sigmas: Option<bool>,
    /// The hash of the picture that the run begins with.
    pub picture: Option<String>,
    /// How much of that picture changes.
    pub strength: Option<f64>,
    /// The hash of the mask.
    pub mask: Option<String>,
    /// Whether the run begins with noise that is found by going backwards from the picture.
    pub inversion: Option<bool>,
    /// The prompt of the picture that is inverted.
    pub source_prompt: Option<String>,
    /// Its style.
    pub source_style: Option<String>,
    /// The seed of a second noise.
    pub variation_seed: Option<u64>,
    /// How far the noise is turned towards the second.
    pub variation_strength: Option<f64>,
    /// How many pictures are drawn.
    pub count: Option<usize>,
    /// How many pixels the longer side of each saved picture has.
    pub size: Option<u32>,
    /// Whether the picture is saved with an outline.
    pub outline: Option<bool>,
    /// The name of the model that drew it.
    pub model: Option<String>,
    /// The hash of that model.
    pub model_hash: Option<String>,
}

impl PartialRecipe {
    /// Takes out the picture that the run begins with, and all that goes with it.
    pub fn leave_picture_out(&mut self) {
        (self.picture, self.strength, self.mask) = (None, None, None);
        (self.inversion, self.source_prompt, self.source_style) = (None, None, None);
    }

    /// Takes out the fields that have no effect without a picture, or without the strength of a variation.
    pub fn leave_idle_out(&mut self) {
        if self.picture.as_ref().is_none_or(String::is_empty) {
            self.leave_picture_out();
        }
        if self.variation_strength.is_none_or(|strength| strength == 0.0) {
            (self.variation_seed, self.variation_strength) = (None, None);
        }
    }

    /// Reads JSON, and returns its fields with the names of those that a recipe does not have, such as
    /// those of a later version. Null leaves a field open.
    ///
    /// # Errors
    /// Returns a sentence if it is no JSON object, or about a field of the wrong type.
    pub fn from_json(json: &str) -> Result<(Self, Vec<String>)> {
        let json = json.trim_start_matches('\u{feff}');
        let found: Map<String, Value> =
            serde_json::from_str(json).map_err(|problem| damaged(&problem))?;
        for (name, value) in &found {
            // Each field is read alone first, so that the error names the one that cannot be read.
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            Self::deserialize(Value::Object(alone)).map_err(|problem| {
                Error::Recipe(format!("The recipe's {name} cannot be read: {problem}"))
            })?;
        }
        let unknown = found.keys().filter(|name| !fields().contains(&name.as_str()));
        let unknown = unknown.cloned().collect();
        Ok((Self::deserialize(Value::Object(found)).map_err(|problem| damaged(&problem))?, unknown))
    }

    /// Returns these fields and, for those that are open, the fields of `base`.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        Self {
            prompt: self.prompt.or(base.prompt),
            negative: self.negative.or(base.negative),
            class: self.class.or(base.class),
            style: self.style.or(base.style),
            seed: self.seed.or(base.seed),
            steps: self.steps.or(base.steps),
            guidance: self.guidance.or(base.guidance),
            guidance_interval: self.guidance_interval.or(base.guidance_interval),
            guidance_channels: self.guidance_channels.or(base.guidance_channels),
            shift: self.shift.or(base.shift),
            sampler: self.sampler.or(base.sampler),
            eta: self.eta.or(base.eta),
            karras: self.karras.or(base.karras),
            even_sigmas: self.even_sigmas.or(base.even_sigmas),
            picture: self.picture.or(base.picture),
            strength: self.strength.or(base.strength),
            mask: self.mask.or(base.mask),
            inversion: self.inversion.or(base.inversion),
            source_prompt: self.source_prompt.or(base.source_prompt),
            source_style: self.source_style.or(base.source_style),
            variation_seed: self.variation_seed.or(base.variation_seed),
            variation_strength: self.variation_strength.or(base.variation_strength),
            count: self.count.or(base.count),
            size: self.size.or(base.size),
            outline: self.outline.or(base.outline),
            model: self.model.or(base.model),
            model_hash: self.model_hash.or(base.model_hash),
        }
    }

    /// Returns `base` with these fields in place of its own, but for the class, which may be a name
    /// that only its model knows.
    #[must_use]
    pub fn onto(&self, base: Recipe) -> Recipe {
        let Self { prompt, negative, style, sampler, model, model_hash, .. } = self.clone();
        let Self { picture, mask, source_prompt, source_style, .. } = self.clone();
        Recipe {
            prompt: prompt.unwrap_or(base.prompt),
            negative: negative.unwrap_or(base.negative),
            class: base.class,
            style: style.unwrap_or(base.style),
            seed: self.seed.unwrap_or(base.seed),
            steps: self.steps.unwrap_or(base.steps),
            guidance: self.guidance.unwrap_or(base.guidance),
            guidance_interval: self.guidance_interval.unwrap_or(base.guidance_interval),
            guidance_channels: self.guidance_channels.or(base.guidance_channels),
            shift: self.shift.or(base.shift),
            sampler: sampler.unwrap_or(base.sampler),
            eta: self.eta.unwrap_or(base.eta),
            karras: self.karras.unwrap_or(base.karras),
            even_sigmas: self.even_sigmas.unwrap_or(base.even_sigmas),
            picture: picture.unwrap_or(base.picture),
            strength: self.strength.unwrap_or(base.strength),
            mask: mask.unwrap_or(base.mask),
            inversion: self.inversion.unwrap_or(base.inversion),
            source_prompt: source_prompt.unwrap_or(base.source_prompt),
            source_style: source_style.unwrap_or(base.source_style),
            variation_seed: self.variation_seed.unwrap_or(base.variation_seed),
            variation_strength: self.variation_strength.unwrap_or(base.variation_strength),
            count: self.count.unwrap_or(base.count),
            size: self.size.or(base.size),
            outline: self.outline.unwrap_or(base.outline),
            upscaled: base.upscaled,
            model: model.unwrap_or(base.model),
            model_hash: model_hash.unwrap_or(base.model_hash),
        }
    }

    /// Returns whether no field is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Recipe> for PartialRecipe {
    /// Returns all fields of a recipe; texts that are empty because they are not known stay open.
    fn from(recipe: Recipe) -> Self {
        let known = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            prompt: Some(recipe.prompt),
            negative: Some(recipe.negative),
            class: recipe.class.map(|class| class.to_string()),
            style: Some(recipe.style),
            seed: Some(recipe.seed),
            steps: Some(recipe.steps),
            guidance: Some(recipe.guidance),
            guidance_interval: Some(recipe.guidance_interval),
            guidance_channels: recipe.guidance_channels,
            shift: recipe.shift,
            sampler: known(recipe.sampler),
            eta: Some(recipe.eta),
            karras: Some(recipe.karras),
            even_sigmas: Some(recipe.even_sigmas),
            picture: known(recipe.picture),
            strength: Some(recipe.strength),
            mask: known(recipe.mask),
            inversion: Some(recipe.inversion),
            source_prompt: known(recipe.source_prompt),
            source_style: known(recipe.source_style),
            variation_seed: Some(recipe.variation_seed),
            variation_strength: Some(recipe.variation_strength),
            count: Some(recipe.count),
            size: recipe.size,
            outline: Some(recipe.outline),
            model: known(recipe.model),
            model_hash: known(recipe.model_hash),
        }
    }
}

/// Reads a class. JSON may hold a number or a text; other formats hold the text.
fn number_or_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Class;
    impl Visitor<'_> for Class {
        type Value = Option<String>;

        fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number or a name")
        }

        fn visit_unit<E>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, number: u64) -> Result<Option<String>, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_str<E>(self, name: &str) -> Result<Option<String>, E> {
            Ok(Some(name.to_owned()))
        }
    }
    match deserializer.is_human_readable() {
        true => deserializer.deserialize_any(Class),
        false => Option::deserialize(deserializer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_fields_replace_those_of_the_base() {
        let base =
            Recipe { prompt: "fish".into(), steps: 9, shift: Some(2.0), ..Recipe::default() };
        let json = "{\"steps\": 4, \"seed\": 18446744073709551615, \"lora\": 1, \"shift\": null}";
        let (chosen, unknown) = PartialRecipe::from_json(json).unwrap();
        assert_eq!(unknown, ["lora"]);
        let recipe = Recipe { steps: 4, seed: u64::MAX, ..base.clone() };
        assert_eq!(chosen.onto(base.clone()), recipe);
        assert_eq!(chosen.over(base.into()), PartialRecipe::from(recipe));
    }

    #[test]
    fn a_whole_recipe_round_trips_through_a_partial_one() {
        let recipe =
            Recipe { steps: 3, size: Some(128), picture: "ab".into(), ..Recipe::default() };
        assert_eq!(PartialRecipe::from(recipe.clone()).onto(Recipe::default()), recipe);
        let json = serde_json::to_string(&recipe).unwrap();
        let (read, unknown) = PartialRecipe::from_json(&json).unwrap();
        assert_eq!((read.onto(Recipe::default()), unknown), (recipe, Vec::new()));
    }

    #[test]
    fn a_class_is_a_number_or_a_name() {
        for (json, class) in [("7", "7"), ("\"tabby\"", "tabby")] {
            let (read, _) = PartialRecipe::from_json(&format!("{{\"class\": {json}}}")).unwrap();
            assert_eq!(read.class.as_deref(), Some(class));
            let bytes = postcard::to_allocvec(&read).unwrap();
            assert_eq!(postcard::from_bytes::<PartialRecipe>(&bytes).unwrap(), read);
        }
    }

    #[test]
    fn errors_name_the_field() {
        for (json, word) in [
            ("{\"steps\": \"many\"}", "steps"),
            ("{\"count\": -1}", "count"),
            ("[]", "damaged"),
            ("", "damaged"),
            ("{\"a\"", "damaged"),
            ("3", "damaged"),
        ] {
            let error = PartialRecipe::from_json(json).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(PartialRecipe::from_json("{}").unwrap().0.is_empty());
    }
}
