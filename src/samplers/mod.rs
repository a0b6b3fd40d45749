//! The samplers, which compute a run from noise to a picture. Each has its own file.
//!
//! A sampler never sees the network. It names a latent and a noise level, gets the prediction of
//! the clean latent there, and answers with the next latent or with one more evaluation ([`Next`]).
//! [`Sampling`] drives it through the [`Levels`] of a run.
//!
//! To add a sampler, write its file (like `euler.rs`, or like `dpmpp_2s.rs` if a step evaluates more
//! than once), declare it here and add it to [`ALL`]. The command line and
//! recipes then know it, and so does the page if [`Sampler::label`] names it. A sampler that is not
//! in the list is dead code, which fails the build. Its [`Capabilities`] tell forms, checks and tests
//! what it can do. Its own tests check its step on known numbers and its order of convergence
//! (`testing.rs`). Its steps are compared with diffusers' in `tests/engine`.

mod ddim;
mod ddpm;
mod dpmpp_2m;
mod dpmpp_2s;
mod euler;
mod euler_ancestral;
mod heun;
mod inversion;
mod lambda;
mod sampling;
#[cfg(test)]
mod testing;
mod unipc;

use std::fmt::Debug;

pub use inversion::Inversion;
pub use sampling::{Sampling, Step};

use crate::diffusion::{Denoised, Latent, Level, LevelOptions, Levels, Schedule};
use crate::tools::words::meant;
use crate::{Error, Result};

/// A method of going from noise to a picture, with its memory of a run.
pub trait Sampler: Debug + Send {
    /// Returns the name in recipes and on the command line.
    fn name(&self) -> &'static str;

    /// Returns its name on the page, or `None` if the page does not offer it, as DDIM, which equals
    /// Euler on the rectified flows that the page draws. [`offered`] adds how many passes a step has.
    fn label(&self) -> Option<&'static str> {
        None
    }

    /// Returns what it can do.
    fn capabilities(&self) -> Capabilities;

    /// Returns the levels of a run. Call [`levels`](fn@levels) instead, which also checks them.
    ///
    /// # Errors
    /// Returns a sentence if the sampler is not defined for `schedule` or `options`.
    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels>;

    /// Takes one step, or a part of it.
    ///
    /// `x` is the latent that was evaluated, and `found` holds the prediction of
    /// the clean latent in it. On the first call of step `index`, `x` is the latent at the level
    /// where that step begins. `noise` draws noise of unit variance.
    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, noise: Noise<'_>) -> Next;

    /// Forgets what no longer holds, because the caller replaced the latent.
    fn replaced(&mut self) {}

    /// Sets DDIM's η. Call [`set_eta`](fn@set_eta) instead, which also checks it.
    fn set_eta(&mut self, _: f64) {}
}

/// What a sampler can do. Forms, checks and tests read this instead of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The order of convergence without noise: 2 if half the step divides the error by four.
    pub order: u32,
    /// How often a step evaluates the network, but for a step that ends at 0.
    pub evaluations: u32,
    /// Whether it always adds fresh noise in each step; DDIM does so only with an η.
    pub adds_noise: bool,
    /// Whether it takes an η, the share of fresh noise that DDIM adds.
    pub takes_eta: bool,
    /// Whether its levels may have the spacing of Karras et al.
    pub takes_karras: bool,
    /// Why it cannot draw with a rectified flow, or `None` if it can. The reason begins a sentence
    /// that “, and this model is a rectified flow” ends.
    pub refuses_flow: Option<&'static str>,
}

impl Capabilities {
    /// Returns whether a step uses what earlier steps found: a method of higher order needs either
    /// several evaluations or a memory.
    pub fn remembers(&self) -> bool {
        self.order > self.evaluations
    }
}

/// Draws noise of unit variance in the shape of the latent.
pub type Noise<'a> = &'a mut dyn FnMut() -> Latent;

/// The position in a run.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// All levels of the run.
    pub levels: &'a Levels,
    /// The index of the step, 0 for the first.
    pub index: usize,
}

impl At<'_> {
    /// Returns the levels where the step begins and where it ends.
    pub fn sigmas(&self) -> (f64, f64) {
        let step = self.levels.steps[self.index];
        (step.from, step.to)
    }

    /// Returns the prediction of the clean latent clipped to the run's bound.
    pub fn clipped(&self, x0: Latent) -> Latent {
        match self.levels.clip {
            Some(most) => x0.clamp(most),
            None => x0,
        }
    }

    /// Returns whether this is the last step.
    pub fn is_last(&self) -> bool {
        self.index + 1 == self.levels.steps.len()
    }
}

/// A sampler's answer to an evaluation.
#[derive(Debug)]
pub enum Next {
    /// The latent at the level where the step ends.
    Latent(Latent),
    /// One more evaluation, of this latent at this level, before the step is done.
    Evaluate(Latent, Level),
}

/// All samplers, in the order in which they are offered.
pub const ALL: &[fn() -> Box<dyn Sampler>] = &[
    || Box::new(euler::Euler),
    || Box::new(heun::Heun::default()),
    || Box::new(dpmpp_2m::Dpmpp2m::default()),
    || Box::new(dpmpp_2s::Dpmpp2s::default()),
    || Box::new(unipc::Unipc::default()),
    || Box::new(ddim::Ddim::default()),
    || Box::new(ddpm::Ddpm),
    || Box::new(euler_ancestral::EulerAncestral),
];

