//! The checkbox “Keep this seed”, beside a single picture or, without one, among the settings.

use yew::{Callback, Html, InputEvent, html};

use crate::page::FormAction;
use crate::ui::handle::PageHandle;

/// Renders the checkbox, for the seed of a picture or for the form's seed.
pub(super) fn keep_seed(state: &PageHandle, seed: Option<u64>) -> Html {
    let keeps = state.form.keeps_seed && seed.is_none_or(|seed| seed == state.form.recipe.seed);
    let dispatcher = state.dispatcher();
    let oninput = Callback::from(move |_: InputEvent| {
        dispatcher.dispatch(FormAction::KeepSeed { keeps: !keeps, seed });
    });
    html! {
        <label class="check">
            <input type="checkbox" checked={keeps} {oninput} />
            {"Keep this seed"}
        </label>
    }
}
