//! Which device the worker takes, and why.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::scope;
use crate::device::Backend;
use crate::protocol::{DeviceChoice, DeviceFacts};

/// What the browser says of its WebGPU adapter.
struct Adapter {
    name: String,
    is_software: bool,
    /// Burn measures with it from the start, and panics without.
    has_timestamps: bool,
}

/// The backend for a choice, and what to tell the visitor.
///
/// # Errors
/// A sentence, where WebGPU was asked for and cannot be had.
pub(super) async fn choose(choice: DeviceChoice) -> Result<(Backend, DeviceFacts), String> {
    if choice == DeviceChoice::Cpu {
        return Ok(cpu("You chose the CPU."));
    }
    let Some(adapter) = adapter().await else {
        return match choice {
            DeviceChoice::WebGpu => {
                Err("This browser offers no WebGPU here: choose Auto or CPU.".into())
            }
            _ => Ok(cpu("This browser offers no WebGPU here.")),
        };
    };
    if !adapter.has_timestamps {
        let lack = format!("{} lacks timestamp-query, which the engine needs", adapter.name);
        return match choice {
            DeviceChoice::WebGpu => Err(format!("{lack}: choose Auto or CPU.")),
            _ => Ok(cpu(&format!("{lack}."))),
        };
    }
    if choice == DeviceChoice::Auto && adapter.is_software {
        return Ok(cpu(&format!("{} is software, which is slower than the CPU.", adapter.name)));
    }
    let reason = if choice == DeviceChoice::WebGpu {
        "You chose WebGPU."
    } else {
        "A GPU that the engine can use was found."
    };
    let facts = DeviceFacts { name: "WebGPU".into(), adapter: adapter.name, reason: reason.into() };
    Ok((Backend::WebGpu, facts))
}

fn cpu(reason: &str) -> (Backend, DeviceFacts) {
    let facts =
        DeviceFacts { name: "CPU".into(), adapter: String::new(), reason: reason.to_owned() };
    (Backend::Cpu, facts)
}

async fn adapter() -> Option<Adapter> {
    let gpu = get(scope().navigator().as_ref(), "gpu")?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call0(&gpu).ok()?.dyn_into().ok()?;
    let adapter = JsFuture::from(promise).await.ok()?;
    let features = get(&adapter, "features")?;
    let has: Function = get(&features, "has")?.dyn_into().ok()?;
    let has_timestamps = has.call1(&features, &"timestamp-query".into()).ok()?.is_truthy();

    let info = get(&adapter, "info")?;
    let text = |key: &str| get(&info, key).and_then(|value| value.as_string()).unwrap_or_default();
    let words = ["description", "vendor", "architecture", "device"].map(text);
    let mut name = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        name = "The graphics adapter".into();
    }
    let lower = name.to_lowercase();
    let named_so = ["swiftshader", "llvmpipe", "software"].iter().any(|word| lower.contains(word));
    let flagged = [&adapter, &info]
        .iter()
        .any(|holder| get(holder, "isFallbackAdapter").is_some_and(|value| value.is_truthy()));
    Some(Adapter { name, is_software: named_so || flagged, has_timestamps })
}

/// A property that is there.
fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &key.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}
