//! The empty stage: a quilt of pictures that the model has drawn. A press on one draws its recipe.

use yew::{Html, html};

use crate::page::engine::loading::Loading;
use crate::page::facts::Quilt;
use crate::page::{Engine, FormAction};
use crate::recipe::Recipe;
use crate::ui::handle::{Dispatcher, act};
use crate::ui::picture::Tile;

/// Renders the empty stage. `press` is the label of a button that draws the form.
pub(super) fn quilt(engine: &Engine, press: Option<String>, dispatcher: &Dispatcher) -> Html {
    let quilt = engine.chosen().and_then(|model| model.quilt.as_ref());
    let draw = act(dispatcher, || FormAction::Draw);
    html! {
        <div class="empty">
            if let Some(press) = press {
                <button type="button" class="primary press" translate="no" onclick={draw}>{press}</button>
            }
            if let Some(quilt) = quilt {
                {tiles(engine, quilt, dispatcher)}
                <p><small>{"Drawn by this model. Press one, and it is drawn here, step by step."}</small></p>
            } else {
                <img src="./icon.svg" alt="" width="96" height="96" />
                <p>{"Say what to draw."}</p>
            }
        </div>
    }
}

fn tiles(engine: &Engine, quilt: &Quilt, dispatcher: &Dispatcher) -> Html {
    let filled = filled(engine.loading(), quilt.tiles.len());
    let sheet = format!("{}/quilt.webp", engine.choice.folder);
    let tile = |(at, recipe): (usize, &Recipe)| {
        let drawn = recipe.clone();
        let style = if recipe.style.is_empty() { "any style" } else { &recipe.style };
        html! {
            <button type="button" class={if at < filled { "tile filled" } else { "tile" }}
                aria-label={format!("Draw {}, {style}", recipe.prompt)}
                onclick={act(dispatcher, move || FormAction::DrawAgain(drawn.clone().into()))}>
                <Tile sheet={sheet.clone()} columns={quilt.columns} rows={quilt.rows} {at} />
            </button>
        }
    };
    html! {
        <div class="quilt" role="group" aria-label="Ideas">
            {for quilt.tiles.iter().enumerate().map(tile)}
        </div>
    }
}

/// Returns how many tiles are filled: their share is that of the download.
fn filled(loading: Option<&Loading>, all: usize) -> usize {
    match loading {
        Some(loading) => (loading.share().unwrap_or(0.0) * all as f64) as usize,
        None => all,
    }
}
