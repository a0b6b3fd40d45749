//! A model's files from the web: streamed, with progress, and kept by the browser.

use std::cell::{Cell, RefCell};

use futures_util::StreamExt;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_streams::ReadableStream;
use web_sys::{Cache, CacheStorage, RequestCache, RequestInit, Response};

use super::{now, post, scope};
use crate::page::protocol::{Event, Part, WEIGHTS};
use crate::pipeline::Source;
use crate::{Error, Result};

/// The error message about a missing file.
const MISSING: &str = "the server has no such file (404)";
/// The milliseconds between two progress events.
const PACE: f64 = 100.0;

/// The outcome of storing the files in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    Kept,
    NoStore,
    NoRoom,
}

/// A folder on the web, relative to the worker's script.
pub(super) struct Web {
    folder: String,
    total: f64,
    loaded: Cell<f64>,
    keeping: Cell<Keeping>,
    /// The files that came from the browser's store.
    from_store: RefCell<Vec<String>>,
    told: Cell<f64>,
}

impl Web {
    /// Creates a source. `total` is how many bytes will be downloaded in total; 0 if that is not known.
    pub(super) fn new(folder: &str, total: f64) -> Self {
        Self {
            folder: folder.trim_end_matches('/').to_owned(),
            total,
            loaded: Cell::new(0.0),
            keeping: Cell::new(Keeping::Kept),
            from_store: RefCell::default(),
            told: Cell::new(0.0),
        }
    }

    /// Creates a source that reports no progress to the page.
    fn uncounted(folder: &str) -> Self {
        Self { told: Cell::new(f64::INFINITY), ..Self::new(folder, f64::INFINITY) }
    }

    /// Removes a file from the browser's store. Returns whether the file had come from the store, so that
    /// downloading it may help.
    pub(super) async fn forget(&self, file: &str) -> bool {
        let from_store = self.from_store.borrow().iter().any(|name| name == file);
        if let Some(cache) = open_cache().await {
            drop(JsFuture::from(cache.delete_with_str(&self.url(file))).await);
        }
        from_store
    }

    /// Returns whether the browser keeps the files.
    pub(super) fn is_kept(&self) -> bool {
        self.keeping.get() == Keeping::Kept
    }

    /// Returns a sentence for the user about whether the browser keeps the files.
    pub(super) fn kept(&self) -> &'static str {
        match self.keeping.get() {
            Keeping::Kept if !self.from_store.borrow().is_empty() => {
                "This browser kept them from an earlier visit."
            }
            Keeping::Kept => "This browser keeps them for the next visit.",
            Keeping::NoStore => {
                "This browser keeps no files here, perhaps because this is a private window: they \
                 are in memory, and the next visit downloads them again."
            }
            Keeping::NoRoom => {
                "This browser had no room to keep them: they are in memory, and the next visit \
                 downloads them again."
            }
        }
    }

    fn url(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    /// Adds to the progress, and reports it to the page from time to time.
    fn advance(&self, bytes: f64) {
        self.loaded.set(self.loaded.get() + bytes);
        let (loaded, total, at) = (self.loaded.get(), self.total, now());
        if at - self.told.get() >= PACE || loaded >= total {
            self.told.set(at);
            post(&Event::Loading { part: Part::Weights, loaded, total, at });
        }
    }

    /// Returns the file's bytes from the store. If they are not there, downloads and stores them.
    async fn fetch(&self, file: &str) -> Result<Vec<u8>, String> {
        let url = self.url(file);
        // JSON files are not stored, because they say which weights are current.
        if file.ends_with(".json") {
            return self.read_body(&get(&url, RequestCache::NoCache).await?, file).await;
        }
        let Some(cache) = open_cache().await else {
            self.keeping.set(Keeping::NoStore);
            return self.read_body(&get(&url, RequestCache::NoStore).await?, file).await;
        };
        let kept = JsFuture::from(cache.match_with_str(&url)).await.ok();
        if let Some(response) = kept.and_then(|value| value.dyn_into::<Response>().ok()) {
            self.from_store.borrow_mut().push(file.to_owned());
            return self.read_body(&response, file).await;
        }
        let bytes = self.read_body(&get(&url, RequestCache::NoStore).await?, file).await?;
        if keep(&cache, &url, &bytes).await.is_none() {
            self.keeping.set(Keeping::NoRoom);
        }
        Ok(bytes)
    }

    async fn read_body(&self, response: &Response, file: &str) -> Result<Vec<u8>, String> {
        let broken = |_: JsValue| {
            "the download was interrupted: check the connection and try again".to_owned()
        };
        let Some(body) = response.body() else { return Ok(Vec::new()) };
        let mut chunks = ReadableStream::from_raw(body).into_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk: Uint8Array = chunk.map_err(broken)?.unchecked_into();
            let start = bytes.len();
            bytes.resize(start + chunk.length() as usize, 0);
            chunk.copy_to(&mut bytes[start..]);
            if !file.ends_with(".json") {
                self.advance(f64::from(chunk.length()));
            }
        }
        Ok(bytes)
    }
}

