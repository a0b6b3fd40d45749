//! A run on disk, from which it goes on after a kill: weights, their average, the optimiser's state
//! and the step, in a folder that appears only when it is whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::params::{numbered, trainable};
use crate::tools::files::write_whole;
use crate::tools::hash::FileFacts;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::weights::{Checkpoint, KeyTable, load};
use crate::{Error, Result};

/// What trains, at one moment.
#[derive(Debug)]
pub struct State<M> {
    /// The weights that learn.
    pub module: M,
    /// Their moving average, which draws.
    pub average: M,
    /// The optimiser with what it remembers.
    pub optimiser: Optimiser,
    /// Steps done.
    pub step: usize,
}

/// An optimiser that can be printed.
pub struct Optimiser(pub ModuleOptimizer);

impl std::fmt::Debug for Optimiser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Optimiser")
    }
}

/// What a checkpoint says beside its tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Facts<S> {
    step: usize,
    settings: S,
}

const WEIGHTS: &str = "weights.safetensors";
const AVERAGE: &str = "average.safetensors";
const OPTIMISER: &str = "optimiser.bpk";
const FACTS: &str = "run.json";
/// How many are kept: the last might be lost to a failing disk.
const KEPT: usize = 2;

impl<M: Module> State<M> {
    /// The beginning of a run.
    pub fn begin(module: M, optimiser: ModuleOptimizer) -> Self {
        let average = numbered(module.clone());
        let optimiser = Optimiser(optimiser);
        Self { module: trainable(module), average, optimiser, step: 0 }
    }

    /// Writes a checkpoint into the run's folder, and removes old ones.
    ///
    /// # Errors
    /// Where it cannot be written, as on a full disk: then earlier ones are still there.
    pub fn save(&self, folder: &Path, table: &KeyTable, settings: &impl Serialize) -> Result<()> {
        let place = folder.join("checkpoints").join(format!("{:08}", self.step));
        // A folder of this name is whole, and this very state.
        if place.join(FACTS).is_file() {
            return Ok(());
        }
        // Left by a kill, or by a disk that was full.
        remove(&list(folder).1)?;
        let draft = place.with_extension("part");
        let unwritten = |source| Error::write(&draft, source);
        std::fs::create_dir_all(&draft).map_err(unwritten)?;
        let file = |module: &M| to_bytes(&parameters(module, table, Precision::Full), None);
        write_whole(&draft.join(WEIGHTS), &file(&self.module))?;
        write_whole(&draft.join(AVERAGE), &file(&self.average))?;
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

    /// The last whole checkpoint of a run's folder; `None` where there is none yet. `module` and
    /// `optimiser` are new ones of the same making.
    ///
    /// # Errors
    /// Where the checkpoint is damaged, or was made with other settings than `settings`.
    pub fn resume<S: DeserializeOwned + PartialEq + Serialize>(
        folder: &Path,
        (module, table): (M, &KeyTable),
        optimiser: ModuleOptimizer,
        settings: &S,
    ) -> Result<Option<Self>> {
        let Some((place, step)) = last(folder, settings)? else { return Ok(None) };
        Self::read(&place, step, (module, table), optimiser).map(Some)
    }

    /// The beginning of a run that goes on from another's last checkpoint, whatever its settings.
    ///
    /// # Errors
    /// Where there is none, or it is damaged or another network's.
    pub fn snapshot(
        folder: &Path,
        (module, table): (M, &KeyTable),
        optimiser: ModuleOptimizer,
    ) -> Result<Self> {
        let Snapshot { place, .. } = Snapshot::last(folder)?.ok_or_else(|| {
            let problem = "it has no checkpoint of a run; name the folder that `train --run` made";
            Error::weights(folder.display().to_string(), problem)
        })?;
        Self::read(&place, 0, (module, table), optimiser).map_err(|_| {
            let problem = "its checkpoint is damaged, or of another network than this run's: `train \
                           dit` goes on from `train dit` and `train vae` from `train vae`, each \
                           with the --model that it was begun with";
            Error::weights(folder.display().to_string(), problem)
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
            average: numbered(weights(AVERAGE)?),
            optimiser: Optimiser(
                optimiser
                    .from_bytes(burn::tensor::Bytes::from_bytes_vec(read(OPTIMISER)?))
                    .map_err(|_| refuse(OPTIMISER))?,
            ),
            step,
        })
    }
}

/// What a run's last checkpoint says of itself.
#[derive(Debug)]
pub struct Snapshot {
    /// Its folder.
    place: PathBuf,
    /// Steps done.
    pub step: usize,
    /// The settings of its run, as JSON.
    pub settings: Value,
}

impl Snapshot {
    /// Of the run in `folder`; `None` where there is none yet.
    ///
    /// # Errors
    /// Where it does not say which.
    pub fn last(folder: &Path) -> Result<Option<Self>> {
        let Some(place) = list(folder).0.pop() else { return Ok(None) };
        let bytes = std::fs::read(place.join(FACTS)).map_err(|_| damaged(&place, FACTS))?;
        let facts: Facts<Value> =
            serde_json::from_slice(&bytes).map_err(|_| damaged(&place, FACTS))?;
        Ok(Some(Self { place, step: facts.step, settings: facts.settings }))
    }

