//! What the browser stores of a page, to restore it.

use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;

/// What a page stores for this tab, to restore itself after a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The fields that the visitor chose in the form, by name, as in an address.
    pub form: Vec<(String, String)>,
    /// Whether the seed is kept.
    pub keeps_seed: bool,
    /// The recipe of the picture on stage.
    pub shown: Option<Recipe>,
    /// Whether the visitor has chosen the seed since the last picture.
    #[serde(default)]
    pub seed_is_fresh: bool,
}

/// What this browser stores of earlier visits, and of this tab.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Remembered {
    /// The session of this tab.
    pub session: Option<Session>,
    /// Whether this tab had the same address before: the page is reloaded, and no new link is
    /// followed.
    pub is_same_address: bool,
    /// Whether the settings were unfolded.
    pub unfolds_settings: bool,
    /// Keys of deleted pictures that are still in the store.
    pub trash: Vec<u32>,
}
