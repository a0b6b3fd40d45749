//! The prompt and its buttons, across the top.

use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::{
    Callback, Html, InputEvent, Properties, SubmitEvent, TargetCast, function_component, html,
    use_effect_with, use_node_ref,
};

use crate::page::facts::Chip;
use crate::page::form::help;
use crate::page::{EngineAction, Form, FormAction};
use crate::ui::caret_rows;
use crate::ui::handle::{Dispatcher, act};
use crate::ui::use_keys::is_composing;

#[derive(PartialEq, Properties)]
pub(super) struct BarProps {
    pub(super) form: Form,
    /// How many tokens the model reads; 0 if none is loaded.
    pub(super) max_tokens: usize,
    /// Whether a picture is being drawn or is queued.
    pub(super) is_busy: bool,
    /// Whether there is no engine.
    pub(super) is_stopped: bool,
    pub(super) dispatcher: Dispatcher,
}

/// Renders the prompt bar.
#[function_component]
pub(super) fn Bar(props: &BarProps) -> Html {
    let BarProps { form, max_tokens, is_busy, is_stopped, dispatcher } = props;
    let onsubmit = {
        let dispatcher = dispatcher.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            dispatcher.dispatch(FormAction::Draw);
        })
    };
    let unfolds = form.unfolds_settings;
    html! {
        // The page shows its own error messages instead of the browser's.
        <form class="patch bar" {onsubmit} novalidate=true>
            <div class="prompt">
                <Prompt prompt={form.recipe.prompt.clone()} dispatcher={dispatcher.clone()} />
                <div class="actions">
                    <button type="submit" class="primary" disabled={*is_stopped}>{"Generate"}</button>
                    // The button is not `disabled`, so that it keeps the keyboard focus after a press.
                    <button type="button" class={(!is_busy).then_some("rests")}
                        onclick={act(dispatcher, || EngineAction::Cancel)} aria-disabled={(!is_busy).to_string()}>
                        {"Cancel"}
                    </button>
                    <button type="button" aria-expanded={unfolds.to_string()} aria-controls="settings"
                        onclick={act(dispatcher, move || FormAction::UnfoldSettings(!unfolds))}>
                        {"Settings"}
                    </button>
                </div>
            </div>
            <small id="Prompt-help" translate="no">{help::prompt(form, *max_tokens)}</small>
            <small class="keys">
                {"Enter draws, Shift+Enter breaks the line, ↑ brings earlier prompts, Esc stops."}
            </small>
            {chips(form, dispatcher)}
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct PromptProps {
    prompt: String,
    dispatcher: Dispatcher,
}

#[function_component]
fn Prompt(PromptProps { prompt, dispatcher }: &PromptProps) -> Html {
    let node = use_node_ref();
    {
        // The field is as high as its text, up to five lines.
        let node = node.clone();
        use_effect_with(prompt.clone(), move |prompt| {
            if let Some(area) = node.cast::<HtmlTextAreaElement>() {
                let wide = (area.client_width() as usize / 9).max(10);
                let lines: usize =
                    prompt.split('\n').map(|line| 1 + line.chars().count() / wide).sum();
                area.set_rows(lines.clamp(1, 5) as u32);
            }
        });
    }
    let to = dispatcher.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let area: Option<HtmlTextAreaElement> = event.target_dyn_into();
        let Some(text) = area.map(|area| area.value()) else { return };
        to.dispatch(FormAction::Edit(Box::new(move |recipe| recipe.prompt = Some(text))));
    });
    let to = dispatcher.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() else { return };
        let has_modifier =
            event.shift_key() || event.ctrl_key() || event.meta_key() || event.alt_key();
        if has_modifier || is_composing(&event) {
            return;
        }
        let action = match event.key().as_str() {
            "Enter" if event.repeat() => return event.prevent_default(),
            "Enter" => FormAction::Draw,
            "ArrowUp" if caret_rows::is_first(&area) => FormAction::Earlier { back: true },
            "ArrowDown" if caret_rows::is_last(&area) => FormAction::Earlier { back: false },
            _ => return,
        };
        event.prevent_default();
        to.dispatch(action);
    });
    html! {
        <textarea ref={node} id="prompt" rows="1" aria-label="Prompt" aria-describedby="Prompt-help"
            placeholder="What shall the sticker show?" enterkeyhint="go" autocomplete="off"
            value={prompt.clone()} {oninput} {onkeydown} />
    }
}

/// Renders the names that the model knows, to be taken into the prompt.
fn chips(form: &Form, dispatcher: &Dispatcher) -> Html {
    let chips = &form.prompt_reading.chips;
    if chips.is_empty() || form.recipe.prompt.trim().is_empty() {
        return html! {};
    }
    let button = |chip: &Chip| {
        let taken = chip.clone();
        html! {
            <button type="button" class="chip" onclick={act(dispatcher, move || FormAction::TakeChip(taken.clone()))}>
                {chip.name.clone()}
            </button>
        }
    };
    html! {
        <div class="chips" translate="no" role="group" aria-label="Names that the model knows">
            {for chips.iter().map(button)}
        </div>
    }
}
