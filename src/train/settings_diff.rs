//! The differences between the settings of a run and those that its folder was begun with.

use std::collections::BTreeSet;

use serde_json::Value;

/// Returns the settings in which two runs differ, as a sentence without its full stop.
pub(super) fn differences(old: &Value, new: &Value) -> String {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect()
    };
    let (before, now) = (names(old), names(new));
    if !now.is_subset(&before) && !before.is_subset(&now) {
        return "It is a run of another kind".into();
    }
    let differ = before.union(&now).filter(|name| old[name] != new[name]);
    let told = differ.filter_map(|name| difference(name, &old[name], &new[name]));
    told.collect::<Vec<_>>().join(", ")
}

/// Returns one difference, in the terms of the command line; `None` if another difference covers it.
fn difference(name: &str, old: &Value, new: &Value) -> Option<String> {
    match name {
        "seen" => None,
        "origin" => Some("it began with other weights: give the same --model and --from".into()),
        "data" => Some("it was trained on other --data, or with other encoders".into()),
        "learning_rate" if old["decay_steps"] != new["decay_steps"] => {
            Some("its --steps or --cooldown were different: a cooldown keeps its length".into())
        }
        "learning_rate" => {
            let parts = [("peak", "--learning-rate"), ("warmup_steps", "--warmup-steps")];
            let differ = parts.into_iter().filter(|(part, _)| old[part] != new[part]);
            let told =
                differ.map(|(part, flag)| format!("{flag} was {} and is {}", old[part], new[part]));
            Some(told.collect::<Vec<_>>().join(", "))
        }
        "divergence" if old.is_null() => Some("it began without --from-scratch".into()),
        "divergence" => Some("it began with --from-scratch".into()),
        _ => Some(format!("--{} was {old} and is {new}", name.replace('_', "-"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_settings_that_differ() {
        let old = json!({"seed": 1, "learning_rate": {"peak": 0.1, "decay_steps": null}});
        assert_eq!(differences(&old, &json!({"noise": 1})), "It is a run of another kind");
        let mut new = old.clone();
        new["seed"] = 2.into();
        new["learning_rate"]["peak"] = 0.2.into();
        assert_eq!(
            differences(&old, &new),
            "--learning-rate was 0.1 and is 0.2, --seed was 1 and is 2"
        );
        new["learning_rate"]["decay_steps"] = 9.into();
        assert!(differences(&old, &new).contains("keeps its length"));
    }
}
