//! Fused operations, which do in one pass over memory what Burn does in several. Each is a file with its
//! plain reference, the CPU's loop, its gradient and its test.
//!
//! Each is a Burn backend extension, which Burn selects by the device of a tensor. `Flex`, the CPU, runs
//! the loop. `Cube`, every GPU, runs the plain formula. `Autodiff` records the loop with its gradient as
//! one step, or on a GPU lets Burn differentiate the plain formula.
//!
//! Networks call these functions without regard to the device.

mod gated_add;
mod gelu;
mod host;
mod modulated_norm;
mod self_attention;
#[cfg(feature = "native")]
mod step;
#[cfg(all(test, feature = "native"))]
mod testing;

pub(crate) use gated_add::gated_add;
pub(crate) use gelu::gelu_tanh;
pub(crate) use modulated_norm::modulated_norm;
pub(crate) use self_attention::self_attention;
