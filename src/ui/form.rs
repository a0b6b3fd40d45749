//! The form: what to draw, and how.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{
    Callback, Event, Html, InputEvent, MouseEvent, Properties, TargetCast, function_component, html,
};

use crate::protocol::DeviceChoice;
use crate::recipe::Recipe;
use crate::ui::state::{Action, Phase, State};

/// The samplers that are defined for the embedded model, a flow: name and what to call it.
const SAMPLERS: [(&str, &str); 4] = [
    ("euler", "Euler"),
    ("heun", "Heun (two passes a step)"),
    ("dpmpp_2m", "DPM-Solver++(2M)"),
    ("unipc", "UniPC"),
];

/// Steps, pictures and guidance that the page offers.
const MAX_STEPS: usize = 150;
const MAX_IMAGES: usize = 16;

#[derive(PartialEq, Properties)]
pub(super) struct Props {
    pub(super) state: State,
    pub(super) act: Callback<Action>,
    pub(super) generate: Callback<()>,
    pub(super) cancel: Callback<()>,
    pub(super) restart: Callback<DeviceChoice>,
}

/// A callback that edits the form's recipe with the text of a control.
fn edit<E>(
    act: &Callback<Action>,
    text: impl Fn(&E) -> Option<String> + 'static,
    change: impl Fn(&mut Recipe, String) + Clone + 'static,
) -> Callback<E> {
    let act = act.clone();
    Callback::from(move |event: E| {
        if let Some(text) = text(&event) {
            let change = change.clone();
            act.emit(Action::Edit(Box::new(move |recipe| change(recipe, text))));
        }
    })
}

fn area(event: &InputEvent) -> Option<String> {
    event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value())
}

fn input(event: &InputEvent) -> Option<String> {
    event.target_dyn_into::<HtmlInputElement>().map(|input| input.value())
}

fn select(event: &Event) -> Option<String> {
    event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value())
}

fn options<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Html> {
    let option = |(value, label): (&str, &str)| {
        html! {
            <option value={value.to_owned()} selected={value == chosen}>{label.to_owned()}</option>
        }
    };
    options.into_iter().map(option).collect()
}

/// The form.
#[function_component]
pub(super) fn Form(props: &Props) -> Html {
    let Props { state, act, generate, cancel, .. } = props;
    let recipe = &state.form;
    let running = state.phase == Phase::Running;
    let is_ready = matches!(state.phase, Phase::Ready | Phase::Running | Phase::Done)
        || (state.phase == Phase::Error && !state.worker_is_dead && state.device.is_some());
    let submit = {
        let generate = generate.clone();
        Callback::from(move |event: yew::SubmitEvent| {
            event.prevent_default();
            generate.emit(());
        })
    };
    let stop = cancel.reform(|_: MouseEvent| ());
    html! {
        <form class="form" onsubmit={submit}>
            <label class="field">
                <span>{"Prompt"}</span>
                <textarea rows="2" aria-label="Prompt" aria-describedby="prompt-help" value={recipe.prompt.clone()}
                    oninput={edit(act, area, |recipe, text| recipe.prompt = text)} />
                <small id="prompt-help">{tokens(state)}</small>
            </label>
            <div class="actions">
                <button type="submit" class="primary" disabled={!is_ready}>{"Generate"}</button>
                <button type="button" onclick={stop} disabled={!running}>{"Cancel"}</button>
            </div>
            {pickers(props)}
            <details>
                <summary>{"More settings"}</summary>
                {more(props)}
            </details>
        </form>
    }
}

fn tokens(state: &State) -> String {
    match &state.cut {
        Some(cut) => format!(
            "{} of {} tokens. This does not fit and is left out: “{cut}”.",
            state.tokens, state.places
        ),
        None if state.places > 0 && state.tokens > 0 => {
            format!("{} of {} tokens. Ctrl+Enter draws, Esc stops.", state.tokens, state.places)
        }
        None => "A thing and perhaps a colour does best. Ctrl+Enter draws, Esc stops.".into(),
    }
}

