//! The checks that the values of a `model.json` are consistent.

use super::manifest::{MANIFEST, Manifest};
use crate::diffusion::{LevelOptions, Prediction, Schedule};
use crate::model::MiniLmConfig;
use crate::model::sticker_autoencoder::{FACTOR, LATENT_CHANNELS};
use crate::recipe::Recipe;
use crate::samplers;
use crate::tools::foreign::is_plain;
use crate::{Error, Result};

impl Manifest {
    /// Checks that all values of the manifest are consistent.
    ///
    /// # Errors
    /// Returns an error about the first inconsistency.
    pub fn check(&self) -> Result<()> {
        let refuse = |problem: String| Err(Error::model(MANIFEST, problem));
        if let Some(name) = self.files.keys().find(|name| !is_plain(name)) {
            return refuse(format!(
                "it lists the file “{name}”, which is not a name in its folder"
            ));
        }
        self.dit().check().or_else(&refuse)?;
        let [channels, height, width] = self.latent;
        if channels != LATENT_CHANNELS {
            return refuse(format!("its latent has {channels} channels, not {LATENT_CHANNELS}"));
        }
        if [height * FACTOR, width * FACTOR] != [self.image_size; 2] {
            let size = self.image_size;
            return refuse(format!(
                "a latent of {height}×{width} does not decode to a picture of {size}×{size}"
            ));
        }
        if self.latent_mean.len() != channels || self.latent_std.len() != channels {
            return refuse(format!(
                "its latent_mean and latent_std must have {channels} values each"
            ));
        }
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        if !finite(&self.latent_mean) || !finite(&self.latent_std) {
            return refuse("its latent_mean and latent_std must be finite numbers".into());
        }
        let mut names: Vec<String> = self.styles.iter().map(|s| s.trim().to_owned()).collect();
        names.sort();
        if names.iter().any(String::is_empty) || names.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse("its styles must each have a name, and no two the same".into());
        }
        if self.null_style != self.styles.len() {
            let (null, styles) = (self.null_style, self.styles.len());
            return refuse(format!(
                "its null_style is {null}, and must follow its {styles} styles"
            ));
        }
        if !self.preview.fits(channels) {
            return refuse("its preview map does not fit {channels} channels".into());
        }
        let text = MiniLmConfig::new();
        if self.text_dim != text.hidden_size || !(3..=512).contains(&self.text_tokens) {
            return refuse("its text must be 3 to 512 tokens of MiniLM's width, 384".into());
        }
        if self.prediction != Prediction::Flow {
            return refuse("only models that predict the flow have this layout".into());
        }
        let depth = self.depth;
        let is_wrong = |[from, to]: &[usize; 2]| from >= to || *to > depth || to - from == depth;
        if let Some([from, to]) = self.guidance_skips.filter(is_wrong) {
            return refuse(format!(
                "its guidance_skips must be two rising numbers, from the first block that is skipped to the \
                 first after those, at most {depth}, and leave some of the {depth} blocks; they are {from} and {to}"
            ));
        }
        if self.short_below > 0.0 && self.guidance_skips.is_none() {
            return refuse(
                "its short_below needs guidance_skips, the blocks that are skipped".into(),
            );
        }
        if !self.latent_std.iter().all(|std| *std > 0.0) {
            return refuse("its latent_std are deviations, and must be above 0".into());
        }
        if !(0.0..=1.0).contains(&self.short_below) {
            let given = self.short_below;
            return refuse(format!("its short_below is a noise level of 0 to 1, and is {given:?}"));
        }
        let style = &self.defaults.style;
        if !style.is_empty() && !self.styles.contains(style) {
            return refuse(format!(
                "its defaults name the style “{style}”, which it does not have"
            ));
        }
        let recipe = Recipe { shift: Some(self.shift), ..self.defaults.recipe() };
        let schedule = Schedule::Flow { shift: self.shift };
        let drawable = recipe.check().and_then(|()| {
            let sampler = self.sampler()?;
            samplers::levels(&*sampler, &schedule, recipe.steps, LevelOptions::default()).map(drop)
        });
        drawable.or_else(|problem| {
            refuse(format!("its defaults cannot be drawn with: {}", problem.clause()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns the error about the shipped manifest after a change; empty if there is none.
    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let bytes = include_bytes!("../../www/models/stickers/model.json");
        let mut json: Value = serde_json::from_slice(bytes).expect("it is JSON");
        change(&mut json);
        let manifest: Manifest = serde_json::from_value(json).expect("its types are right");
        manifest.check().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn refuses_defaults_that_cannot_draw() {
        assert_eq!(refusal(|_| ()), "");
        assert_eq!(refusal(|json| json["of_tomorrow"] = 1.into()), "");
        assert_eq!(refusal(|json| json["defaults"]["sampler"] = "DPMPP 2M".into()), "");
        for (change, word) in [
            (
                json!({"defaults": {"sampler": "ddpm"}}),
                "defaults cannot be drawn with: DDPM samples",
            ),
            (json!({"defaults": {"sampler": "fast"}}), "There is no sampler “fast”"),
            (json!({"defaults": {"steps": 0}}), "Steps must be 1 to 1000"),
            (json!({"shift": 0.0}), "The shift must be"),
            (json!({"styles": ["a", " a"], "null_style": 2}), "no two the same"),
            (json!({"styles": ["a", ""], "null_style": 2}), "each have a name"),
            (json!({"latent_std": [1, 1, 1, 0, 1, 1, 1, 1]}), "above 0"),
            (json!({"latent_std": [1, 1, 1, -1, 1, 1, 1, 1]}), "above 0"),
            (json!({"defaults": {"style": "baroque"}}), "“baroque”, which it does not have"),
            (json!({"guidance_skips": [4, 4]}), "two rising numbers"),
            (json!({"short_below": 1.5}), "noise level of 0 to 1"),
            (json!({"guidance_skips": [2, 13]}), "at most 12"),
            (json!({"guidance_skips": [0, 12]}), "they are 0 and 12"),
            (json!({"guidance_skips": null}), "short_below needs guidance_skips"),
            (json!({"files": {"a/b": {"bytes": 1, "sha256": ""}}}), "not a name in its folder"),
        ] {
            let said = refusal(|json| {
                for (key, value) in change.as_object().into_iter().flatten() {
                    json[key] = value.clone();
                }
            });
            assert!(said.contains(word) && !said.contains(".."), "{said}");
        }
    }
}
