//! Which models the page is served with.

use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, window};

/// A model to choose, as `cargo xtask build` lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct ModelChoice {
    /// Relative to the page.
    pub(super) folder: String,
    pub(super) name: String,
    /// What tells it from others of its name.
    #[serde(default)]
    pub(super) hash: String,
    /// What a first visit downloads.
    pub(super) bytes: f64,
}

/// Asks the server; empty where it has no list.
pub(super) async fn list() -> Vec<ModelChoice> {
    fetch().await.unwrap_or_default()
}

async fn fetch() -> Option<Vec<ModelChoice>> {
    let response = JsFuture::from(window()?.fetch_with_str("./models/index.json")).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
