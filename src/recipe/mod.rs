//! The recipe of a picture, from which it can be drawn again. This module does not use Burn.

pub mod address;
mod field_names;
pub mod file_name;
pub mod limits;
pub mod partial;
mod seed;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};
pub use partial::PartialRecipe;
pub use seed::seed;

pub use field_names::fields;

use field_names::FieldNames;

/// The sampler whose steps can be gone backwards, from a picture to noise.
pub const INVERTIBLE: &str = "euler";

/// The settings with which a model draws best, as its makers found. A recipe has them unless the user
/// chose others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Defaults {
    /// The sampler's name; empty for the sampler that the model's layout implies.
    pub sampler: String,
    /// How many steps the sampler takes.
    pub steps: usize,
    /// The guidance scale of classifier-free guidance.
    pub guidance: f64,
    /// The interval of time in which guidance applies, from 0 (no noise) to 1 (pure noise).
    pub guidance_interval: (f64, f64),
    /// The style if the user chose none; empty for no style.
    pub style: String,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            sampler: String::new(),
            steps: 20,
            guidance: 3.0,
            guidance_interval: (0.0, 1.0),
            style: String::new(),
        }
    }
}

impl Defaults {
    /// Returns a recipe that has these defaults and an empty prompt.
    pub fn recipe(&self) -> Recipe {
        self.over(Recipe { style: self.style.clone(), ..Recipe::default() })
    }

    /// Returns `recipe` with these sampling settings, the model's own shift, and its own style.
    pub fn over(&self, recipe: Recipe) -> Recipe {
        let Self { sampler, steps, guidance, guidance_interval, .. } = self.clone();
        Recipe { sampler, steps, guidance, guidance_interval, shift: None, ..recipe }
    }
}

/// All settings that determine a picture, and the model that draws it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// The prompt: the text to draw.
    pub prompt: String,
    /// The negative prompt: the text to draw away from.
    pub negative: String,
    /// The class label, for models that are conditioned on classes instead of words.
    pub class: Option<usize>,
    /// The style label, for models that have styles; empty for none.
    pub style: String,
    /// The seed of PyTorch's CPU generator; picture `i` of a batch has `seed + i`.
    pub seed: u64,
    /// How many steps the sampler takes.
    pub steps: usize,
    /// The guidance scale: 1 is no guidance; 0 draws from the negative prompt, without prompt and style.
    pub guidance: f64,
    /// The interval of time in which guidance applies, from 0 (no noise) to 1 (pure noise).
    pub guidance_interval: (f64, f64),
    /// How many first channels of the latent are guided, as in the original DiT; `None` for all.
    pub guidance_channels: Option<usize>,
    /// The shift of a flow's noise levels towards noise: `t ← s·t / (1 + (s − 1)·t)` (Esser et al.,
    /// arXiv 2403.03206, eq. 23); 1 leaves them even in time. `None` is the model's own shift.
    pub shift: Option<f64>,
    /// The sampler's name; empty for the one that the model's makers chose.
    pub sampler: String,
    /// The η of DDIM, the amount of its noise, 0 to 1.
    pub eta: f64,
    /// Whether the noise levels follow Karras et al. instead of being even in time.
    pub karras: bool,
    /// Whether a flow's noise levels are even in time before the shift, down to 1/steps, instead of
    /// following the scheduler in the model's folder.
    pub even_sigmas: bool,
    /// The hash of the picture that the run begins with: the first 16 digits of the SHA-256 of its pixels
    /// at the model's size; empty if it begins with noise.
    pub picture: String,
    /// How much of that picture changes, from 0 (nothing) to 1 (all of it); without a picture it has no
    /// effect.
    pub strength: f64,
    /// The hash of the mask, which says where that picture changes, made as that of the picture; empty to
    /// change all of it.
    pub mask: String,
    /// Whether the run begins with noise that is found by going backwards from the picture, so that the
    /// picture's own prompt and style would draw it again. Otherwise seeded noise is added to it.
    pub inversion: bool,
    /// The prompt of the picture that is inverted.
    pub source_prompt: String,
    /// The style of the picture that is inverted.
    pub source_style: String,
    /// The seed of a second noise, towards which the first is turned.
    pub variation_seed: u64,
    /// How far the noise is turned towards the second on the sphere, from 0 (not at all) to 1.
    pub variation_strength: f64,
    /// How many pictures are drawn.
    pub count: usize,
    /// How many pixels the longer side of each saved picture has; `None` if that is not known, which
    /// means the model's usual size.
    pub size: Option<u32>,
    /// Whether the picture was saved with the white outline and the shadow of a die-cut sticker.
    pub outline: bool,
    /// Whether the saved picture was enlarged by the model's upscaler. This describes the picture, and
    /// requests nothing.
    pub upscaled: bool,
    /// The name of the model that draws it; empty if that is not known.
    pub model: String,
    /// The hash that tells the model from others of its name: the first 16 digits of a SHA-256 over the
    /// hashes of its files; empty if that is not known.
    pub model_hash: String,
}

impl Default for Recipe {
    fn default() -> Self {
        let Defaults { sampler, steps, guidance, guidance_interval, style } = Defaults::default();
        Self {
            prompt: String::new(),
            negative: String::new(),
            class: None,
            style,
            seed: 0,
            steps,
            guidance,
            guidance_interval,
            guidance_channels: None,
            shift: None,
            sampler,
            eta: 0.0,
            karras: false,
            even_sigmas: false,
            picture: String::new(),
            strength: 0.6,
            mask: String::new(),
            inversion: false,
            source_prompt: String::new(),
            source_style: String::new(),
            variation_seed: 0,
            variation_strength: 0.0,
            count: 1,
            size: None,
            outline: false,
            upscaled: false,
            model: String::new(),
            model_hash: String::new(),
        }
    }
}

