//! The worker's program.

/// What the linker gathers of the crates' constructors.
#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "the linker's own function has no safe name")]
fn construct() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    // SAFETY: it takes nothing, gives nothing, and runs once, before all else. If nobody calls it, the
    // linker puts a call at the top of every export, so that each object that JavaScript hands over
    // runs all constructors again: that took nine tenths of each step on a GPU.
    unsafe { __wasm_call_ctors() }
}

fn main() {
    #[cfg(target_family = "wasm")]
    construct();
    patchwork::worker::start();
}
