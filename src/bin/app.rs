//! The page's program.

fn main() {
    patchwork::ui::start();
}
