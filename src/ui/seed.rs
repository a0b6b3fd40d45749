//! The checkbox “Keep this seed”, beside a single picture or, without one, among the settings.

use yew::{Callback, Html, InputEvent, html};

use crate::page::{Form, FormAction};
use crate::ui::handle::Dispatcher;

/// Renders the checkbox, for the seed of a picture or for the form's seed.
pub(super) fn keep_seed(form: &Form, seed: Option<u64>, dispatcher: &Dispatcher) -> Html {
    let keeps = form.keeps_seed && seed.is_none_or(|seed| seed == form.recipe.seed);
    let dispatcher = dispatcher.clone();
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
