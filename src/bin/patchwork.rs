//! The command line: the page's pipeline without the page, and the trainer.

/// The allocator. Training allocates and frees large tensors all the time, for which the system's
/// allocator would fetch fresh pages each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    patchwork::cli::main()
}
