//! The choice of a style, with one subject drawn in each of the model's styles.

use web_sys::{Element, HtmlInputElement};
use yew::{
    Callback, Event, Html, Properties, TargetCast, function_component, html, use_effect_with,
    use_node_ref,
};

use crate::page::{FormAction, ModelChoice};
use crate::ui::handle::Dispatcher;
use crate::ui::picture::Tile;

#[derive(PartialEq, Properties)]
pub(super) struct StylesProps {
    /// The form's style.
    pub(super) style: String,
    /// The styles of the loaded model.
    pub(super) own: Option<Vec<String>>,
    /// The chosen model, if the server lists it.
    pub(super) model: Option<ModelChoice>,
    pub(super) dispatcher: Dispatcher,
}

/// Renders the styles as a group of radio buttons. On a narrow screen they are a scrolling strip.
/// The chosen style is kept in sight, whether the visitor, the model, a link or a picture chose it.
#[function_component]
pub(super) fn Styles(StylesProps { style: chosen, own, model, dispatcher }: &StylesProps) -> Html {
    let quilt = model.as_ref().and_then(|model| model.quilt.as_ref());
    let names = names(chosen, own.as_ref().or(quilt.map(|quilt| &quilt.styles)));
    let strip = use_node_ref();
    {
        let strip = strip.clone();
        use_effect_with((chosen.clone(), names.len()), move |_| {
            if let Some(strip) = strip.cast::<Element>() {
                show_chosen(&strip);
            }
        });
    }
    let dispatcher = dispatcher.clone();
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        let style = input.value();
        dispatcher.dispatch(FormAction::Edit(Box::new(move |recipe| recipe.style = Some(style))));
    });
    let sheet = model.as_ref().map(|model| format!("{}/styles.webp", model.folder));
    let sheet = sheet.unwrap_or_default();
    let choice = |style: &String| {
        let at = quilt.and_then(|quilt| quilt.styles.iter().position(|own| own == style));
        let columns = quilt.map_or(1, |quilt| quilt.styles.len());
        let label = if style.is_empty() { "Any" } else { style }.to_owned();
        html! {
            <label key={style.clone()} class="style">
                <input type="radio" name="style" value={style.clone()} aria-label={label.clone()}
                    checked={chosen == style} onchange={onchange.clone()} />
                if let Some(at) = at {
                    <Tile sheet={sheet.clone()} {columns} rows={1} {at} />
                } else if quilt.is_some() {
                    <span class="no-tile" aria-hidden="true">{if style.is_empty() { "✻" } else { "?" }}</span>
                }
                <span aria-hidden="true" translate="no">{label}</span>
            </label>
        }
    };
    html! {
        <div class="styles" role="radiogroup" aria-label="Style" ref={strip}>{for names.iter().map(choice)}</div>
    }
}

/// Scrolls the strip to the chosen style, no further than necessary, but not the page.
fn show_chosen(strip: &Element) {
    let checked = strip.query_selector(":checked").ok().flatten();
    let Some(chosen) = checked.and_then(|input| input.parent_element()) else { return };
    let (window, chosen) = (strip.get_bounding_client_rect(), chosen.get_bounding_client_rect());
    let before = (chosen.left() - window.left()).min(0.0);
    let after = (chosen.right() - window.right()).max(0.0);
    strip.set_scroll_left(strip.scroll_left() + (before + after).round() as i32);
}

/// Returns the names of all styles: first the empty one, and last one that the model lacks, as from
/// an old link.
fn names(chosen: &String, own: Option<&Vec<String>>) -> Vec<String> {
    let mut names = vec![String::new()];
    names.extend(own.into_iter().flatten().cloned());
    if !names.contains(chosen) {
        names.push(chosen.clone());
    }
    names
}
