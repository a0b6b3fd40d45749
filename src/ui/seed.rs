//! “Keep this seed”: beside the picture that one likes or, where there is none, among the settings.

use yew::{Callback, Html, InputEvent, html};

use crate::page::Action;
use crate::ui::handle::PageHandle;

/// The checkbox, for the seed of a picture or for the form's.
pub(super) fn keep_seed(state: &PageHandle, seed: Option<u64>) -> Html {
    let keeps = state.keeps_seed && seed.is_none_or(|seed| seed == state.form.seed);
    let dispatcher = state.dispatcher();
    let oninput = Callback::from(move |_: InputEvent| {
        dispatcher.dispatch(Action::KeepSeed { keeps: !keeps, seed });
    });
    html! {
        <label class="check">
            <input type="checkbox" checked={keeps} {oninput} />
            {"Keep this seed"}
        </label>
    }
}
