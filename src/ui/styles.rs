//! Which set to draw like: one subject in each of the model's styles.

use web_sys::HtmlInputElement;
use yew::{Callback, Event, Html, TargetCast, html};

use crate::page::{Action, State};
use crate::ui::handle::PageHandle;
use crate::ui::picture::Tile;

/// The styles, as a group of radio buttons.
pub(super) fn styles(state: &PageHandle) -> Html {
    let names = names(state);
    let dispatcher = state.dispatcher();
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        let style = input.value();
        dispatcher.dispatch(Action::Edit(Box::new(move |recipe| recipe.style = style)));
    });
    let quilt = state.chosen().and_then(|model| model.quilt.as_ref());
    let sheet = format!("{}/styles.webp", state.folder);
    let choice = |style: &String| {
        let at = quilt.and_then(|quilt| quilt.styles.iter().position(|own| own == style));
        let columns = quilt.map_or(1, |quilt| quilt.styles.len());
        let label = if style.is_empty() { "Any" } else { style }.to_owned();
        html! {
            <label key={style.clone()} class="style">
                <input type="radio" name="style" value={style.clone()} aria-label={label.clone()}
                    checked={state.form.style == *style} onchange={onchange.clone()} />
                if let Some(at) = at {
                    <Tile sheet={sheet.clone()} {columns} rows={1} {at} />
                } else if quilt.is_some() {
                    <span class="no-tile" aria-hidden="true">{if style.is_empty() { "✻" } else { "?" }}</span>
                }
                <span aria-hidden="true">{label}</span>
            </label>
        }
    };
    html! {
        <div class="styles" role="radiogroup" aria-label="Style">{for names.iter().map(choice)}</div>
    }
}

/// Returns the names of all styles, with none first; one that the model lacks, as from an old link,
/// stands at the end.
fn names(state: &State) -> Vec<String> {
    let of_quilt =
        || state.chosen().and_then(|model| model.quilt.as_ref()).map(|quilt| &quilt.styles);
    let own = state.loaded().map(|loaded| &loaded.model.styles).or_else(of_quilt);
    let mut names = vec![String::new()];
    names.extend(own.into_iter().flatten().cloned());
    if !names.contains(&state.form.style) {
        names.push(state.form.style.clone());
    }
    names
}
