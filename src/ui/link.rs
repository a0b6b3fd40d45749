//! The wire to a worker. `gloo-worker` has none that hears a worker's errors or can end it, and both
//! are needed when a device is lost or a download hangs.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Date, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::page::protocol::{Event, Part, Request, decode, encode};

/// A running worker; it ends when this is dropped.
pub(super) struct Link {
    worker: Worker,
    /// What was said before the worker listened; `None` once it does.
    waiting: Rc<RefCell<Option<Vec<Request>>>>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Link {
    /// Starts a worker that will load the model of a folder, whose files it fetches beside its
    /// program; `None` if the browser has none.
    pub(super) fn start(folder: &str, hear: impl Fn(Event) + Clone + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let address = format!("./worker_main.js?v={}", global("patchworkVersion"));
        let worker = Worker::new_with_options(&address, &options).ok()?;
        tell(&worker, "folder", &folder.into());
        let waiting = Rc::new(RefCell::new(Some(Vec::new())));
        let (told, first, to) = (hear.clone(), waiting.clone(), worker.clone());
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let data = message.data();
            if !data.is_instance_of::<Uint8Array>() {
                start_event(&data).into_iter().for_each(&told);
                return;
            }
            // Its first word says that it listens.
            for request in first.take().into_iter().flatten() {
                post(&to, &request);
            }
            // What cannot be read is another version's.
            told(decode(&Uint8Array::new(&data).to_vec()).unwrap_or(Event::Outdated));
        });
        let told = hear.clone();
        let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |error: ErrorEvent| {
            error.prevent_default();
            told(crash(&error));
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        let to = worker.clone();
        spawn_local(async move {
            match program(hear.clone()).await {
                Ok(module) => tell(&to, "module", &module),
                Err(problem) => hear(not_started(&problem)),
            }
        });
        Some(Self { worker, waiting, _message: message, _error: error })
    }

    pub(super) fn send(&self, request: Request) {
        match &mut *self.waiting.borrow_mut() {
            Some(waiting) => waiting.push(request),
            None => post(&self.worker, &request),
        }
    }
}

/// Returns a text that the page's first script has left.
fn global(name: &str) -> String {
    let value = Reflect::get(&js_sys::global(), &name.into()).ok();
    value.and_then(|value| value.as_string()).unwrap_or_default()
}

/// Returns the worker's program, which the page fetches and compiles once for all workers; what
/// comes of it is told as it streams.
async fn program(hear: impl Fn(Event) + 'static) -> Result<JsValue, String> {
    let told = Closure::<dyn FnMut(f64, f64)>::new(move |loaded, total| {
        hear(Event::Loading { part: Part::Program, loaded, total, at: Date::now() });
    });
    let begin = || -> Result<Promise, JsValue> {
        let fetch: Function =
            Reflect::get(&js_sys::global(), &"patchworkProgram".into())?.dyn_into()?;
        fetch.call1(&JsValue::NULL, told.as_ref())?.dyn_into()
    };
    let text = |problem: JsValue| {
        let message = Reflect::get(&problem, &"message".into()).ok();
        message.and_then(|message| message.as_string()).unwrap_or_default()
    };
    JsFuture::from(begin().map_err(text)?).await.map_err(text)
}

/// Returns what is told of a worker's error.
fn crash(error: &ErrorEvent) -> Event {
    // A script that does not load has no message.
    let message = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    let message = match message {
        // What Rust's allocator does when there is no memory, in the words of Chromium and Firefox,
        // and of WebKit; a panic says why before.
        Some(message) if message.contains("nreachable") => {
            "The worker ran out of memory: draw fewer pictures at once, or close other tabs.".into()
        }
        Some(message) if !message.is_empty() && !message.contains("fetch") => {
            format!("The worker stopped ({message}).")
        }
        _ => "The page's worker cannot be loaded: check the connection, and that the server has \
              worker_main.js and allows workers (worker-src in its Content-Security-Policy)."
            .into(),
    };
    Event::Crashed { message, on_gpu: false }
}

fn not_started(problem: &str) -> Event {
    let message = format!(
        "The page's worker cannot be started: worker.js or worker_bg.wasm is missing or damaged on \
         the server, its Content-Security-Policy refuses them, or the connection is gone ({problem})."
    );
    Event::Crashed { message, on_gpu: false }
}

/// Returns what the worker's first script says before its program runs: its version, that it does not
/// start, or how many bytes of the model it has fetched.
fn start_event(data: &JsValue) -> Option<Event> {
    let get = |key: &str| Reflect::get(data, &key.into()).ok();
    if let Some(problem) = get("problem")?.as_string() {
        return Some(not_started(&problem));
    }
    if let Some(loaded) = get("loaded")?.as_f64() {
        let total = get("total")?.as_f64().unwrap_or_default();
        return Some(Event::Loading { part: Part::Weights, loaded, total, at: Date::now() });
    }
    (get("version")?.as_string()? != global("patchworkVersion")).then_some(Event::Outdated)
}

/// Tells the worker's first script something.
fn tell(worker: &Worker, name: &str, value: &JsValue) {
    let message = Object::new();
    drop(Reflect::set(&message, &name.into(), value));
    drop(worker.post_message(&message));
}

fn post(worker: &Worker, request: &Request) {
    let bytes = Uint8Array::from(encode(request).as_slice());
    drop(worker.post_message(&bytes));
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
