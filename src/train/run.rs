//! A run of training from its first step to its last, for any task: learning rates, snapshots, metrics.

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
use super::state::TrainState;
use crate::diffusion::guess::GuessErrors;
use crate::tools::interrupt;
use crate::tools::progress::Progress;
use crate::tools::words::counted;
use crate::weights::KeyTable;
use crate::{Error, Result};

/// The folder of a run, its length, and the intervals at which it saves, samples and measures.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The run's folder.
    pub folder: PathBuf,
    /// Another run, from whose last snapshot it begins.
    pub from: Option<PathBuf>,
    /// How many steps there are.
    pub steps: usize,
    /// The learning-rate schedule.
    pub learning_rate: LearningRate,
    /// Pictures per step.
    pub batch_size: usize,
    /// The decay of the moving average (EMA) per step.
    pub ema: f64,
    /// Steps between sheets of samples; 0 draws none.
    pub samples: usize,
    /// Steps between measurements of the task's errors; 0 never measures.
    pub errors: usize,
    /// The maximum duration. The run stops after the first step that ends later, and can be resumed.
    pub most: Option<Duration>,
}

impl Plan {
    /// Returns a message about the steps that remain to a run after `step` steps.
    fn course(&self, step: usize) -> String {
        match self.steps {
            steps if step == 0 => format!("Beginning a run of {}.", counted(steps, "step")),
            steps if step < steps => format!("Going on from step {step} of {steps}."),
            _ if self.learning_rate.decay_steps.is_some() => format!(
                "This run has done its {step} steps, and its learning rate has decayed to 0: to train \
                 on, give another --run."
            ),
            _ => {
                format!("This run has done {}: give more --steps to go on.", counted(step, "step"))
            }
        }
    }

    /// Returns the decay of the moving average (EMA) at a step.
    fn ema_decay(&self, step: usize) -> f64 {
        // Early in a run the average must forget the initial weights soon, unless they come from
        // another run.
        let young = (step + 1) as f64 / (step + 10) as f64;
        let begun = if self.from.is_some() { self.ema } else { self.ema.min(young) };
        // In a short cooldown the average must cover only weights that have settled.
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

/// Locks the folder against training by other programs for as long as the file lives.
fn lock(folder: &Path, progress: &dyn Progress) -> Result<File> {
    let path = folder.join("lock");
    // Nothing is written to the file, whatever it contains.
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

/// The time between snapshots. A snapshot is written after the first step that ends later. With that
/// step and a sheet of samples, a kill loses less than five minutes.
const SAVE_EVERY: Duration = Duration::from_secs(200);

/// A task of training.
pub trait Task {
    /// The network.
    type Module: Module;

    /// Returns the names of its weights in files.
    fn table(&self) -> &KeyTable;

    /// Returns the network with those parameters frozen that do not learn.
    fn prepare(&self, module: Self::Module) -> Self::Module {
        module
    }

    /// Returns the loss and the gradient of a step.
    fn gradient(&self, module: &Self::Module, step: usize) -> LossAndGrads;

    /// Returns the learning rates of a step, given the planned one.
    fn learning_rates(&self, planned: f64, _step: usize) -> ModuleLearningRate {
        planned.into()
    }

    /// Returns the errors of the moving average (EMA); `None` if the task has no such measure.
    fn errors(&self, _average: &Self::Module) -> Option<GuessErrors> {
        None
    }

    /// Draws samples with the moving average (EMA) into `folder`.
    ///
    /// # Errors
    /// Returns an error if it cannot be drawn or written.
    fn sample(&self, ema: &Self::Module, folder: &Path, step: usize) -> Result<()>;
}

/// Trains until the plan's last step or until its time is over, writes a snapshot, and returns the
/// state.
///
/// # Errors
/// Returns an error if files cannot be written or read, if an earlier run in the folder had other
/// `settings`, if the run to begin from has no snapshot, or if the loss or the gradient's norm is not
/// finite.
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

/// Returns a message about the speed of a run.
fn speed(pictures: usize, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let rate = pictures as f64 / seconds.max(1e-3);
    format!("Processed {pictures} training pictures in {seconds:.0} s, {rate:.1} a second.")
}

/// Returns the mean loss and speed of the last 50 lines, as text.
fn recent(lines: &[MetricsLine], batch_size: usize) -> String {
    let last = &lines[lines.len().saturating_sub(50)..];
    let mean = |of: fn(&MetricsLine) -> f64| last.iter().map(of).sum::<f64>() / last.len() as f64;
    let rate = batch_size as f64 / mean(|line| line.seconds);
    format!("loss {:.4}, {rate:.1} pictures/s", mean(|line| line.loss))
}
