//! The samplers by name, and the levels that each visits.

use std::fmt;
use std::str::FromStr;

use super::schedule::{NoiseGrid, Process, Schedule, karras, linspace};
use super::timesteps::{Family, Spacing, timesteps};
use crate::words::meant;
use crate::{Error, Result};

/// How a run walks from noise to data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampler {
    /// Ho et al., arXiv 2006.11239; with the learned variance of arXiv 2102.09672.
    Ddpm,
    /// Song et al., arXiv 2010.02502.
    Ddim {
        /// 0 adds no noise, 1 as much as DDPM.
        eta: f64,
    },
    /// Karras et al., arXiv 2206.00364, algorithm 1, first order.
    Euler,
    /// Euler with DDPM's noise at each step, on Euler's levels.
    EulerAncestral,
    /// Karras et al., arXiv 2206.00364, algorithm 1, second order; two network calls a step.
    Heun,
    /// DPM-Solver++(2M), Lu et al., arXiv 2211.01095.
    Dpmpp2m,
    /// UniPC of order 2, Zhao et al., arXiv 2302.04867.
    Unipc,
}

/// What of the levels a user or a scheduler's configuration may choose.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GridOptions {
    /// How timesteps are spread; `None` is the sampler's custom in diffusers.
    pub spacing: Option<Spacing>,
    /// Added to leading timesteps.
    pub offset: usize,
    /// Levels even in `σ^(1/7)` instead of in time.
    pub karras: bool,
    /// End DDIM at the smallest trained level instead of at 0.
    pub end_at_smallest: bool,
    /// Draw as diffusers' `DiTPipeline` does: its multistep solvers tell a flow's network whole
    /// timesteps, cut and not rounded; and guidance at 1 or below guides nothing.
    pub as_dit_pipeline: bool,
}

impl Sampler {
    /// Every sampler, DDIM without noise.
    pub const ALL: [Self; 7] = [
        Self::Euler,
        Self::Heun,
        Self::Dpmpp2m,
        Self::Unipc,
        Self::Ddim { eta: 0.0 },
        Self::Ddpm,
        Self::EulerAncestral,
    ];

