//! Where tensors live: the CPU, or a GPU through WebGPU's interface.

use std::str::FromStr;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The kinds of device a user may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Burn's Flex: every CPU, with SIMD, and threads if there are any.
    Cpu,
    /// Burn's wgpu: WebGPU in a browser, Vulkan, Metal or DirectX 12 natively.
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
    /// Starts the device; call it once, before the first tensor.
    ///
    /// # Errors
    /// Returns an error if there is no usable GPU.
    pub async fn start(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            Self::WebGpu => Device::wgpu_options().init_async().await.map_err(|problem| {
                Error::Device(format!(
                    "No GPU can be used ({problem}); choose the CPU, or install a Vulkan, \
                         Metal or DirectX 12 driver"
                ))
            }),
        }
    }
}

/// Returns a device by name: those of [`Backend`], and those that the program was built with a
/// feature for.
///
/// # Errors
/// Returns an error if there is no such device, or it cannot be used.
#[cfg(feature = "native")]
pub async fn named(name: &str) -> Result<Device> {
    match name {
        #[cfg(feature = "vulkan")]
        "vulkan" => Ok(Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "metal")]
        "metal" => Ok(Device::metal(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "cuda")]
        "cuda" => Ok(Device::cuda(0)),
        #[cfg(feature = "rocm")]
        "rocm" => Ok(Device::rocm(0)),
        "vulkan" | "metal" | "cuda" | "rocm" => Err(Error::Device(format!(
            "This program was built without {name}: build it with `--features {name}`"
        ))),
        name => name.parse::<Backend>()?.start().await,
    }
}
