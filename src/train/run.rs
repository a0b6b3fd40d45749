//! A run from its first step to its last, whatever it trains: rates, snapshots, metrics.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
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
use crate::tools::interrupt;
use crate::tools::progress::Progress;
use crate::tools::words::counted;
use crate::weights::KeyTable;
use crate::{Error, Result};

/// The folder of a run, its length, and when it saves, samples and measures.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its folder.
    pub folder: PathBuf,
    /// Another run, from whose last snapshot it begins.
    pub from: Option<PathBuf>,
    /// How many steps there are.
    pub steps: usize,
    /// The learning rate.
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

impl Plan {
    /// Returns what is ahead of a run that has had `step` steps.
    fn course(&self, step: usize) -> String {
        match self.steps {
            steps if step == 0 => format!("Beginning a run of {}.", counted(steps, "step")),
            steps if step < steps => format!("Going on from step {step} of {steps}."),
            _ if self.learning_rate.decay_steps.is_some() => format!(
                "This run has had its {step} steps, and its learning rate has fallen to 0: name \
                 another --run for a new fall."
            ),
            _ => format!("This run has had {}: give more --steps to go on.", counted(step, "step")),
        }
    }

    /// Returns how much of the average stays at a step.
    fn ema_decay(&self, step: usize) -> f64 {
        // Early on the average must not remember the beginning for long, unless that has learnt.
        let young = (step + 1) as f64 / (step + 10) as f64;
        let begun = if self.from.is_some() { self.ema } else { self.ema.min(young) };
        // A short fall's average must be of weights that have settled.
        let fall = self.learning_rate.decay_steps;
        begun.min(fall.map_or(1.0, |fall| (1.0 - 10.0 / fall as f64).max(0.0)))
    }

    fn diverged(&self, step: usize, loss: f64, grad_norm: f64) -> Error {
        Error::Training(format!(
            "The loss of step {step} is {loss}, and its gradient's norm {grad_norm}: begin another \
             --run with --from {} and a lower --learning-rate",
            self.folder.display()
        ))
    }
}

/// Keeps other programs from training in the folder for as long as the file lives.
fn lock(folder: &Path, progress: &dyn Progress) -> Result<File> {
    let path = folder.join("lock");
    // Nothing is written to it, whatever it is.
    let opened = File::options().write(true).create(true).truncate(false).open(&path);
    let file = opened.map_err(|source| Error::write(&path, source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::Training(format!(
                "Another program is training in {}: wait until it has ended, or choose another folder",
                folder.display()
            )));
        }
        Err(TryLockError::Error(problem)) => progress.note(&format!(
            "{} cannot be locked here ({problem}): make sure that no other program trains in it.",
            folder.display()
        )),
    }
    Ok(file)
}

/// The time between snapshots. One is written after the first step that ends later: with that
/// step and a sheet of samples, a kill loses less than five minutes.
const SAVE_EVERY: Duration = Duration::from_secs(200);

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

    /// Returns loss and gradient of a step.
    fn gradient(&self, module: &Self::Module, step: usize) -> LossAndGrads;

    /// Returns the learning rates of a step for which so much is planned.
    fn learning_rates(&self, planned: f64, _step: usize) -> ModuleLearningRate {
        planned.into()
    }

    /// Returns how well the average does now; `None` if the task has no measure of that.
    fn errors(&self, _average: &Self::Module) -> Option<GuessErrors> {
        None
    }

    /// Draws with the average, into `folder`.
    ///
    /// # Errors
    /// Returns an error if it cannot be drawn or written.
    fn sample(&self, ema: &Self::Module, folder: &Path, step: usize) -> Result<()>;
}

/// Trains until the plan's last step or until its time is over, writes a snapshot, and returns the
/// state.
///
/// # Errors
/// Returns an error if files cannot be written or read, if an earlier run in the folder had
/// other `settings`, if the run to begin from has no snapshot, and if the loss is no longer a
/// number.
pub fn run<T: Task, S: Serialize + DeserializeOwned + PartialEq>(
    task: &T,
    plan: &Plan,
    settings: &S,
    new: T::Module,
    optimiser: fn(&S) -> ModuleOptimizer,
    progress: &dyn Progress,
) -> Result<TrainState<T::Module>> {
    let folder = &plan.folder;
    std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
    let _lock = lock(folder, progress)?;
    let found =
        TrainState::resume(folder, (new.clone(), task.table()), optimiser(settings), settings)?;
    let mut state = match (found, &plan.from) {
        (Some(state), _) => state,
        (None, Some(from)) => {
            TrainState::begin_from(from, (new, task.table()), optimiser(settings))?
        }
        (None, None) => TrainState::begin(new, optimiser(settings)),
    };
    state.module = task.prepare(state.module);
    let mut lines = report::rewind(folder, state.step)?;
    progress.note(&plan.course(state.step));
    progress.begin("Training", plan.steps, state.step);
    let (begin, mut saved) = (Instant::now(), Instant::now());
    let done = state.step;
    while state.step < plan.steps {
        let start = Instant::now();
        let learning_rate = plan.learning_rate.at(state.step);
        let LossAndGrads { loss, grads, grad_norm } = task.gradient(&state.module, state.step);
        if !(loss.is_finite() && grad_norm.is_finite()) {
            return Err(plan.diverged(state.step + 1, loss, grad_norm));
        }
        let rates = task.learning_rates(learning_rate, state.step);
        state.module = state.optimiser.0.step(rates, state.module, grads);
        state.ema = ema(state.ema, &state.module, plan.ema_decay(state.step));
        state.step += 1;
        let seconds = start.elapsed().as_secs_f64();
        let last = state.step == plan.steps;
        let is_due = |every: usize| every > 0 && (last || state.step.is_multiple_of(every));
        let errors = is_due(plan.errors).then(|| task.errors(&state.ema)).flatten();
        let line = MetricsLine {
            step: state.step,
            images: state.step * plan.batch_size,
            loss,
            learning_rate,
            grad_norm,
            seconds,
            errors,
        };
        report::append(folder, &line)?;
        lines.push(line);
        progress.advance(1, &recent(&lines, plan.batch_size));
        if last || saved.elapsed() > SAVE_EVERY {
            state.save(folder, task.table(), settings)?;
            report::curve(folder, &lines)?;
            saved = Instant::now();
        }
        if is_due(plan.samples) {
            task.sample(&state.ema, folder, state.step)?;
        }
        if interrupt::is_asked() || plan.most.is_some_and(|most| begin.elapsed() >= most) {
            break;
        }
    }
    progress.end();
    if state.step > done {
        progress.note(&speed((state.step - done) * plan.batch_size, begin.elapsed()));
    }
    state.save(folder, task.table(), settings)?;
    report::curve(folder, &lines)?;
    Ok(state)
}

/// Returns how fast a run went.
fn speed(pictures: usize, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let rate = pictures as f64 / seconds.max(1e-3);
    format!("{pictures} pictures were learnt from in {seconds:.0} s, {rate:.1} a second.")
}

/// Returns the mean loss and speed of the last lines.
fn recent(lines: &[MetricsLine], batch_size: usize) -> String {
    let last = &lines[lines.len().saturating_sub(50)..];
    let mean = |of: fn(&MetricsLine) -> f64| last.iter().map(of).sum::<f64>() / last.len() as f64;
    let rate = batch_size as f64 / mean(|line| line.seconds);
    format!("loss {:.4}, {rate:.1} pictures/s", mean(|line| line.loss))
}
