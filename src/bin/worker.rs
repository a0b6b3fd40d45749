//! The worker's program.

fn main() {
    patchwork::worker::start();
}
