//! The snapshots in the folder of a run of training: which there are, how far each had come, and with
//! which settings it was made. [`TrainState`](super::state::TrainState) writes and reads them whole.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::settings_diff::differences;
use crate::tools::hash::FileFacts;
use crate::{Error, Result};

/// The step and settings that a snapshot keeps beside its tensors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Facts<S> {
    pub(super) step: usize,
    pub(super) settings: S,
}

/// The file of the weights in a snapshot's folder.
pub(super) const WEIGHTS: &str = "weights.safetensors";
/// The file of its [`Facts`].
pub(super) const FACTS: &str = "run.json";

/// The metadata of a run's last snapshot.
#[derive(Debug)]
pub struct Snapshot {
    /// The folder of the snapshot.
    pub(super) place: PathBuf,
    /// Steps done.
    pub step: usize,
    /// The settings of its run, as JSON.
    pub settings: Value,
}

impl Snapshot {
    /// Reads the metadata of the last snapshot in the run's `folder`; `None` if there is none yet.
    ///
    /// # Errors
    /// Returns an error if the metadata are missing or damaged.
    pub fn last(folder: &Path) -> Result<Option<Self>> {
        let Some(place) = list(folder).0.pop() else { return Ok(None) };
        let bytes = std::fs::read(place.join(FACTS)).map_err(|_| damaged(&place, FACTS))?;
        let facts: Facts<Value> =
            serde_json::from_slice(&bytes).map_err(|_| damaged(&place, FACTS))?;
        Ok(Some(Self { place, step: facts.step, settings: facts.settings }))
    }

    /// Returns the number of warm-up steps of its run, under the setting's current name or an older
    /// one.
    pub fn warmup_steps(&self) -> Option<usize> {
        let rate = self.settings.get("learning_rate").or(self.settings.get("rate"))?;
        let steps = rate.get("warmup_steps").or(rate.get("warm_up"))?.as_u64()?;
        usize::try_from(steps).ok()
    }

    /// Returns the SHA-256 of its weights.
    ///
    /// # Errors
    /// Returns an error if they cannot be read.
    pub fn hash(&self) -> Result<String> {
        let bytes = std::fs::read(self.place.join(WEIGHTS));
        Ok(FileFacts::of(&bytes.map_err(|_| damaged(&self.place, WEIGHTS))?).sha256)
    }
}

/// Returns the folder and the step of a run's last snapshot; `None` if there is none yet.
///
/// # Errors
/// Returns an error if the snapshot is damaged, or the run was begun with other settings than
/// `settings`.
pub fn last<S: DeserializeOwned + PartialEq + Serialize>(
    folder: &Path,
    settings: &S,
) -> Result<Option<(PathBuf, usize)>> {
    let Some(found) = Snapshot::last(folder)? else { return Ok(None) };
    let old = S::deserialize(&found.settings).ok();
    if old.as_ref() == Some(settings) {
        return Ok(Some((found.place, found.step)));
    }
    let value = |settings: &S| serde_json::to_value(settings).expect("plain data");
    // Settings of the same kind of run are compared under their current names.
    let (old, new) = (old.as_ref().map_or_else(|| found.settings.clone(), value), value(settings));
    Err(Error::Training(format!(
        "The run in {} was begun with other settings ({}): continue it with those, or choose another \
         folder",
        folder.display(),
        differences(&old, &new)
    )))
}

pub(super) fn damaged(place: &Path, name: &str) -> Error {
    let problem = format!(
        "its {name} is missing or damaged; move it out of `checkpoints` to go on from the one \
         before it, or to begin again if there is none"
    );
    Error::Training(format!("{} cannot be used: {problem}", place.display()))
}

/// Returns the snapshots of a run, oldest first, and the incomplete drafts.
pub(super) fn list(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder.join("checkpoints")).into_iter().flatten().flatten();
    let places = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    let is_draft = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "part");
    let (drafts, mut whole): (Vec<_>, Vec<_>) = places.partition(is_draft);
    // Any other folder is left alone.
    let is_step = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    whole.retain(|path| path.file_name().is_some_and(is_step));
    whole.sort();
    (whole, drafts)
}
