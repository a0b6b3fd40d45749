//! The settings behind the button “Settings”.

use yew::{AttrValue, Callback, Html, html};

use crate::page::help;
use crate::page::protocol::DeviceChoice;
use crate::page::{Action, State};
use crate::recipe::limits::{COUNT, GUIDANCE, Limits, MAX_SEED, SHIFT, STEPS};
use crate::recipe::{Recipe, seed};
use crate::ui::controls::{Choice, Number, Text};
use crate::ui::handle::{PageHandle, act};
use crate::ui::seed::keep_seed;

/// Returns the typed number, rounded and moved within the page's limits; `now` if it is not a number.
fn whole(text: &str, now: usize, limits: Limits) -> usize {
    limits.of_page().read(text).map_or(now, |number| number.round() as usize)
}

/// Returns a callback that edits the form's recipe with a control's text.
fn edit(state: &PageHandle, change: fn(&mut Recipe, String)) -> Callback<String> {
    let dispatcher = state.dispatcher();
    Callback::from(move |text| {
        dispatcher.dispatch(Action::Edit(Box::new(move |recipe| change(recipe, text))));
    })
}

/// Renders the settings.
pub(super) fn settings(state: &PageHandle) -> Html {
    html! {
        <div id="settings" class="patch settings" hidden={!state.shows_settings}>
            {noise(state)}
            {sampling(state)}
            {machine(state)}
        </div>
    }
}

fn noise(state: &PageHandle) -> Html {
    let dice = act(state, || Action::RollSeed);
    let dispatcher = state.dispatcher();
    let refused = Callback::from(move |problem| dispatcher.dispatch(Action::Refuse(problem)));
    // A typed seed holds for the next picture, even if it equals the previous one.
    let dispatcher = state.dispatcher();
    let chosen = Callback::from(move |text: String| {
        if let Ok(seed) = seed(&text) {
            dispatcher.dispatch(Action::Rolled { seed, draws: false });
        }
    });
    let help = match (state.keeps_seed, state.seed_is_fresh) {
        (true, _) => "Kept: the same seed draws the same picture.",
        (false, true) => "The next picture has this seed, and those after it new ones.",
        (false, false) => "Each picture gets a new seed.",
    };
    // Beside a single picture, the stage has this checkbox.
    let is_beside_picture = state.on_stage().0.len() == 1;
    html! {
        <>
            <Number label="Seed" min="0" max={MAX_SEED.to_string()} {help}
                value={state.form.seed.to_string()}
                refuse={Callback::from(|text: String| seed(&text).err().map(|error| error.to_string()))}
                refused={refused}
                change={chosen}>
                <button type="button" class="icon" aria-label="Random seed" title="Random seed"
                    onclick={dice}><span class="glyph dice" /></button>
            </Number>
            if !is_beside_picture {
                {keep_seed(state, None)}
            }
        </>
    }
}

fn sampling(state: &PageHandle) -> Html {
    let recipe = &state.form;
    let of_model = state.loaded().and_then(|loaded| loaded.model.shift);
    let shift = recipe.shift.or(of_model).unwrap_or(1.0);
    let guidance_help = match recipe.guidance_interval {
        (0.0, 1.0) => "How strictly to follow the words.".into(),
        (from, to) => format!("How strictly to follow the words, from noise {to} to {from}."),
    };
    let samplers = state.loaded().into_iter().flat_map(|loaded| &loaded.model.samplers);
    let samplers: Vec<_> =
        samplers.map(|(name, label)| (name.clone().into(), label.clone().into(), false)).collect();
    html! {
        <>
            <Text label="Negative prompt" help={help::negative(state)}
                value={recipe.negative.clone()}
                change={edit(state, |recipe, text| recipe.negative = text)} />
            <div class="row three">
                <Number label="Steps" help="More is finer, and slower."
                    value={recipe.steps.to_string()} min="1" max={STEPS.page_most.to_string()}
                    change={edit(state, |recipe, text| {
                        recipe.steps = whole(&text, recipe.steps, STEPS);
                    })} />
                <Number label="Guidance" help={guidance_help}
                    value={recipe.guidance.to_string()} min="0" max={GUIDANCE.most.to_string()} step="any"
                    change={edit(state, |recipe, text| {
                        recipe.guidance = GUIDANCE.read(&text).unwrap_or(recipe.guidance);
                    })} />
                <Number label="Images" help="Each with the next seed."
                    value={recipe.count.to_string()} min="1" max={COUNT.page_most.to_string()}
                    change={edit(state, |recipe, text| {
                        recipe.count = whole(&text, recipe.count, COUNT);
                    })} />
            </div>
            <div class="row">
                <Choice label="Sampler" help="How to walk from noise to picture."
                    options={samplers} value={recipe.sampler.clone()}
                    change={edit(state, |recipe, text| recipe.sampler = text)} />
                <Number label="Shift" help="Above 1, more steps at high noise, where it is decided what the picture shows."
                    value={shift.to_string()} min={SHIFT.least.to_string()}
                    max={SHIFT.most.to_string()} step="any"
                    change={edit(state, |recipe, text| {
                        recipe.shift = SHIFT.read(&text).or(recipe.shift);
                    })} />
            </div>
        </>
    }
}

fn machine(state: &PageHandle) -> Html {
    let models = state.models.iter().flatten();
    let models: Vec<_> = models
        .map(|model| (model.folder.clone().into(), model.name.clone().into(), false))
        .collect();
    let chosen = state.chosen();
    let help = chosen.map_or_else(
        || "What draws.".into(),
        |model| format!("{:.0} MB, downloaded once.", model.bytes / 1e6),
    );
    let device = match state.device {
        DeviceChoice::Auto => "Auto",
        DeviceChoice::WebGpu => "WebGPU",
        DeviceChoice::Cpu => "CPU",
    };
    let dispatcher = state.dispatcher();
    let choose_model =
        Callback::from(move |folder| dispatcher.dispatch(Action::ChooseModel(folder)));
    let dispatcher = state.dispatcher();
    let choose_device = Callback::from(move |name: String| {
        dispatcher.dispatch(Action::ChooseDevice(match name.as_str() {
            "WebGPU" => DeviceChoice::WebGpu,
            "CPU" => DeviceChoice::Cpu,
            _ => DeviceChoice::Auto,
        }));
    });
    let lack = lack(state);
    let devices = [("Auto", false), ("WebGPU", !lack.is_empty()), ("CPU", false)];
    let devices: Vec<(AttrValue, AttrValue, bool)> =
        devices.map(|(name, is_impossible)| (name.into(), name.into(), is_impossible)).to_vec();
    let device_help = match lack {
        "" => "Auto takes a real GPU, else the CPU.".into(),
        lack => format!("WebGPU cannot be chosen: {lack}"),
    };
    html! {
        <div class="row">
            <Choice label="Model" {help} options={models} value={state.folder.clone()}
                change={choose_model} />
            <Choice label="Device" help={device_help} options={devices} value={device}
                change={choose_device} />
        </div>
    }
}

/// Returns why WebGPU cannot be chosen, if that is known.
fn lack(state: &State) -> &str {
    state.loaded().map_or("", |loaded| &loaded.device.lack)
}
