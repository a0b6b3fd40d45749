//! The connection to a worker. That of `gloo-worker` can neither receive a worker's errors nor end
//! it, and both are needed when a device is lost or a download hangs.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Date, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::page::protocol::{Event, Part, Request, decode, encode};

/// A running worker, which ends when this is dropped.
pub(super) struct Link {
    worker: Worker,
    /// The requests that were sent before the worker listened; `None` once it does.
    waiting: Rc<RefCell<Option<Vec<Request>>>>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Link {
    /// Starts a worker that will load the model of a folder, and that fetches its files beside its
    /// program; `None` if the browser has no module workers.
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
            // The first message of the program says that it listens.
            for request in first.take().into_iter().flatten() {
                post(&to, &request);
            }
            // A message that cannot be decoded is from another version.
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

/// Returns a text that the page's first script has set.
fn global(name: &str) -> String {
    let value = Reflect::get(&js_sys::global(), &name.into()).ok();
    value.and_then(|value| value.as_string()).unwrap_or_default()
}

/// Returns the worker's program, which the page fetches and compiles once for all workers. Its
/// progress is reported to `hear`.
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

/// Returns the event for a worker's error.
fn crash(error: &ErrorEvent) -> Event {
    // The error of a script that cannot be loaded has no message.
    let message = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    let message = match message {
        // Rust's allocator traps if there is no memory. The word is common to the messages of
        // Chromium, Firefox and WebKit. A panic reports its reason earlier.
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

/// Returns the event for a message that the worker's first script sends before its program runs:
/// its version, a failed start, or the bytes of the model that it has fetched.
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

/// Sends a named value to the worker's first script.
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