impl Recipe {
    /// Parses a recipe from its JSON, and returns it with the names of unknown fields, such as those of
    /// a later version.
    ///
    /// # Errors
    /// Returns an error if it is not JSON, a field has the wrong type, or a number is out of range.
    pub fn from_json(json: &str) -> Result<(Self, Vec<String>)> {
        let json = json.trim_start_matches('\u{feff}');
        let FieldNames(names) = serde_json::from_str(json).map_err(|problem| damaged(&problem))?;
        let unknown = names.into_iter().filter(|name| !fields().contains(&name.as_str())).collect();
        let recipe: Self = serde_json::from_str(json).map_err(|problem| damaged(&problem))?;
        recipe.check().map(|()| (recipe, unknown))
    }

    /// Returns the recipe without the fields that describe a saved file: its size, its outline, and
    /// whether it was upscaled.
    #[must_use]
    pub fn unsaved(self) -> Self {
        Self { size: None, outline: false, upscaled: false, ..self }
    }

    /// Returns whether its run begins with a picture and not with seeded noise alone, as at full strength
    /// without a mask.
    pub fn begins_with_picture(&self) -> bool {
        let keeps = self.strength < 1.0 || self.inversion || !self.mask.is_empty();
        keeps && !self.picture.is_empty()
    }

    /// Returns the recipe with the sampler that can be inverted, if it inverts its picture.
    #[must_use]
    pub fn invertible(self) -> Self {
        match self.inversion {
            true => Self { sampler: INVERTIBLE.into(), ..self },
            false => self,
        }
    }

    /// Checks whether every number is in range.
    ///
    /// # Errors
    /// Returns a sentence about the first number that is not.
    pub fn check(&self) -> Result<()> {
        let refuse = |problem: String| Err(Error::Recipe(problem));
        limits::STEPS.check(self.steps as f64)?;
        limits::COUNT.check(self.count as f64)?;
        if self.seed.checked_add(self.count as u64 - 1).is_none() {
            let most = u64::MAX - (self.count as u64 - 1);
            let count = self.count;
            return refuse(format!(
                "{count} pictures have {count} seeds, one after another: choose a seed up to {most}"
            ));
        }
        limits::GUIDANCE.check(self.guidance)?;
        limits::ETA.check(self.eta)?;
        limits::STRENGTH.check(self.strength)?;
        limits::VARIATION.check(self.variation_strength)?;
        let (from, to) = self.guidance_interval;
        if !(0.0..=1.0).contains(&from) || !(from..=1.0).contains(&to) {
            return refuse(format!(
                "The guidance interval must be two rising numbers in 0 to 1, and is {from} to {to}"
            ));
        }
        self.shift.map_or(Ok(()), |shift| limits::SHIFT.check(shift))?;
        if self.guidance_channels == Some(0) {
            return refuse("At least one channel must be guided".into());
        }
        Ok(())
    }
}

/// Returns the error about JSON that holds no recipe.
fn damaged(problem: &serde_json::Error) -> Error {
    Error::Recipe(format!("The recipe is damaged, and cannot be read: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a recipe of a later version, known fields load, and unknown ones are named.
    #[test]
    fn reads_known_fields_and_names_others() {
        let json =
            "\u{feff}{\"prompt\": \"fish\", \"steps\": 3, \"lora\": {\"a\": 1}, \"tiling\": null}";
        let (recipe, unknown) = Recipe::from_json(json).unwrap();
        assert_eq!(recipe, Recipe { prompt: "fish".into(), steps: 3, ..Recipe::default() });
        assert_eq!(unknown, ["lora", "tiling"]);
        let all = serde_json::to_string(&Recipe::default()).unwrap();
        assert_eq!(Recipe::from_json(&all).unwrap(), (Recipe::default(), Vec::new()));
        let FieldNames(all) = serde_json::from_str(&all).unwrap();
        assert_eq!(all, fields());
        for (json, word) in [
            ("[]", "damaged"),
            ("{\"steps\": \"many\"}", "damaged"),
            ("{\"steps\": 3", "damaged"),
            ("{\"steps\": 0}", "Steps must be"),
            ("", "damaged"),
        ] {
            let error = Recipe::from_json(json).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn names_invalid_numbers() {
        assert!(Recipe::default().check().is_ok());
        let bad = [
            (Recipe { steps: 0, ..Recipe::default() }, "Steps"),
            (Recipe { count: 65, ..Recipe::default() }, "count"),
            (Recipe { guidance: f64::NAN, ..Recipe::default() }, "Guidance"),
            (Recipe { strength: 1.5, ..Recipe::default() }, "strength"),
            (Recipe { eta: f64::NAN, ..Recipe::default() }, "Eta"),
            (Recipe { shift: Some(0.0), ..Recipe::default() }, "shift"),
            (Recipe { shift: Some(f64::NAN), ..Recipe::default() }, "shift"),
            (Recipe { guidance_interval: (0.6, 0.5), ..Recipe::default() }, "interval"),
        ];
        for (recipe, word) in bad {
            let message = recipe.check().unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
