//! The two ends of a morph.

use crate::page::protocol::Tool;
use crate::recipe::{PartialRecipe, Recipe};

/// The message if the form leads to no other picture.
pub const SAME: &str = "The prompt and the style are those of the picture on stage: change one of them, or \
                        choose another seed, to get another end.";

/// The message if an end of a morph begins with a picture.
pub const BEGINS_WITH_PICTURE: &str = "A morph goes between pictures that are drawn from words alone. The picture on stage, or the next \
                                       one, begins with another picture.";

/// The recipes at the ends of a morph.
#[derive(Debug, Clone, PartialEq)]
pub struct Ends {
    /// The first frame's.
    pub from: Recipe,
    /// The last frame's.
    pub to: Recipe,
}

impl Ends {
    /// Returns the ends of a morph from a picture's recipe to that of the form, or a sentence if one begins
    /// with a picture or they draw the same one. Both have the picture's sampling settings. `has_seed` says whether the next picture
    /// gets the form's seed.
    pub(in crate::page) fn new(
        picture: &Recipe,
        form: &Recipe,
        has_seed: bool,
    ) -> Result<Self, &'static str> {
        let from = alone(picture.clone());
        let to = alone(Recipe {
            steps: from.steps,
            guidance: from.guidance,
            guidance_interval: from.guidance_interval,
            guidance_channels: from.guidance_channels,
            shift: from.shift,
            sampler: from.sampler.clone(),
            eta: from.eta,
            karras: from.karras,
            even_sigmas: from.even_sigmas,
            ..form.clone()
        });
        if from.begins_with_picture() || to.begins_with_picture() {
            return Err(BEGINS_WITH_PICTURE);
        }
        let with_seed = Recipe { seed: from.seed, ..to.clone() };
        let differs = with_seed != from || has_seed && to != from;
        if differs { Ok(Self { from, to }) } else { Err(SAME) }
    }

    /// Returns the tool that draws this morph.
    pub(super) fn tool(self, frames: u32) -> Tool {
        let Self { from, to } = self;
        let asked = |recipe: Recipe| PartialRecipe { outline: None, ..recipe.into() };
        Tool::Morph { from: asked(from).into(), to: asked(to).into(), frames }
    }
}

/// Returns the recipe of one picture of the loaded model, without fields that have no effect on it.
fn alone(recipe: Recipe) -> Recipe {
    let usual = Recipe::default();
    let mut recipe = Recipe {
        count: usual.count,
        model: usual.model,
        model_hash: usual.model_hash,
        ..recipe.unsaved()
    };
    if recipe.picture.is_empty() {
        (recipe.strength, recipe.mask, recipe.inversion) = (usual.strength, usual.mask, false);
        (recipe.source_prompt, recipe.source_style) = (usual.source_prompt, usual.source_style);
    }
    if recipe.variation_strength == 0.0 {
        recipe.variation_seed = usual.variation_seed;
    }
    recipe
}

/// Returns the index of the frame that a player shows at a tick. With `returns` the frames are also shown
/// backwards, without the first and the last twice.
pub fn frame_at(tick: usize, frames: usize, returns: bool) -> usize {
    let last = frames.saturating_sub(1);
    match returns && last > 0 {
        true => last - (tick % (2 * last)).abs_diff(last),
        false => tick % frames.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(prompt: &str, seed: u64) -> Recipe {
        Recipe { prompt: prompt.into(), seed, ..Recipe::default() }
    }

    #[test]
    fn both_ends_are_sampled_as_the_picture() {
        let picture = Recipe {
            steps: 9,
            sampler: "heun".into(),
            guidance: 2.0,
            count: 4,
            ..recipe("fox", 3)
        };
        let form = Recipe { steps: 30, guidance: 5.0, ..recipe("owl", 8) };
        let Ends { from, to } = Ends::new(&picture, &form, false).unwrap();
        assert_eq!(from, Recipe { count: 1, ..picture.clone() });
        assert_eq!(to, Recipe { prompt: "owl".into(), seed: 8, ..from });
    }

    #[test]
    fn a_player_goes_round_or_back() {
        let ticks = |count, returns| (0..6).map(|tick| frame_at(tick, count, returns)).collect();
        let all: [Vec<_>; 4] = [ticks(3, false), ticks(3, true), ticks(1, true), ticks(0, false)];
        assert_eq!(all, [vec![0, 1, 2, 0, 1, 2], vec![0, 1, 2, 1, 0, 1], vec![0; 6], vec![0; 6]]);
    }

    /// A seed that the next picture would not have is no other end.
    #[test]
    fn the_same_picture_is_no_other_end() {
        let fox = recipe("fox", 3);
        assert_eq!(Ends::new(&fox, &Recipe { steps: 5, ..fox.clone() }, true), Err(SAME));
        assert_eq!(Ends::new(&fox, &recipe("fox", 4), false), Err(SAME));
        assert!(Ends::new(&fox, &recipe("fox", 4), true).is_ok());
        let changed = Recipe { picture: "ab".into(), ..recipe("owl", 4) };
        assert_eq!(Ends::new(&fox, &changed, true), Err(BEGINS_WITH_PICTURE));
        // A strength without a picture has no effect.
        let weak = Recipe { strength: 0.2, ..fox.clone() };
        assert_eq!(Ends::new(&fox, &weak, true), Err(SAME));
    }
}
