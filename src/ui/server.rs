//! Requests to the server, and to the browser's cache of its files.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, Response, window};

use crate::page::ModelChoice;
use crate::page::protocol::WEIGHTS;

/// Returns the models of the server; none if it has no list.
pub(super) async fn models() -> Vec<ModelChoice> {
    let text = text("./models/index.json").await;
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Returns the `concepts.tsv` of a model's folder.
pub(super) async fn concepts(folder: &str) -> Option<String> {
    text(&format!("{folder}/concepts.tsv")).await
}

async fn text(address: &str) -> Option<String> {
    let response = JsFuture::from(window()?.fetch_with_str(address)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Returns whether the browser has a model's weights; `false` if it has no cache.
pub(super) async fn is_cached(folder: &str) -> bool {
    let ask = async || {
        let stores: JsValue = Reflect::get(&JsValue::from(window()?), &"caches".into()).ok()?;
        let stores: CacheStorage = stores.is_object().then(|| stores.unchecked_into())?;
        let cache: Cache = JsFuture::from(stores.open(WEIGHTS)).await.ok()?.dyn_into().ok()?;
        let address = format!("{folder}/dit.safetensors");
        let found = JsFuture::from(cache.match_with_str(&address)).await.ok()?;
        Some(found.is_truthy())
    };
    ask().await.unwrap_or(false)
}