    /// The name that recipes and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddpm => "ddpm",
            Self::Ddim { .. } => "ddim",
            Self::Euler => "euler",
            Self::EulerAncestral => "euler_ancestral",
            Self::Heun => "heun",
            Self::Dpmpp2m => "dpmpp_2m",
            Self::Unipc => "unipc",
        }
    }

    /// Whether its levels may be laid after Karras et al.
    pub fn takes_karras(self) -> bool {
        self.family() != Family::Ancestral
    }

    fn family(self) -> Family {
        match self {
            Self::Ddpm | Self::Ddim { .. } => Family::Ancestral,
            Self::Euler | Self::EulerAncestral | Self::Heun => Family::Continuous,
            Self::Dpmpp2m | Self::Unipc => Family::Multistep,
        }
    }

    /// The levels of a run of `steps` on a model trained on `schedule`, as diffusers lays them; a
    /// flow's for Euler and Heun go evenly from 1 to 0, as pipelines of flow models lay them.
    ///
    /// # Errors
    /// Where this sampler is not defined for the process or the options, with a sentence.
    pub fn grid(
        self,
        schedule: &Schedule,
        steps: usize,
        options: GridOptions,
    ) -> Result<NoiseGrid> {
        let train = schedule.timesteps();
        if steps == 0 || steps > train {
            return Err(Error::Recipe(format!(
                "{steps} steps cannot be walked: choose 1 to {train}"
            )));
        }
        if let Self::Ddim { eta } = self
            && !(0.0..=1.0).contains(&eta)
        {
            return Err(Error::Recipe(format!("DDIM's eta must be 0 to 1, and is {eta}")));
        }
        let grid = match schedule {
            Schedule::Flow { .. } => self.flow_grid(schedule, steps, options)?,
            Schedule::Discrete { sigmas } => {
                if options.karras && !self.takes_karras() {
                    return Err(Error::Recipe(format!(
                        "Karras levels are not defined for {self}: leave them out, or choose \
                         euler, heun, dpmpp_2m or unipc"
                    )));
                }
                self.discrete_grid(schedule, sigmas[0], steps, options)
            }
        };
        let timesteps = grid.stretches.iter().map(|step| step.timestep);
        // DDIM that ends at the smallest trained level may begin its last step there.
        let stands = matches!(self, Self::Ddim { .. }) && options.end_at_smallest;
        let last = grid.stretches.len() - 1;
        let falls =
            grid.stretches.iter().enumerate().all(|(i, step)| {
                step.from > step.to || (stands && i == last && step.from == step.to)
            });
        if !falls || timesteps.max_by(f64::total_cmp) > Some(train as f64) {
            return Err(Error::Recipe(format!(
                "{self} cannot lay {steps} steps over this model's {train} levels: take fewer"
            )));
        }
        Ok(grid)
    }

    fn discrete_grid(
        self,
        schedule: &Schedule,
        smallest: f64,
        steps: usize,
        options: GridOptions,
    ) -> NoiseGrid {
        let family = self.family();
        let customary = match family {
            Family::Ancestral => Spacing::Leading,
            Family::Continuous | Family::Multistep => Spacing::Linspace,
        };
        let spacing = options.spacing.unwrap_or(customary);
        let train = schedule.timesteps();
        let mut timesteps = timesteps(family, spacing, steps, train, options.offset);
        let mut sigmas: Vec<f64> = timesteps.iter().map(|&t| schedule.sigma(t)).collect();
        if options.karras {
            // Euler's kind keeps the ends of its spacing; multistep solvers use the whole range.
            let (max, min) = match family {
                Family::Multistep => (schedule.sigma((train - 1) as f64), smallest),
                _ => (sigmas[0], sigmas[steps - 1]),
            };
            sigmas = karras(max, min, steps);
            let round = |t: f64| if family == Family::Continuous { t } else { t.round() };
            timesteps = sigmas.iter().map(|&s| round(schedule.timestep(s))).collect();
        }
        // A variance-preserving run begins with unit noise, √(1 + σ²) on this scale; diffusers'
        // Euler family begins with σ where its levels reach the last timestep.
        let largest = sigmas[0];
        let initial = if family == Family::Continuous && spacing != Spacing::Leading {
            largest
        } else {
            (1.0 + largest * largest).sqrt()
        };
        let process = Process::VarianceExploding;
        let is_ddim = matches!(self, Self::Ddim { .. });
        let end = if is_ddim && options.end_at_smallest { smallest } else { 0.0 };
        sigmas.push(end);
        let mut grid = NoiseGrid::through(process, &sigmas, &timesteps, initial);
        if is_ddim {
            // DDIM aims a whole stride below each timestep, wherever the next one is.
            let stride = (train / steps) as f64;
            for step in &mut grid.stretches {
                let aim = step.timestep - stride;
                step.to = if aim < 0.0 { end } else { schedule.sigma(aim) };
            }
        }
        grid
    }

    fn flow_grid(
        self,
        schedule: &Schedule,
        steps: usize,
        options: GridOptions,
    ) -> Result<NoiseGrid> {
        self.check_flow(options)?;
        let last = 1.0 / schedule.timesteps() as f64;
        let times = match self {
            // DPM-Solver++ and UniPC work in ln(α/σ), which has no value at σ = 1: diffusers
            // begins the one a thousandth below, the other a millionth.
            Self::Dpmpp2m => {
                let rising = linspace(1.0, last, steps + 1).into_iter().map(|alpha| 1.0 - alpha);
                rising.rev().collect()
            }
            Self::Unipc => linspace(1.0, last, steps + 1),
            _ => linspace(1.0, 0.0, steps + 1),
        };
        let mut sigmas: Vec<f64> = times.iter().map(|&time| schedule.shifted(time)).collect();
        sigmas[steps] = 0.0;
        if self == Self::Unipc {
            sigmas[0] = sigmas[0].min(1.0 - 1e-6);
        }
        let cuts = options.as_dit_pipeline && self.family() == Family::Multistep;
        let told = |timestep: f64| if cuts { timestep.floor() } else { timestep };
        let timesteps: Vec<f64> = sigmas.iter().map(|&s| told(schedule.timestep(s))).collect();
        Ok(NoiseGrid::through(Process::Flow, &sigmas, &timesteps, 1.0))
    }

    fn check_flow(self, options: GridOptions) -> Result<()> {
        let problem = match self {
            Self::Ddpm => {
                "DDPM walks back a variance-preserving chain, and this model is a rectified flow: \
                 choose euler, heun, dpmpp_2m, unipc or ddim"
            }
            Self::EulerAncestral => {
                "Euler ancestral adds noise as a variance-exploding chain does, and this model is \
                 a rectified flow: choose euler, heun, dpmpp_2m, unipc or ddim"
            }
            Self::Ddim { eta } if eta > 0.0 => {
                "DDIM's eta is defined for variance-preserving models, and this model is a \
                 rectified flow: set eta to 0"
            }
            _ if options.karras => {
                "Karras levels are defined for variance-exploding models, and this model is a \
                 rectified flow: leave them out"
            }
            _ => return Ok(()),
        };
        Err(Error::Recipe(problem.into()))
    }
}

impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Sampler {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let meant = meant(name, Self::ALL.map(Self::name));
        Self::ALL.into_iter().find(|sampler| Some(sampler.name()) == meant).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Recipe(format!("There is no sampler “{name}”: choose one of {names}"))
        })
    }
}
