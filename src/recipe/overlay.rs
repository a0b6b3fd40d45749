//! Some fields of a recipe, which replace those of another recipe.

use serde_json::{Map, Value};

use super::{FIELDS, Recipe};
use crate::{Error, Result};

/// Fields of a recipe as JSON, and the names of unknown fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overlay {
    /// The fields, by name.
    pub fields: Map<String, Value>,
    /// The names of fields that a recipe does not have, such as those of a later version.
    pub unknown: Vec<String>,
}

impl Overlay {
    /// Reads the JSON of a recipe, in which fields may be missing.
    ///
    /// # Errors
    /// Returns a sentence if it is not a JSON object.
    pub fn read(json: &str) -> Result<Self> {
        let damaged = |problem| {
            Error::Recipe(format!("The recipe is damaged, and cannot be read: {problem}"))
        };
        let json = json.trim_start_matches('\u{feff}');
        let mut fields: Map<String, Value> = serde_json::from_str(json).map_err(damaged)?;
        let known = |name: &String| FIELDS.contains(&name.as_str());
        let unknown = fields.keys().filter(|name| !known(name)).cloned().collect();
        fields.retain(|name, _| known(name));
        Ok(Self { fields, unknown })
    }

    /// Returns whether it sets a field to something other than null and an empty text.
    pub fn says(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(|value| *value != Value::Null && *value != "")
    }

    /// Returns `base` with these fields in place of its own.
    ///
    /// # Errors
    /// Returns a sentence about a field of the wrong type.
    pub fn over(&self, base: &Recipe) -> Result<Recipe> {
        let mut json = serde_json::to_value(base)
            .map_err(|problem| Error::Recipe(format!("The recipe cannot be kept: {problem}")))?;
        for (name, value) in &self.fields {
            json[name] = value.clone();
            // Each field is checked separately, so that the error names the one that cannot be read.
            serde_json::from_value::<Recipe>(json.clone()).map_err(|problem| {
                Error::Recipe(format!("The recipe's {name} cannot be read: {problem}"))
            })?;
        }
        serde_json::from_value(json)
            .map_err(|problem| Error::Recipe(format!("The recipe cannot be read: {problem}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_wins_and_the_rest_stays() {
        let base =
            Recipe { prompt: "fish".into(), steps: 9, shift: Some(2.0), ..Recipe::default() };
        let over =
            Overlay::read("{\"steps\": 4, \"seed\": 18446744073709551615, \"lora\": 1}").unwrap();
        assert_eq!(over.unknown, ["lora"]);
        let recipe = over.over(&base).unwrap();
        assert_eq!(recipe, Recipe { steps: 4, seed: u64::MAX, ..base.clone() });
        assert!(over.says("steps") && !over.says("style"));
        for (json, word) in [("{\"steps\": \"many\"}", "steps"), ("{\"count\": -1}", "count")] {
            let error = Overlay::read(json).unwrap().over(&base).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        for json in ["[]", "", "{\"a\"", "3"] {
            assert!(Overlay::read(json).unwrap_err().to_string().contains("damaged"), "{json}");
        }
    }
}
