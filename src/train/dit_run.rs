//! Training a DiT of prompts: what `patchwork train dit` does.

use std::path::Path;

use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::dit::{Found, gradient};
use super::optimiser::{Rate, muon_and_adamw};
use super::parallel::Workers;
use super::prepared::Prepared;
use super::rows::{Dropout, Rows, generator, route};
use super::run::Task;
use super::sheet;
use crate::Result;
use crate::model::Dit;
use crate::pipeline::Pipeline;
use crate::weights::{KeyTable, keys};

/// What decides a run's course, but for its length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Decides everything that is drawn at random.
    pub seed: u64,
    /// Pictures a step.
    pub batch: usize,
    /// Weight decay of both optimisers.
    pub weight_decay: f64,
    /// The gradient is cut to this length.
    pub longest: f64,
    /// The part of the patches that skips the middle blocks, but for the falling part of the run,
    /// in which none does.
    pub skipping: f64,
    /// How often prompt and style are left out together.
    pub drop_all: f64,
    /// How often the style alone is.
    pub drop_style: f64,
}

impl Settings {
    /// Muon and AdamW.
    pub fn optimiser(&self) -> ModuleOptimizer {
        muon_and_adamw(self.weight_decay)
    }
}

/// A DiT's training.
#[derive(Debug)]
pub struct DitTask<'a> {
    /// The model that it belongs to, which gives autoencoder and text encoder.
    pub model: &'a Pipeline,
    /// What it learns from.
    pub data: &'a Prepared,
    /// Its settings.
    pub settings: &'a Settings,
    /// Threads.
    pub workers: Workers,
    /// Rows that a thread takes at a time.
    pub part: usize,
    /// Where it trains.
    pub device: Device,
}

impl Task for DitTask<'_> {
    type Module = Dit;

    fn table(&self) -> &KeyTable {
        &keys::DIT
    }

    fn gradient(&self, dit: &Dit, step: usize, rate: &Rate) -> Found {
        let settings = self.settings;
        let mut rng = generator(settings.seed, step);
        let dropout = Dropout { all: settings.drop_all, style: settings.drop_style };
        let rows = Rows::draw(self.data, settings.batch, dropout, &mut rng);
        let config = dit.config();
        let [height, width] = config.grid();
        let skipping = if rate.is_falling(step) { 0.0 } else { settings.skipping };
        let route = route(height * width, config.depth, skipping, &mut rng);
        let parts = (&self.workers, self.part);
        gradient(dit, &rows, route.as_ref(), parts, settings.longest, &self.device)
    }

    fn sample(&self, average: &Dit, folder: &Path, step: usize) -> Result<()> {
        sheet::draw(self.model, average, &folder.join(format!("samples/{step:08}.png")))
    }
}