fn pickers(props: &Props) -> Html {
    let Props { state, act, .. } = props;
    let recipe = &state.form;
    let styles = std::iter::once(("", "Any style"))
        .chain(state.styles.iter().map(|style| (style.as_str(), style.as_str())));
    let dice = {
        let act = act.clone();
        Callback::from(move |_: MouseEvent| {
            let seed = (js_sys::Math::random() * 4_294_967_296.0) as u64;
            act.emit(Action::Edit(Box::new(move |recipe| recipe.seed = seed)));
        })
    };
    html! {
        <div class="row">
            <label class="field">
                <span>{"Style"}</span>
                <select aria-label="Style"
                    onchange={edit(act, select, |recipe, text| recipe.style = text)}>
                    {options(styles, &recipe.style)}
                </select>
                <small>{"Which emoji set to draw like."}</small>
            </label>
            <div class="field">
                <label for="seed">{"Seed"}</label>
                <span class="with-button">
                    <input id="seed" type="number" min="0" max="9007199254740992"
                        value={recipe.seed.to_string()}
                        oninput={edit(act, input, |recipe, text| {
                            recipe.seed = text.parse().unwrap_or(recipe.seed);
                        })} />
                    <button type="button" aria-label="Random seed" title="Random seed"
                        onclick={dice}>{"⚄"}</button>
                </span>
                <small>{"The same seed draws the same picture."}</small>
            </div>
        </div>
    }
}

fn more(props: &Props) -> Html {
    let Props { state, act, restart, .. } = props;
    let recipe = &state.form;
    let device = match state.choice {
        DeviceChoice::Auto => "Auto",
        DeviceChoice::WebGpu => "WebGPU",
        DeviceChoice::Cpu => "CPU",
    };
    let choose = {
        let (act, restart) = (act.clone(), restart.clone());
        Callback::from(move |event: Event| {
            let choice = match select(&event).as_deref() {
                Some("WebGPU") => DeviceChoice::WebGpu,
                Some("CPU") => DeviceChoice::Cpu,
                _ => DeviceChoice::Auto,
            };
            act.emit(Action::Choose(choice));
            restart.emit(choice);
        })
    };
    let number = |label: &'static str,
                  help: &'static str,
                  value: String,
                  range: [&'static str; 3],
                  change: fn(&mut Recipe, String)| {
        let [min, max, step] = range;
        html! {
            <label class="field">
                <span>{label}</span>
                <input type="number" aria-label={label} {min} {max} {step} {value}
                    oninput={edit(act, input, change)} />
                <small>{help}</small>
            </label>
        }
    };
    html! {
        <>
            <label class="field">
                <span>{"Negative prompt"}</span>
                <textarea rows="1" aria-label="Negative prompt" value={recipe.negative.clone()}
                    oninput={edit(act, area, |recipe, text| recipe.negative = text)} />
                <small>{"What to draw away from."}</small>
            </label>
            <div class="row">
                {number("Steps", "More is finer and slower.", recipe.steps.to_string(),
                    ["1", "150", "1"], |recipe, text| {
                        if let Ok(steps) = text.parse::<usize>() {
                            recipe.steps = steps.clamp(1, MAX_STEPS);
                        }
                    })}
                {number("Guidance", "How closely to follow the prompt; 1 is freely.",
                    recipe.guidance.to_string(), ["0", "20", "0.5"], |recipe, text| {
                        if let Ok(guidance) = text.parse::<f64>() {
                            recipe.guidance = guidance.clamp(0.0, 100.0);
                        }
                    })}
                {number("Images", "How many, each with the next seed.", recipe.count.to_string(),
                    ["1", "16", "1"], |recipe, text| {
                        if let Ok(count) = text.parse::<usize>() {
                            recipe.count = count.clamp(1, MAX_IMAGES);
                        }
                    })}
            </div>
            <div class="row">
                <label class="field">
                    <span>{"Sampler"}</span>
                    <select aria-label="Sampler"
                        onchange={edit(act, select, |recipe, text| recipe.sampler = text)}>
                        {options(SAMPLERS, &recipe.sampler)}
                    </select>
                    <small>{"How to walk from noise to picture."}</small>
                </label>
                <label class="field">
                    <span>{"Model"}</span>
                    <select aria-label="Model">{options([("stickers", "stickers")], "stickers")}</select>
                    <small>{"14.7 M parameters, 128×128, transparent."}</small>
                </label>
                <label class="field">
                    <span>{"Device"}</span>
                    <select aria-label="Device" onchange={choose}>
                        {options([("Auto", "Auto"), ("WebGPU", "WebGPU"), ("CPU", "CPU")], device)}
                    </select>
                    <small>{"Changing it loads the model anew."}</small>
                </label>
            </div>
        </>
    }
}
