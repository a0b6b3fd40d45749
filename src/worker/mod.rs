//! The page's web worker, which loads the model and draws, so that the page never blocks.

mod decode;
mod fetch;
mod files;
mod gpu;
mod jobs;
mod load;
mod picture;
mod read;
mod state;
mod tools;
mod upscale;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::page::protocol::{Event, Part, Request, decode, encode};

/// Starts to listen for requests. This is the worker's `main`.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        // The page must be informed, because a trapped worker sends nothing. Only the console gets the
        // place.
        web_sys::console::error_1(&panic.to_string().into());
        let what = panic.payload_as_str().unwrap_or("an unknown error");
        let message = format!("The worker stopped: {what}.");
        post(&Event::Crashed { message, on_gpu: gpu::is_in_use() });
    }));
    let worker = Rc::new(RefCell::new(state::Worker::default()));
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let bytes = Uint8Array::new(&message.data()).to_vec();
        match decode::<Request>(&bytes) {
            Some(request) => jobs::receive(&worker, request),
            None => post(&Event::Failed { job: None, message: "The page sent no message.".into() }),
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    // Earlier requests of the page were lost. This event tells it that the worker listens.
    post(&Event::Loading { part: Part::Weights, loaded: 0.0, total: 0.0, at: now() });
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sends an event to the page.
fn post(event: &Event) {
    let bytes = Uint8Array::from(encode(event).as_slice());
    // An error means that the page is gone, and is ignored.
    drop(scope().post_message(&bytes));
}

/// Returns the milliseconds since the Unix epoch.
fn now() -> f64 {
    js_sys::Date::now()
}
