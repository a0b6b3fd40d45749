//! The page's pipeline without the page.

fn main() -> std::process::ExitCode {
    patchwork::cli::main()
}
