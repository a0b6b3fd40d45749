//! The form: what to draw, and how.

use yew::{
    AttrValue, Callback, Html, MouseEvent, Properties, SubmitEvent, UseReducerHandle,
    function_component, html,
};

use crate::page::protocol::DeviceChoice;
use crate::recipe::{MAX_SHIFT, Recipe};
use crate::tools::words::seed;
use crate::ui::controls::{Choice, Number, Text};
use crate::ui::help;
use crate::ui::state::{Action, Phase, State};

/// The samplers that are defined for the embedded model, a flow: name and what to call it.
pub(super) const SAMPLERS: [(&str, &str); 4] = [
    ("euler", "Euler"),
    ("heun", "Heun (two passes a step)"),
    ("dpmpp_2m", "DPM-Solver++(2M)"),
    ("unipc", "UniPC"),
];

/// The most that the page offers.
pub(super) const MAX_STEPS: usize = 150;
pub(super) const MAX_IMAGES: usize = 16;
pub(super) const MAX_GUIDANCE: f64 = 100.0;

/// A random seed, short enough to be told to a friend.
pub(super) fn dice() -> u64 {
    (js_sys::Math::random() * 4_294_967_296.0) as u64
}

/// A whole number from 1 on, whatever was typed; `now` where that is no number.
fn whole(text: &str, now: usize, most: usize) -> usize {
    text.parse().map_or(now, |number: f64| number.round() as usize).clamp(1, most)
}

#[derive(PartialEq, Properties)]
pub(super) struct Props {
    pub(super) state: UseReducerHandle<State>,
}

/// A callback that edits the form's recipe with the text of a control.
fn edit(state: &UseReducerHandle<State>, change: fn(&mut Recipe, String)) -> Callback<String> {
    let dispatcher = state.dispatcher();
    Callback::from(move |text| {
        dispatcher.dispatch(Action::Edit(Box::new(move |recipe| change(recipe, text))));
    })
}

/// A callback that lets something happen.
pub(super) fn act(
    state: &UseReducerHandle<State>,
    action: impl Fn() -> Action + 'static,
) -> Callback<MouseEvent> {
    let dispatcher = state.dispatcher();
    Callback::from(move |_| dispatcher.dispatch(action()))
}

/// The form.
#[function_component]
pub(super) fn Form(Props { state }: &Props) -> Html {
    let is_busy = state.phase == Phase::Running || state.waiting.is_some();
    let onsubmit = {
        let dispatcher = state.dispatcher();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            dispatcher.dispatch(Action::Draw);
        })
    };
    let stop = act(state, || Action::Cancel);
    html! {
        // What is wrong is told in sentences of our own.
        <form {onsubmit} novalidate=true>
            <div class="patch prompt">
            <Text label="Prompt" rows={2} value={state.form.prompt.clone()} help={help::prompt(state)}
                change={edit(state, |recipe, text| recipe.prompt = text)} />
            <div class="actions">
                <button type="submit" class="primary" disabled={state.worker_is_dead}
                    title="Ctrl+Enter">{"Generate"}</button>
                // Not `disabled`: the keyboard's place must not be lost when it has worked.
                <button type="button" onclick={stop} aria-disabled={(!is_busy).to_string()}
                    title="Esc">
                    {"Cancel"}
                </button>
            </div>
            </div>
            <div class="patch settings">
                {look(state)}
                {sampling(state)}
                {machine(state)}
            </div>
        </form>
    }
}

fn look(state: &UseReducerHandle<State>) -> Html {
    let styles = state.loaded.iter().flat_map(|loaded| &loaded.model.styles);
    let styles = styles.map(|style| (style.clone().into(), style.clone().into()));
    let options: Vec<(AttrValue, AttrValue)> =
        std::iter::once(("".into(), "Any style".into())).chain(styles).collect();
    let dice = act(state, || Action::Edit(Box::new(|recipe| recipe.seed = dice())));
    let dispatcher = state.dispatcher();
    let refused = Callback::from(move |problem| dispatcher.dispatch(Action::Refuse(problem)));
    let locked = state.seed_is_locked;
    let lock = act(state, move || Action::LockSeed(!locked));
    html! {
        <>
            <Choice label="Style" help="Which emoji set to draw like." {options}
                value={state.form.style.clone()}
                change={edit(state, |recipe, text| recipe.style = text)} />
            <Number label="Seed" min="0" max="18446744073709551615"
                help={if locked { "The same seed draws the same picture." }
                      else { "Unlocked: each picture gets a new seed." }}
                value={state.form.seed.to_string()}
                refuse={Callback::from(|text: String| seed(&text).err().map(|error| error.to_string()))}
                refused={refused}
                change={edit(state, |recipe, text| {
                    recipe.seed = seed(&text).unwrap_or(recipe.seed);
                })}>
                <button type="button" class="icon" aria-label="Random seed" title="Random seed"
                    onclick={dice}><span class="glyph dice" /></button>
                <button type="button" class="icon" aria-label="Lock seed" title="Lock seed"
                    aria-pressed={locked.to_string()} onclick={lock}>
                    <span class={if locked { "glyph locked" } else { "glyph unlocked" }} />
                </button>
            </Number>
        </>
    }
}

