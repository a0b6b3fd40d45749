//! The devices that hold tensors: the CPU, or a GPU through the WebGPU API.

use std::str::FromStr;

use burn::tensor::Device;
use burn::tensor::wgpu::wgpu;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The kinds of device that a user may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Burn's Flex, which runs on every CPU, with SIMD, and with threads if there are any.
    Cpu,
    /// Burn's wgpu, which is WebGPU in a browser, and Vulkan, Metal or DirectX 12 natively.
    WebGpu,
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.trim().to_lowercase().as_str() {
            "cpu" => Ok(Self::Cpu),
            "webgpu" | "wgpu" | "gpu" => Ok(Self::WebGpu),
            _ => Err(Error::Device(format!("There is no device “{name}”: choose cpu or webgpu"))),
        }
    }
}

impl Backend {
    /// Starts the device; this must be called once, before the first tensor is made.
    ///
    /// # Errors
    /// Returns an error if there is no usable GPU.
    pub async fn start(self) -> Result<Device> {
        Ok(self.start_told().await?.0)
    }

    /// Starts the device, and returns it with a sentence for the user if there is one.
    ///
    /// # Errors
    /// Returns an error if there is no usable GPU.
    pub async fn start_told(self) -> Result<(Device, Option<String>)> {
        let options = match self {
            Self::Cpu => return Ok((Device::flex(), None)),
            Self::WebGpu => Device::wgpu_options(),
        };
        let started = options.init_with_setup_async().await;
        let (device, setup) = started.map_err(|problem| {
            Error::Device(format!(
                "No GPU can be used ({problem}); choose the CPU, or install a Vulkan, \
                     Metal or DirectX 12 driver"
            ))
        })?;
        let adapter = setup.adapter.get_info();
        let is_software = adapter.device_type == wgpu::DeviceType::Cpu;
        let note = is_software.then(|| {
            format!(
                "{} is a software adapter and not a GPU: --device cpu draws the same pictures \
                 faster.",
                adapter.name
            )
        });
        Ok((device, note))
    }
}

/// Returns a device by name, and a sentence for the user if there is one. The names are those of
/// [`Backend`], and those of the device features that the program was built with.
///
/// # Errors
/// Returns an error if there is no such device, or if it cannot be used.
#[cfg(feature = "native")]
pub async fn named(name: &str) -> Result<(Device, Option<String>)> {
    match name {
        #[cfg(feature = "vulkan")]
        "vulkan" => Ok((Device::vulkan(burn::tensor::DeviceKind::DefaultDevice), None)),
        #[cfg(feature = "metal")]
        "metal" => Ok((Device::metal(burn::tensor::DeviceKind::DefaultDevice), None)),
        #[cfg(feature = "cuda")]
        "cuda" => Ok((Device::cuda(0), None)),
        #[cfg(feature = "rocm")]
        "rocm" => Ok((Device::rocm(0), None)),
        "vulkan" | "metal" | "cuda" | "rocm" => Err(Error::Device(format!(
            "This program was built without {name}: build it with `--features {name}`"
        ))),
        name => name.parse::<Backend>()?.start_told().await,
    }
}
