//! What the page knows and does, without a browser, so that it is tested natively.
//!
//! ```text
//!  Action ──► update(State, Action) ──► State ──► what is shown
//!                      │
//!                      └──► Effects: messages to the worker, the address, the store, a seed
//! ```

pub mod action;
pub mod bring;
pub mod effect;
pub mod grid;
pub mod hear;
pub mod help;
pub mod history;
pub mod offer;
pub mod protocol;
pub mod run;
pub mod state;
pub mod turn;
pub mod update;

pub use action::{Action, HistoryAction};
pub use effect::Effect;
pub use state::{Engine, Job, Loaded, ModelChoice, State, StopReason};
pub use update::update;