fn sampling(state: &UseReducerHandle<State>) -> Html {
    let recipe = &state.form;
    let of_model = state.loaded.as_ref().and_then(|loaded| loaded.model.shift);
    let shift = recipe.shift.or(of_model).unwrap_or(1.0);
    let guidance_help = match recipe.guidance_interval {
        (0.0, 1.0) => "How strictly to follow the words.".into(),
        (from, to) => format!("How strictly to follow the words, from noise {to} to {from}."),
    };
    let samplers: Vec<_> =
        SAMPLERS.iter().map(|&(name, label)| (name.into(), label.into())).collect();
    html! {
        <>
            <Text label="Negative prompt" help={help::negative(state)}
                value={recipe.negative.clone()}
                change={edit(state, |recipe, text| recipe.negative = text)} />
            <div class="row three">
                <Number label="Steps" help="More is finer, and slower."
                    value={recipe.steps.to_string()} min="1" max="150"
                    change={edit(state, |recipe, text| {
                        recipe.steps = whole(&text, recipe.steps, MAX_STEPS);
                    })} />
                <Number label="Guidance" help={guidance_help}
                    value={recipe.guidance.to_string()} min="0" max="100" step="any"
                    change={edit(state, |recipe, text| {
                        let guidance = text.parse().ok().filter(|g: &f64| g.is_finite());
                        recipe.guidance =
                            guidance.unwrap_or(recipe.guidance).clamp(0.0, MAX_GUIDANCE);
                    })} />
                <Number label="Images" help="Each with the next seed."
                    value={recipe.count.to_string()} min="1" max="16"
                    change={edit(state, |recipe, text| {
                        recipe.count = whole(&text, recipe.count, MAX_IMAGES);
                    })} />
            </div>
            <div class="row">
                <Choice label="Sampler" help="How to walk from noise to picture."
                    options={samplers} value={recipe.sampler.clone()}
                    change={edit(state, |recipe, text| recipe.sampler = text)} />
                <Number label="Shift" help="Above 1, more steps while it is decided what to draw."
                    value={shift.to_string()} min="0.01" max="100" step="any"
                    change={edit(state, |recipe, text| {
                        let shift = text.parse().ok().filter(|s: &f64| *s > 0.0);
                        let shift = shift.map(|s| s.clamp(1.0 / MAX_SHIFT, MAX_SHIFT));
                        recipe.shift = shift.or(recipe.shift);
                    })} />
            </div>
        </>
    }
}

fn machine(state: &UseReducerHandle<State>) -> Html {
    let models: Vec<_> = state
        .models
        .iter()
        .map(|model| (model.folder.clone().into(), model.name.clone().into()))
        .collect();
    let chosen = state.models.iter().find(|model| model.folder == state.folder);
    let help = chosen.map_or_else(
        || "What draws.".into(),
        |model| format!("{:.0} MB, downloaded once.", model.bytes / 1e6),
    );
    let device = match state.choice {
        DeviceChoice::Auto => "Auto",
        DeviceChoice::WebGpu => "WebGPU",
        DeviceChoice::Cpu => "CPU",
    };
    let dispatcher = state.dispatcher();
    let choose_model =
        Callback::from(move |folder| dispatcher.dispatch(Action::ChooseModel(folder)));
    let dispatcher = state.dispatcher();
    let choose_device = Callback::from(move |name: String| {
        dispatcher.dispatch(Action::Choose(match name.as_str() {
            "WebGPU" => DeviceChoice::WebGpu,
            "CPU" => DeviceChoice::Cpu,
            _ => DeviceChoice::Auto,
        }));
    });
    let devices = ["Auto", "WebGPU", "CPU"].map(|name| (name.into(), name.into()));
    html! {
        <div class="row">
            <Choice label="Model" {help} options={models} value={state.folder.clone()}
                change={choose_model} />
            <Choice label="Device" help="Auto takes a real GPU, else the CPU."
                options={devices.to_vec()} value={device} change={choose_device} />
        </div>
    }
}
