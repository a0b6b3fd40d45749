//! The choice of the worker's device, and its reason.

use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Device;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{post, scope};
use crate::page::facts::DeviceFacts;
use crate::page::protocol::{DeviceChoice, Event};
use crate::tools::device::Backend;

/// The reason for the CPU if the user chose it.
const CHOSEN: &str = "You chose the CPU.";

/// Whether the GPU is in use.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The browser's description of its WebGPU adapter.
struct Adapter {
    name: String,
    features: Vec<String>,
    is_software: bool,
    /// Whether it has timestamp queries. Burn uses them from the start, and panics without them.
    has_timestamps: bool,
}

/// Returns the backend for a choice, and the facts about it for the user.
///
/// # Errors
/// Returns a message if WebGPU was requested and is not available.
pub(super) async fn choose(choice: DeviceChoice) -> Result<(Backend, DeviceFacts), String> {
    let adapter = match adapter().await {
        None => Err("This browser offers no WebGPU here".to_owned()),
        Some(Adapter { name, has_timestamps: false, .. }) => {
            Err(format!("{name} lacks timestamp-query, which the engine needs"))
        }
        Some(adapter) => Ok(adapter),
    };
    let adapter = match (adapter, choice) {
        (Err(lack), DeviceChoice::WebGpu) => return Err(format!("{lack}: choose Auto or CPU.")),
        (Err(lack), choice) => {
            let lack = format!("{lack}.");
            let is_chosen = choice == DeviceChoice::Cpu;
            let reason = if is_chosen { CHOSEN.into() } else { lack.clone() };
            return Ok((Backend::Cpu, DeviceFacts { lack, ..cpu(reason) }));
        }
        (Ok(_), DeviceChoice::Cpu) => return Ok((Backend::Cpu, cpu(CHOSEN.into()))),
        (Ok(adapter), _) => adapter,
    };
    if choice == DeviceChoice::Auto && adapter.is_software {
        let reason = format!("{} is software, which is slower than the CPU.", adapter.name);
        let (adapter, features) = (adapter.name, adapter.features);
        return Ok((Backend::Cpu, DeviceFacts { adapter, features, ..cpu(reason) }));
    }
    let reason = if choice == DeviceChoice::WebGpu {
        "You chose WebGPU."
    } else {
        "A GPU that the engine can use was found."
    };
    let facts = DeviceFacts {
        name: "WebGPU".into(),
        adapter: adapter.name,
        features: adapter.features,
        reason: reason.into(),
        ..DeviceFacts::default()
    };
    Ok((Backend::WebGpu, facts))
}

/// Returns the facts about the CPU, which is used because of `reason`.
pub(super) fn cpu(reason: String) -> DeviceFacts {
    DeviceFacts { name: "CPU".into(), reason, ..DeviceFacts::default() }
}

/// Starts the device. If the GPU is lost later, the page is informed at once, even between two pictures.
///
/// # Errors
/// Returns a message if the GPU cannot be started.
pub(super) async fn start(backend: Backend) -> Result<Device, String> {
    if backend == Backend::Cpu {
        return Ok(Device::flex());
    }
    let started = Device::wgpu_options().init_with_setup_async().await;
    let (device, setup) = started
        .map_err(|problem| format!("The GPU cannot be used ({problem}): choose the CPU."))?;
    IN_USE.store(true, Ordering::Relaxed);
    setup.device.set_device_lost_callback(|_, message| {
        if is_in_use() {
            let message = format!("The browser lost its GPU ({message}).");
            post(&Event::Crashed { message, on_gpu: true });
        }
    });
    Ok(device)
}

/// Returns whether the GPU draws or is about to.
pub(super) fn is_in_use() -> bool {
    IN_USE.load(Ordering::Relaxed)
}

/// Marks the GPU as no longer in use, so that its loss is not reported.
pub(super) fn leave() {
    IN_USE.store(false, Ordering::Relaxed);
}

async fn adapter() -> Option<Adapter> {
    let gpu = get(scope().navigator().as_ref(), "gpu")?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    // These are cubecl's options: of two adapters, the one that it uses must be judged.
    let options = Object::new();
    Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let adapter = JsFuture::from(promise).await.ok()?;
    let features = get(&adapter, "features")?;
    let names = js_sys::try_iter(&features).ok()??.filter_map(|name| name.ok()?.as_string());
    let mut features: Vec<String> = names.collect();
    features.sort();
    let has_timestamps = features.iter().any(|name| name == "timestamp-query");

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
    Some(Adapter { name, features, is_software: named_so || flagged, has_timestamps })
}

/// Returns a property; `None` if it is undefined or null.
fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &key.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}