/// Loads a part of a model's folder from one file, without progress. A file from the browser's store may
/// be damaged; it is then downloaded again.
pub(super) async fn load_part<T>(
    folder: &str,
    file: &str,
    load: impl AsyncFn(&Web) -> Result<T>,
) -> Result<T> {
    let source = Web::uncounted(folder);
    match load(&source).await {
        Err(Error::Model { .. }) if source.forget(file).await => {
            load(&Web::uncounted(folder)).await
        }
        loaded => loaded,
    }
}

impl Source for Web {
    fn name(&self) -> String {
        self.folder.clone()
    }

    async fn exists(&self, file: &str) -> bool {
        match get(&self.url(file), RequestCache::NoCache).await {
            Err(problem) => problem != MISSING,
            Ok(_) => true,
        }
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>> {
        self.fetch(file).await.map_err(|problem| Error::model(file, problem))
    }
}

/// Requests a file from the server.
async fn get(url: &str, cache: RequestCache) -> Result<Response, String> {
    let options = RequestInit::new();
    options.set_cache(cache);
    let asked = early(url).unwrap_or_else(|| scope().fetch_with_str_and_init(url, &options));
    let response = JsFuture::from(asked).await;
    let response: Response = response
        .and_then(JsCast::dyn_into)
        .map_err(|_| "it cannot be reached: check the connection and try again".to_owned())?;
    match response.status() {
        200..300 => Ok(response),
        404 => Err(MISSING.into()),
        status => Err(format!("the server answered {status}: try again later")),
    }
}

/// Returns the response that the worker's first script requested while this program was still loading. Each
/// is returned once.
fn early(url: &str) -> Option<Promise> {
    let take: Function = Reflect::get(&scope(), &"patchworkEarly".into()).ok()?.dyn_into().ok()?;
    take.call1(&JsValue::NULL, &url.into()).ok()?.dyn_into().ok()
}

/// Returns the browser's stores; `None` if there are none, as on plain http and in some private windows.
/// The generated binding would treat a missing object as a store, and end the worker.
fn stores() -> Option<CacheStorage> {
    let caches = Reflect::get(&scope(), &"caches".into()).ok()?;
    caches.is_object().then(|| caches.unchecked_into())
}

/// Opens the store of weights; `None` if the browser keeps nothing.
async fn open_cache() -> Option<Cache> {
    JsFuture::from(stores()?.open(WEIGHTS)).await.ok()?.dyn_into().ok()
}

/// Stores a file; `None` if there is no room.
async fn keep(cache: &Cache, url: &str, bytes: &[u8]) -> Option<()> {
    let body = Uint8Array::from(bytes);
    let response = Response::new_with_opt_buffer_source(Some(&body)).ok()?;
    JsFuture::from(cache.put_with_str(url, &response)).await.ok().map(drop)
}

/// Removes every stored file, and returns whether there was any.
pub(super) async fn forget_all() -> bool {
    let Some(caches) = stores() else { return false };
    JsFuture::from(caches.delete(WEIGHTS)).await.is_ok_and(|found| found.is_truthy())
}
