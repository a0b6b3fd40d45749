//! A model's files from the web: streamed, with progress, and kept by the browser.

use std::cell::Cell;

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, ReadableStreamDefaultReader, Response};

use super::{post, scope};
use crate::pipeline::Source;
use crate::protocol::Event;
use crate::{Error, Result};

/// The browser's store of weights.
const CACHE: &str = "patchwork-weights-1";

/// A folder on the web, relative to the worker's script.
pub(super) struct Web {
    folder: String,
    loaded: Cell<f64>,
    total: Cell<f64>,
}

impl Web {
    pub(super) fn new(folder: &str) -> Self {
        let folder = folder.trim_end_matches('/').to_owned();
        Self { folder, loaded: Cell::new(0.0), total: Cell::new(0.0) }
    }

    /// So many bytes will come in all.
    pub(super) fn expect(&self, total: f64) {
        self.total.set(total);
    }

    fn url(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    fn advance(&self, bytes: f64, file: &str) {
        self.loaded.set(self.loaded.get() + bytes);
        let (loaded, total) = (self.loaded.get(), self.total.get());
        post(&Event::Loading { loaded, total, what: file.to_owned() });
    }

    /// The file's bytes from the store, else from the web, and then into the store.
    async fn fetch(&self, file: &str) -> Result<Vec<u8>, String> {
        let url = self.url(file);
        let cache = open_cache().await;
        let kept = match &cache {
            Some(cache) => JsFuture::from(cache.match_with_str(&url)).await.ok(),
            None => None,
        };
        // Only weights are kept: the small files say which weights are meant.
        let keeps = file.ends_with(".safetensors") || file.ends_with(".txt");
        if let Some(response) = kept.and_then(|value| value.dyn_into::<Response>().ok()) {
            return self.read(&response, file).await;
        }
        let response = JsFuture::from(scope().fetch_with_str(&url)).await;
        let response: Response = response
            .and_then(JsCast::dyn_into)
            .map_err(|_| format!("{url} cannot be reached: is this device offline?"))?;
        if !response.ok() {
            return Err(format!("the server answered {} for {url}", response.status()));
        }
        let bytes = self.read(&response, file).await?;
        if let (true, Some(cache)) = (keeps, cache) {
            keep(&cache, &url, &bytes).await;
        }
        Ok(bytes)
    }

    async fn read(&self, response: &Response, file: &str) -> Result<Vec<u8>, String> {
        let broken = |_: JsValue| format!("the download of {file} broke off; try again");
        let Some(body) = response.body() else { return Ok(Vec::new()) };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let mut bytes = Vec::new();
        loop {
            let chunk = JsFuture::from(reader.read()).await.map_err(broken)?;
            let value = Reflect::get(&chunk, &"value".into()).map_err(broken)?;
            if value.is_undefined() {
                return Ok(bytes);
            }
            let chunk: Uint8Array = value.unchecked_into();
            let start = bytes.len();
            bytes.resize(start + chunk.length() as usize, 0);
            chunk.copy_to(&mut bytes[start..]);
            self.advance(f64::from(chunk.length()), file);
        }
    }
}

impl Source for Web {
    fn name(&self) -> String {
        self.folder.clone()
    }

    async fn exists(&self, file: &str) -> bool {
        file == crate::pipeline::stickers::MANIFEST
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>> {
        self.fetch(file).await.map_err(|problem| Error::weights(file, problem))
    }
}

/// `None` where the browser keeps nothing, as in some private windows.
async fn open_cache() -> Option<Cache> {
    let caches = scope().caches().ok()?;
    JsFuture::from(caches.open(CACHE)).await.ok()?.dyn_into().ok()
}

/// Keeps a file; where there is no room, the page goes on without.
async fn keep(cache: &Cache, url: &str, bytes: &[u8]) {
    let body = Uint8Array::from(bytes);
    if let Ok(response) = Response::new_with_opt_buffer_source(Some(&body)) {
        drop(JsFuture::from(cache.put_with_str(url, &response)).await);
    }
}

/// Forgets a file, so that a damaged one is not kept.
pub(super) async fn forget_all() {
    if let Ok(caches) = scope().caches() {
        drop(JsFuture::from(caches.delete(CACHE)).await);
    }
}
