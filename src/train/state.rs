//! The whole state of a run of training: the weights, their moving average (EMA), the optimiser and the
//! step. It is written as [snapshots](super::snapshot), from which a run resumes after a kill. A
//! snapshot's folder gets its name only when it is complete.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::params::{numbered, trainable};
use super::snapshot::{FACTS, Facts, Snapshot, WEIGHTS, damaged, last, list};
use crate::tools::files::write_whole;
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

const EMA: &str = "average.safetensors";
const OPTIMISER: &str = "optimiser.bpk";
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
            let problem = "it has no snapshot of a run; give the folder that `train --run` made";
            Error::Training(format!("{} cannot be used: {problem}", folder.display()))
        })?;
        Self::read(&place, 0, (module, table), optimiser).map_err(|_| {
            let problem = "its snapshot is damaged, or of another network than this run's: `train \
                           dit`, `train vae` and `train upscaler` continue only runs of the same \
                           command, with the --model that the run began with";
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

fn remove(places: &[PathBuf]) -> Result<()> {
    let remove =
        |place| std::fs::remove_dir_all(place).map_err(|source| Error::write(place, source));
    places.iter().try_for_each(remove)
}
