//! Which models the page is served with.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, window};

use crate::page::ModelChoice;

/// Asks the server; empty if it has no list.
pub(super) async fn list() -> Vec<ModelChoice> {
    fetch().await.unwrap_or_default()
}

async fn fetch() -> Option<Vec<ModelChoice>> {
    let response = JsFuture::from(window()?.fetch_with_str("./models/index.json")).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
