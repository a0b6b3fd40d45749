//! A run from its first step to its last, whatever it trains: rates, checkpoints, metrics.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::gradient::LossAndGrads;
use super::optimiser::LearningRate;
use super::params::ema;
use super::report::{self, MetricsLine};
use super::snapshot::TrainState;
use crate::diffusion::guess::GuessErrors;
use crate::tools::progress::Progress;
use crate::weights::KeyTable;
use crate::{Error, Result};

/// Where a run is kept, and when it says what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its folder.
    pub folder: PathBuf,
    /// Another run, from whose last checkpoint it begins.
    pub from: Option<PathBuf>,
    /// How many steps there are.
    pub steps: usize,
    /// How fast weights move.
    pub learning_rate: LearningRate,
    /// Pictures a step.
    pub batch_size: usize,
    /// How much of the average stays at each step.
    pub ema: f64,
    /// Steps between sheets of samples; 0 draws none.
    pub samples: usize,
    /// Steps between looks at the task's errors; 0 never looks.
    pub errors: usize,
    /// Stop after the first step that ends this long after the beginning, to be continued.
    pub most: Option<Duration>,
}

/// A checkpoint is written after the first step that ends so long after the last: with that step,
/// and a sheet of samples, a kill loses less than five minutes.
const CHECKPOINT: Duration = Duration::from_secs(200);

/// Something that can be trained.
pub trait Task {
    /// The network.
    type Module: Module;

    /// Returns how its weights are named in files.
    fn table(&self) -> &KeyTable;

    /// Returns the network with those of its parameters frozen that do not learn.
    fn prepare(&self, module: Self::Module) -> Self::Module {
        module
    }

    /// Loss and gradient of a step.
    fn gradient(&self, module: &Self::Module, step: usize) -> LossAndGrads;

    /// Returns how well the average does by now; `None` if the task has no measure of that.
    fn errors(&self, _average: &Self::Module) -> Option<GuessErrors> {
        None
    }

    /// What the average draws by now, into `folder`.
    ///
    /// # Errors
    /// Returns an error if it cannot be drawn or written.
    fn sample(&self, ema: &Self::Module, folder: &Path, step: usize) -> Result<()>;
}

/// Trains until the plan's last step or its time is over; the state then, of which a checkpoint has
/// been written.
///
/// # Errors
/// Returns an error if files cannot be written or read, where an earlier run in the folder had
/// other `settings`, where the run to begin from has no checkpoint, and where the loss is no longer
/// a number.
pub fn run<T: Task, S: Serialize + DeserializeOwned + PartialEq>(
    task: &T,
    plan: &Plan,
    settings: &S,
    new: T::Module,
    optimiser: fn(&S) -> ModuleOptimizer,
    progress: &dyn Progress,
) -> Result<TrainState<T::Module>> {
    let folder = &plan.folder;
    let note = |sentence: String| progress.note(&sentence);
    std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
    let lock = folder.join("lock");
    // Nothing is written to it, whatever it is.
    let mut options = std::fs::File::options();
    let held = options.write(true).create(true).truncate(false).open(&lock);
    let held = held.map_err(|source| Error::write(&lock, source))?;
    match held.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::Training(format!(
                "Another program is training in {}: wait until it has ended, or choose another folder",
                folder.display()
            )));
        }
        Err(TryLockError::Error(problem)) => note(format!(
            "{} cannot be locked here ({problem}): make sure that no other program trains in it.",
            folder.display()
        )),
    }
    let found =
        TrainState::resume(folder, (new.clone(), task.table()), optimiser(settings), settings)?;
    let mut state = match (found, &plan.from) {
        (Some(state), _) => state,
        (None, Some(from)) => TrainState::snapshot(from, (new, task.table()), optimiser(settings))?,
        (None, None) => TrainState::begin(new, optimiser(settings)),
    };
    state.module = task.prepare(state.module);
    let mut lines = report::rewind(folder, state.step)?;
    match (state.step, plan.steps) {
        (0, steps) => note(format!("Beginning a run of {steps} steps.")),
        (step, steps) if step < steps => note(format!("Going on from step {step} of {steps}.")),
        (step, _) if plan.learning_rate.decay_steps.is_some() => {
            note(format!(
                "This run has had its {step} steps, and its rate has fallen to 0: name another \
                 --run for a new fall."
            ));
        }
        (step, _) => note(format!("This run has had {step} steps: give more --steps to go on.")),
    }
    progress.begin("Training", plan.steps, state.step);
    let (begin, mut saved) = (Instant::now(), Instant::now());
    while state.step < plan.steps {
        let start = Instant::now();
        let learning_rate = plan.learning_rate.at(state.step);
        let LossAndGrads { loss, grads, grad_norm } = task.gradient(&state.module, state.step);
        if !(loss.is_finite() && grad_norm.is_finite()) {
            return Err(Error::Training(format!(
                "The loss of step {} is {loss}, and its gradient's norm {grad_norm}: begin another \
                 --run with --from {} and a lower --learning-rate",
                state.step + 1,
                folder.display()
            )));
        }
        state.module = state.optimiser.0.step(learning_rate, state.module, grads);
        // Early on the average must not remember the beginning for long, unless that has learnt.
        let young = (state.step + 1) as f64 / (state.step + 10) as f64;
        let begun = if plan.from.is_some() { plan.ema } else { plan.ema.min(young) };
        // A short fall's average must be of weights that have settled.
        let short =
            plan.learning_rate.decay_steps.map_or(1.0, |fall| (1.0 - 10.0 / fall as f64).max(0.0));
        let decay = begun.min(short);
        state.ema = ema(state.ema, &state.module, decay);
        state.step += 1;
        let seconds = start.elapsed();
        let last = state.step == plan.steps;
        let is_due = |every: usize| every > 0 && (last || state.step.is_multiple_of(every));
        let errors = is_due(plan.errors).then(|| task.errors(&state.ema)).flatten();
        let line = MetricsLine {
            step: state.step,
            images: state.step * plan.batch_size,
            loss,
            learning_rate,
            grad_norm,
            seconds: seconds.as_secs_f64(),
            errors,
        };
        report::append(folder, &line)?;
        lines.push(line);
        progress.advance(1, &news(&lines, plan.batch_size));
        if last || saved.elapsed() > CHECKPOINT {
            state.save(folder, task.table(), settings)?;
            report::curve(folder, &lines)?;
            saved = Instant::now();
        }
        if is_due(plan.samples) {
            task.sample(&state.ema, folder, state.step)?;
        }
        if plan.most.is_some_and(|most| begin.elapsed() >= most) {
            break;
        }
    }
    progress.end();
    state.save(folder, task.table(), settings)?;
    report::curve(folder, &lines)?;
    Ok(state)
}

/// Returns how it goes, by the last lines.
fn news(lines: &[MetricsLine], batch_size: usize) -> String {
    let last = &lines[lines.len().saturating_sub(50)..];
    let mean = |of: fn(&MetricsLine) -> f64| last.iter().map(of).sum::<f64>() / last.len() as f64;
    let rate = batch_size as f64 / mean(|line| line.seconds);
    format!("loss {:.4}, {rate:.1} pictures/s", mean(|line| line.loss))
}
