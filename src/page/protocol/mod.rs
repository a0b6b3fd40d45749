//! The messages between the page and its worker. This module does not depend on Burn.

mod event;
mod request;
mod tool;

use serde::{Deserialize, Serialize};

pub use event::{Event, Part};
pub use request::Request;
pub use tool::{Animation, Ground, Kept, Made, Tool};

/// The name of the browser's cache of weights.
pub const WEIGHTS: &str = "patchwork-weights-1";

/// The device that the visitor wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A hardware GPU that Burn can use, otherwise the CPU.
    #[default]
    Auto,
    /// WebGPU, with any adapter.
    WebGpu,
    /// The CPU.
    Cpu,
}

/// The bytes of a file, a PNG unless stated otherwise. Raw pixels stay in the worker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct File(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// The kind of file that holds several pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Archive {
    /// A ZIP of the single files.
    Zip,
    /// A PNG of the pictures side by side.
    Sheet,
}

/// How many pixels wide a sheet is at most, because memory in a tab is scarce.
const MOST_ACROSS: u32 = 4096;

/// Returns the largest side, in pixels, that each of `count` pictures can have on a sheet.
pub fn most_on_sheet(count: usize) -> u32 {
    MOST_ACROSS / ((count as f64).sqrt().ceil() as u32).max(1)
}

/// Returns a message in bytes.
///
/// # Panics
/// Never, because all parts of these messages can be serialised.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("plain data")
}

/// Returns the message in bytes; `None` if they hold no valid message.
pub fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::facts::DeviceFacts;
    use crate::recipe::Recipe;

    #[test]
    fn messages_round_trip() {
        let recipe = Recipe { prompt: "été 🍕".into(), seed: u64::MAX, ..Recipe::default() };
        let request = Request::Draw { job: 7, recipe: Box::new(recipe.into()) };
        assert_eq!(decode(&encode(&request)), Some(request));
        let picture = File(vec![1, 2, 3, 4]);
        let event = Event::Step {
            job: 7,
            index: 3,
            milliseconds: 1.5,
            denoised: vec![picture.clone()],
            noisy: vec![picture],
        };
        assert_eq!(decode(&encode(&event)), Some(event));
        // This format cannot skip empty fields.
        let (model, device) = (Box::default(), DeviceFacts::default());
        let event = Event::Ready { model, device, seconds: 0.5 };
        assert_eq!(decode(&encode(&event)), Some(event));
    }

    #[test]
    fn refuses_bytes_that_are_no_message() {
        assert_eq!(decode::<Event>(&[255; 40]), None);
        assert_eq!(decode::<Event>(&[]), None);
        let whole = encode(&Event::Failed { job: None, message: "x".repeat(50) });
        assert_eq!(decode::<Event>(&whole[..20]), None);
    }
}
