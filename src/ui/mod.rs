//! The page: a form, a stage where the picture appears, and what was drawn before.

mod app;
mod canvas;
mod form;
mod link;
mod share;
mod stage;
mod state;

/// Puts the page into the document.
pub fn start() {
    yew::Renderer::<app::App>::new().render();
}
