//! The page: a form, a stage where the picture appears, and what was drawn before.

mod address;
mod app;
mod archive;
mod canvas;
mod controls;
mod form;
mod grid_form;
mod handle;
mod history;
mod link;
mod models;
mod open;
mod panel;
mod perform;
mod persist;
mod share;
mod stage;
mod store;
mod take_away;
mod timeline;
mod use_keys;

/// Puts the page into the document.
pub fn start() {
    yew::Renderer::<app::App>::new().render();
}
