//! The page: a form, a stage where the picture appears, and what was drawn before.

mod address;
mod app;
mod archive;
mod bring;
mod canvas;
mod controls;
mod form;
mod grid;
mod grid_form;
mod help;
mod history;
mod link;
mod models;
mod open;
mod panel;
mod reduce;
mod run;
mod share;
mod stage;
mod state;
mod storage;
mod store;
mod take_away;
mod timeline;
mod use_keys;
mod use_worker;

/// Puts the page into the document.
pub fn start() {
    yew::Renderer::<app::App>::new().render();
}
