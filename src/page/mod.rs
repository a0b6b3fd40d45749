//! The page's state and its changes, without a browser, so that they are tested natively.
//!
//! ```text
//!  Action ──► update(State, Action) ──► State ──► what is shown
//!                      │
//!                      └──► Effects: messages to the worker, the address, the store, a seed
//! ```

pub mod action;
pub mod bring;
pub mod concepts;
pub mod effect;
pub mod engine;
pub mod facts;
pub mod grid;
pub mod hear;
pub mod help;
pub mod history;
pub mod keep;
pub mod landing;
pub mod loading;
pub mod offer;
pub mod open;
pub mod prompt;
pub mod protocol;
pub mod run;
pub mod save;
pub mod shown;
pub mod state;
pub mod trash;
pub mod turn;
pub mod update;

pub use action::{Action, HistoryAction};
pub use effect::Effect;
pub use facts::ModelChoice;
pub use state::{Engine, Job, Loaded, State};
pub use update::update;
