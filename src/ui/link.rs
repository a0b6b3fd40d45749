//! The wire to the worker. `gloo-worker` has none that hears a worker's errors or can end it, and
//! both are needed when a device is lost or a download hangs.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::page::protocol::{Event, Request, decode, encode};

/// A running worker; it ends when this is dropped.
pub(super) struct Link {
    worker: Worker,
    /// What was said before the worker listened; `None` once it does.
    waiting: Rc<RefCell<Option<Vec<Request>>>>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Link {
    /// Starts the worker; `None` if the browser has none.
    pub(super) fn start(hear: impl Fn(Event) + Clone + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let address = format!("./worker_main.js?v={}", version());
        let worker = Worker::new_with_options(&address, &options).ok()?;
        let waiting = Rc::new(RefCell::new(Some(Vec::new())));
        let (tell, first, to) = (hear.clone(), waiting.clone(), worker.clone());
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let data = message.data();
            if !data.is_instance_of::<Uint8Array>() {
                start_event(&data).into_iter().for_each(&hear);
                return;
            }
            // Its first word says that it listens.
            for request in first.take().into_iter().flatten() {
                post(&to, &request);
            }
            // What cannot be read is another version's.
            hear(decode(&Uint8Array::new(&data).to_vec()).unwrap_or(Event::Outdated));
        });
        let error = Closure::<dyn FnMut(ErrorEvent)>::new(move |error: ErrorEvent| {
            error.prevent_default();
            // A script that does not load has no message.
            let message = match Reflect::get(&error, &"message".into())
                .ok()
                .and_then(|m| m.as_string())
            {
                // What Rust's allocator does when there is no memory; a panic says why before.
                Some(message) if message.contains("unreachable") => {
                    "The worker ran out of memory: draw fewer pictures at once, or close other \
                     tabs."
                        .into()
                }
                Some(message) if !message.contains("fetch") => {
                    format!("The worker stopped ({message}).")
                }
                _ => "The page's worker cannot be loaded: check the connection, and that the server has \
                      worker_main.js and allows workers (worker-src in its Content-Security-Policy)."
                    .into(),
            };
            tell(Event::Crashed { message });
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        Some(Self { worker, waiting, _message: message, _error: error })
    }

    pub(super) fn send(&self, request: Request) {
        match &mut *self.waiting.borrow_mut() {
            Some(waiting) => waiting.push(request),
            None => post(&self.worker, &request),
        }
    }
}

/// Returns the version of this page's programs, as its first script tells.
fn version() -> String {
    let version = Reflect::get(&js_sys::global(), &"patchworkVersion".into()).ok();
    version.and_then(|version| version.as_string()).unwrap_or_default()
}

/// Returns what the worker's first script says before its program runs: its version, or that it
/// does not start.
fn start_event(data: &JsValue) -> Option<Event> {
    let text = |key: &str| Reflect::get(data, &key.into()).ok()?.as_string();
    if let Some(problem) = text("problem") {
        let message = format!(
            "The page's worker cannot be started: worker.js or worker_bg.wasm is missing or damaged on \
             the server, or its Content-Security-Policy refuses them ({problem})."
        );
        return Some(Event::Crashed { message });
    }
    (text("version")? != version()).then_some(Event::Outdated)
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
