//! The worker's program.

/// Runs the constructors that the linker collected from all crates.
#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "the linker's own function has no safe name")]
fn construct() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    // SAFETY: the function takes and returns nothing, and it runs once, before everything else. If it is
    // never called, the linker puts a call at the top of every export, so that each object that
    // JavaScript passes in runs all constructors again: that took nine tenths of each step on a GPU.
    unsafe { __wasm_call_ctors() }
}

fn main() {
    #[cfg(target_family = "wasm")]
    construct();
    patchwork::worker::start();
}
