//! The user interface: a prompt, the stage where the picture is shown, and the history.

mod address;
mod app;
mod bar;
mod bring;
mod browse;
mod caret_rows;
mod controls;
mod derive;
mod edit;
mod grid_cells;
mod grid_form;
mod handle;
mod history;
mod history_page;
mod link;
mod panel;
mod perform;
mod persist;
mod picture;
mod quilt;
mod remember;
mod seed;
mod server;
mod settings;
mod share;
mod sheet;
mod stage;
mod store;
mod styles;
mod take_away;
mod timeline;
mod toast;
mod trouble;
mod use_keys;

/// Renders the page into the document.
pub fn start() {
    yew::Renderer::<app::App>::new().render();
}