/// Creates one of each sampler.
fn all() -> impl Iterator<Item = Box<dyn Sampler>> {
    ALL.iter().map(|new| new())
}

/// Returns the names of all samplers.
pub fn names() -> [&'static str; ALL.len()] {
    std::array::from_fn(|i| ALL[i]().name())
}

/// Returns the names of the samplers that can do something, as a list in words.
fn those(can: fn(Capabilities) -> bool) -> String {
    let names: Vec<_> = all().filter(|s| can(s.capabilities())).map(|s| s.name()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// Returns the names of the samplers that support a rectified flow, as a list in words.
pub fn those_of_flows() -> String {
    those(|can| can.refuses_flow.is_none())
}

/// Returns the samplers that the page offers, as pairs of a name and its label.
pub fn offered() -> Vec<(String, String)> {
    let passes = |sampler: &dyn Sampler| match sampler.capabilities().evaluations {
        2 => " (two passes a step)",
        _ => "",
    };
    let pair =
        |s: Box<dyn Sampler>| Some((s.name().into(), format!("{}{}", s.label()?, passes(&*s))));
    all().filter_map(pair).collect()
}

/// Returns the sampler that `name` means; see [`meant`].
///
/// # Errors
/// Returns a sentence with all names if there is no such sampler.
pub fn named(name: &str) -> Result<Box<dyn Sampler>> {
    let names = names();
    let found = meant(name, names);
    all().find(|sampler| Some(sampler.name()) == found).ok_or_else(|| {
        let names = names.join(", ");
        Error::Recipe(format!("There is no sampler “{name}”: choose one of {names}"))
    })
}

/// Sets a sampler's η.
///
/// # Errors
/// Returns a sentence if `eta` is not 0 and the sampler takes none, or if it is not 0 to 1.
pub fn set_eta(sampler: &mut dyn Sampler, eta: f64) -> Result<()> {
    let refuse = |problem: String| Err(Error::Recipe(problem));
    match sampler.capabilities().takes_eta {
        false if eta != 0.0 => {
            let (name, takers) = (sampler.name(), those(|can| can.takes_eta));
            refuse(format!("Only {takers} has an eta: leave it out with {name}"))
        }
        true if !(0.0..=1.0).contains(&eta) => {
            refuse(format!("DDIM's eta must be 0 to 1, and is {eta}"))
        }
        _ => {
            sampler.set_eta(eta);
            Ok(())
        }
    }
}

/// Returns the checked levels of a run of `steps` on a model that was trained on `schedule`.
///
/// # Errors
/// Returns a sentence if the sampler is not defined for the schedule or the options, or if the
/// levels cannot hold so many steps.
pub fn levels(
    sampler: &dyn Sampler,
    schedule: &Schedule,
    steps: usize,
    options: LevelOptions,
) -> Result<Levels> {
    let (name, train) = (sampler.name(), schedule.timesteps());
    if steps == 0 || steps > train {
        return Err(Error::Recipe(format!("{steps} steps cannot be walked: choose 1 to {train}")));
    }
    let can = sampler.capabilities();
    match (schedule, can.refuses_flow) {
        (Schedule::Flow { .. }, Some(why)) => {
            return Err(Error::Recipe(format!(
                "{why}, and this model is a rectified flow: choose {}",
                those_of_flows()
            )));
        }
        (Schedule::Discrete { .. }, _) if options.karras && !can.takes_karras => {
            return Err(Error::Recipe(format!(
                "Karras levels are not defined for {name}: leave them out, or choose {}",
                those(|can| can.takes_karras)
            )));
        }
        _ => {}
    }
    let levels = sampler.levels(schedule, steps, options)?;
    if !levels.fall(options.ends_at_smallest) || levels.largest_timestep() > train as f64 {
        return Err(Error::Recipe(format!(
            "{name} cannot lay {steps} steps over this model's {train} levels: take fewer"
        )));
    }
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page draws with flows, so it must not offer samplers that refuse them.
    #[test]
    fn the_page_offers_only_samplers_for_flows() {
        let refuses = |s: &dyn Sampler| s.capabilities().refuses_flow.is_some();
        assert!(all().all(|s| s.label().is_none() || !refuses(&*s)));
        assert_eq!(offered().len(), all().filter(|s| s.label().is_some()).count());
        assert!(offered().len() >= 2);
    }

    #[test]
    fn finds_each_sampler_by_its_unique_name() {
        for name in names() {
            assert_eq!(named(&name.to_uppercase()).expect("in the list").name(), name);
            assert_eq!(names().iter().filter(|other| **other == name).count(), 1);
        }
        assert!(named("euler karras").is_err());
    }

    #[test]
    fn only_samplers_that_take_an_eta_accept_one() {
        for mut sampler in all() {
            assert!(set_eta(&mut *sampler, 0.0).is_ok());
            let takes_eta = sampler.capabilities().takes_eta;
            assert_eq!(set_eta(&mut *sampler, 0.5).is_ok(), takes_eta, "{}", sampler.name());
            for eta in [-0.1, 1.1, f64::NAN] {
                assert!(set_eta(&mut *sampler, eta).is_err(), "{eta}");
            }
        }
        assert_eq!(those(|can| can.takes_eta), "ddim");
    }
}