    /// The SHA-256 of its weights.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn hash(&self) -> Result<String> {
        let bytes = std::fs::read(self.place.join(WEIGHTS));
        Ok(FileFacts::of(&bytes.map_err(|_| damaged(&self.place, WEIGHTS))?).sha256)
    }
}

/// The last checkpoint of a run's folder, and its step; `None` where there is none yet.
///
/// # Errors
/// Where it does not say which, or the run was begun with other settings than `settings`.
pub fn last<S: DeserializeOwned + PartialEq + Serialize>(
    folder: &Path,
    settings: &S,
) -> Result<Option<(PathBuf, usize)>> {
    let Some(found) = Snapshot::last(folder)? else { return Ok(None) };
    if S::deserialize(&found.settings).ok().as_ref() == Some(settings) {
        return Ok(Some((found.place, found.step)));
    }
    let new = serde_json::to_value(settings).expect("plain data");
    Err(Error::Recipe(format!(
        "The run in {} was begun with other settings: continue it with those, or choose another \
         folder. {}",
        folder.display(),
        differences(&found.settings, &new)
    )))
}

fn damaged(place: &Path, name: &str) -> Error {
    let problem = format!(
        "its {name} is missing or damaged; move it out of `checkpoints` to go on from the one \
         before it, or to begin anew where there is none"
    );
    Error::weights(place.display().to_string(), problem)
}

/// In which settings two runs differ, as a sentence without its full stop.
fn differences(old: &Value, new: &Value) -> String {
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

/// One difference, in the words of the command line; `None` where others say it.
fn difference(name: &str, old: &Value, new: &Value) -> Option<String> {
    match name {
        "seen" => None,
        "origin" => Some("it began with other weights: give the same --model and --from".into()),
        "data" => Some("it learns from other --data, or with other encoders".into()),
        "rate" if old["fall"] != new["fall"] => {
            Some("its rate falls over other --steps, or not at all: a fall keeps its length".into())
        }
        "rate" => {
            let parts = ["peak", "warm_up"].into_iter().filter(|part| old[part] != new[part]);
            let told = parts.map(|part| format!("{part} was {} and is {}", old[part], new[part]));
            Some(told.collect::<Vec<_>>().join(", "))
        }
        _ => Some(format!("{name} was {old} and is {new}")),
    }
}

fn remove(places: &[PathBuf]) -> Result<()> {
    let remove =
        |place| std::fs::remove_dir_all(place).map_err(|source| Error::write(place, source));
    places.iter().try_for_each(remove)
}

/// The checkpoints of a run, oldest first, and those that were never finished.
fn list(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder.join("checkpoints")).into_iter().flatten().flatten();
    let places = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    let is_draft = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "part");
    let (drafts, mut whole): (Vec<_>, Vec<_>) = places.partition(is_draft);
    // Whatever else somebody has put here is left alone.
    let is_step = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    whole.retain(|path| path.file_name().is_some_and(is_step));
    whole.sort();
    (whole, drafts)
}
