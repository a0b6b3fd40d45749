//! What Burn does in several passes over memory, in one: each operation is a file with its plain
//! reference, the CPU's loop, its gradient and its test.
//!
//! Each is a Burn backend extension: Burn selects by where a tensor lives. `Flex`, the CPU, takes
//! the loop; `Cube`, every GPU, the plain formula; and `Autodiff` records the loop with its
//! gradient as one step, or on a GPU lets Burn differentiate the plain formula.
//!
//! Networks call these functions and ask nothing about devices.

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
