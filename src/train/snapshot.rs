//! Snapshots of a run of training, from which it resumes after a kill: the weights, their moving
//! average (EMA), the optimiser's state and the step. A snapshot's folder gets its name only when it is
//! complete.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::params::{numbered, trainable};
use super::settings_diff::differences;
use crate::tools::files::write_whole;
use crate::tools::hash::FileFacts;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::weights::{Checkpoint, KeyTable, load};
use crate::{Error, Result};

/// The whole state of a training run at one step.
#[derive(Debug)]
pub struct TrainState<M> {
    /// The weights in training.
    pub module: M,
    /// Their moving average (EMA), which draws the samples.
    pub ema: M,
    /// The optimiser with its state.
    pub optimiser: Optimiser,
    /// Steps done.
    pub step: usize,
}

/// An optimiser that implements `Debug`.
pub struct Optimiser(pub ModuleOptimizer);

impl std::fmt::Debug for Optimiser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Optimiser")
    }
}

/// The step and settings that a snapshot keeps beside its tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Facts<S> {
    step: usize,
    settings: S,
}

const WEIGHTS: &str = "weights.safetensors";
const EMA: &str = "average.safetensors";
const OPTIMISER: &str = "optimiser.bpk";
const FACTS: &str = "run.json";
/// How many snapshots are kept. There is more than one because the last might be lost to a failing
/// disk.
const KEPT: usize = 2;

impl<M: Module> TrainState<M> {
    /// Returns the state at the beginning of a run.
    pub fn begin(module: M, optimiser: ModuleOptimizer) -> Self {
        let ema = numbered(module.clone());
        let optimiser = Optimiser(optimiser);
        Self { module: trainable(module), ema, optimiser, step: 0 }
    }

    /// Writes a snapshot into the run's folder, and removes old ones.
    ///
    /// # Errors
    /// Returns an error if it cannot be written, for example on a full disk. Earlier snapshots are kept
    /// then.
    pub fn save(&self, folder: &Path, table: &KeyTable, settings: &impl Serialize) -> Result<()> {
        let place = folder.join("checkpoints").join(format!("{:08}", self.step));
        // A folder of this name is complete and holds this very state.
        if place.join(FACTS).is_file() {
            return Ok(());
        }
        // These drafts were left by a kill or by a full disk.
        remove(&list(folder).1)?;
        // This does not use `tempfile`: a draft keeps this name, so that the next run finds and removes
        // what a kill has left.
        let draft = place.with_extension("part");
        let unwritten = |source| Error::write(&draft, source);
        std::fs::create_dir_all(&draft).map_err(unwritten)?;
        let file = |module: &M| to_bytes(&parameters(module, table, Precision::Full), None);
        write_whole(&draft.join(WEIGHTS), &file(&self.module))?;
        write_whole(&draft.join(EMA), &file(&self.ema))?;
        let optimiser = self.optimiser.0.into_bytes().map_err(|problem| {
            Error::write(draft.join(OPTIMISER), std::io::Error::other(problem.to_string()))
        })?;
        write_whole(&draft.join(OPTIMISER), &optimiser)?;
        let facts = serde_json::to_vec_pretty(&Facts { step: self.step, settings });
        write_whole(&draft.join(FACTS), &facts.expect("plain data"))?;
        std::fs::rename(&draft, &place).map_err(unwritten)?;
        let (whole, _) = list(folder);
        remove(&whole[..whole.len().saturating_sub(KEPT)])
    }

    /// Returns the state in the last complete snapshot of a run's folder; `None` if there is none yet.
    /// `module` and `optimiser` are new ones of the same configuration.
    ///
    /// # Errors
    /// Returns an error if the snapshot is damaged, or was made with other settings than
    /// `settings`.
    pub fn resume<S: DeserializeOwned + PartialEq + Serialize>(
        folder: &Path,
        (module, table): (M, &KeyTable),
        optimiser: ModuleOptimizer,
        settings: &S,
    ) -> Result<Option<Self>> {
        let Some((place, step)) = last(folder, settings)? else { return Ok(None) };
        Self::read(&place, step, (module, table), optimiser).map(Some)
    }

    /// Returns the state at the beginning of a run that starts from the last snapshot of another run,
    /// whatever its settings are.
    ///
    /// # Errors
    /// Returns an error if there is no snapshot, or it is damaged or of another network.
    pub fn begin_from(
        folder: &Path,
        (module, table): (M, &KeyTable),
        optimiser: ModuleOptimizer,
    ) -> Result<Self> {
        let Snapshot { place, .. } = Snapshot::last(folder)?.ok_or_else(|| {
            let problem = "it has no snapshot of a run; name the folder that `train --run` made";
            Error::Training(format!("{} cannot be used: {problem}", folder.display()))
        })?;
        Self::read(&place, 0, (module, table), optimiser).map_err(|_| {
            let problem = "its snapshot is damaged, or of another network than this run's: `train \
                           dit`, `train vae` and `train upscaler` each go on from a run of their \
                           own, with the --model that it was begun with";
            Error::Training(format!("{} cannot be used: {problem}", folder.display()))
        })
    }

    fn read(
        place: &Path,
        step: usize,
        (module, table): (M, &KeyTable),
        optimiser: ModuleOptimizer,
    ) -> Result<Self> {
        let refuse = |name: &str| damaged(place, name);
        let read = |name: &str| std::fs::read(place.join(name)).map_err(|_| refuse(name));
        let weights = |name: &str| {
            let file = Checkpoint::new(name, vec![read(name)?]);
            file.and_then(|file| load(module.clone(), &file, table)).map_err(|_| refuse(name))
        };
        Ok(Self {
            module: trainable(weights(WEIGHTS)?),
            ema: numbered(weights(EMA)?),
            optimiser: Optimiser(
                optimiser
                    .from_bytes(burn::tensor::Bytes::from_bytes_vec(read(OPTIMISER)?))
                    .map_err(|_| refuse(OPTIMISER))?,
            ),
            step,
        })
    }
}

/// The metadata of a run's last snapshot.
#[derive(Debug)]
pub struct Snapshot {
    /// The folder of the snapshot.
    place: PathBuf,
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

fn damaged(place: &Path, name: &str) -> Error {
    let problem = format!(
        "its {name} is missing or damaged; move it out of `checkpoints` to go on from the one \
         before it, or to begin anew if there is none"
    );
    Error::Training(format!("{} cannot be used: {problem}", place.display()))
}

fn remove(places: &[PathBuf]) -> Result<()> {
    let remove =
        |place| std::fs::remove_dir_all(place).map_err(|source| Error::write(place, source));
    places.iter().try_for_each(remove)
}

/// Returns the snapshots of a run, oldest first, and the incomplete drafts.
fn list(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
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
