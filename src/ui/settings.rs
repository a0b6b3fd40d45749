//! The settings behind the button “Settings”.

use yew::{AttrValue, Callback, Html, html};

use crate::page::facts::ModelFacts;
use crate::page::form::help;
use crate::page::protocol::DeviceChoice;
use crate::page::{Engine, EngineAction, Form, FormAction, State};
use crate::recipe::limits::{self, Limits};
use crate::recipe::{PartialRecipe, seed};
use crate::ui::controls::{Choice, Number, Text};
use crate::ui::handle::{Dispatcher, act};
use crate::ui::seed::keep_seed;

/// Returns the typed number, rounded and moved within the page's limits; `None` if it is not a number.
fn whole(text: &str, limits: Limits) -> Option<usize> {
    limits.of_page().read(text).map(|number| number.round() as usize)
}

/// Returns a callback that edits the form's recipe with a control's text.
fn edit(dispatcher: &Dispatcher, change: fn(&mut PartialRecipe, String)) -> Callback<String> {
    let dispatcher = dispatcher.clone();
    Callback::from(move |text| {
        dispatcher.dispatch(FormAction::Edit(Box::new(move |recipe| change(recipe, text))));
    })
}

/// Renders the settings.
pub(super) fn settings(state: &State, dispatcher: &Dispatcher) -> Html {
    let State { form, engine, .. } = state;
    // Beside a single picture, the stage has the seed's checkbox.
    let is_beside_picture = state.on_stage().0.len() == 1;
    html! {
        <div id="settings" class="patch settings" hidden={!form.unfolds_settings}>
            {noise(form, is_beside_picture, dispatcher)}
            {sampling(form, engine.model(), dispatcher)}
            {machine(engine, dispatcher)}
        </div>
    }
}

fn noise(form: &Form, is_beside_picture: bool, dispatcher: &Dispatcher) -> Html {
    let dice = act(dispatcher, || FormAction::RollSeed);
    let to = dispatcher.clone();
    let refused = Callback::from(move |problem| to.dispatch(FormAction::Refuse(problem)));
    // A typed seed holds for the next picture, even if it equals the previous one.
    let to = dispatcher.clone();
    let chosen = Callback::from(move |text: String| {
        if let Ok(seed) = seed(&text) {
            to.dispatch(FormAction::Rolled { seed, draws: false });
        }
    });
    let help = match (form.keeps_seed, form.seed_is_fresh) {
        (true, _) => "Kept: the same seed draws the same picture.",
        (false, true) => "The next picture has this seed, and those after it new ones.",
        (false, false) => "Each picture gets a new seed.",
    };
    html! {
        <>
            <Number label="Seed" min="0" max={limits::MAX_SEED.to_string()} {help}
                value={form.recipe.seed.to_string()}
                refuse={Callback::from(|text: String| seed(&text).err().map(|error| error.to_string()))}
                refused={refused}
                change={chosen}>
                <button type="button" class="icon" aria-label="Random seed" title="Random seed"
                    onclick={dice}><span class="glyph dice" /></button>
            </Number>
            if !is_beside_picture {
                {keep_seed(form, None, dispatcher)}
            }
        </>
    }
}

fn sampling(form: &Form, model: Option<&ModelFacts>, dispatcher: &Dispatcher) -> Html {
    let recipe = &form.recipe;
    let of_model = model.and_then(|model| model.shift);
    let shift = recipe.shift.or(of_model).unwrap_or(1.0);
    let guidance_help = match recipe.guidance_interval {
        (0.0, 1.0) => "How strictly to follow the words.".into(),
        (from, to) => format!("How strictly to follow the words, from noise {to} to {from}."),
    };
    let samplers = model.into_iter().flat_map(|model| &model.samplers);
    let samplers: Vec<_> =
        samplers.map(|(name, label)| (name.clone().into(), label.clone().into(), false)).collect();
    html! {
        <>
            <Text label="Negative prompt" help={help::negative(form)}
                value={recipe.negative.clone()}
                change={edit(dispatcher, |recipe, text| recipe.negative = Some(text))} />
            <div class="row three">
                <Number label="Steps" help="More is finer, and slower."
                    value={recipe.steps.to_string()} min="1" max={limits::STEPS.page_most.to_string()}
                    change={edit(dispatcher, |recipe, text| {
                        recipe.steps = whole(&text, limits::STEPS).or(recipe.steps);
                    })} />
                <Number label="Guidance" help={guidance_help}
                    value={recipe.guidance.to_string()} min="0" max={limits::GUIDANCE.most.to_string()} step="any"
                    change={edit(dispatcher, |recipe, text| {
                        recipe.guidance = limits::GUIDANCE.read(&text).or(recipe.guidance);
                    })} />
                <Number label="Images" help="Each with the next seed."
                    value={recipe.count.to_string()} min="1" max={limits::COUNT.page_most.to_string()}
                    change={edit(dispatcher, |recipe, text| {
                        recipe.count = whole(&text, limits::COUNT).or(recipe.count);
                    })} />
            </div>
            <div class="row">
                <Choice label="Sampler" help="How to walk from noise to picture."
                    options={samplers} value={recipe.sampler.clone()}
                    change={edit(dispatcher, |recipe, text| recipe.sampler = Some(text))} />
                <Number label="Shift" help="Above 1, more steps at high noise, where it is decided what the picture shows."
                    value={shift.to_string()} min={limits::SHIFT.least.to_string()}
                    max={limits::SHIFT.most.to_string()} step="any"
                    change={edit(dispatcher, |recipe, text| {
                        recipe.shift = limits::SHIFT.read(&text).or(recipe.shift);
                    })} />
            </div>
        </>
    }
}

fn machine(engine: &Engine, dispatcher: &Dispatcher) -> Html {
    let models = engine.models.iter().flatten();
    let models: Vec<_> = models
        .map(|model| (model.folder.clone().into(), model.name.clone().into(), false))
        .collect();
    let chosen = engine.chosen();
    let help = chosen.map_or_else(
        || "What draws.".into(),
        |model| format!("{:.0} MB, downloaded once.", model.bytes / 1e6),
    );
    let device = match engine.choice.device {
        DeviceChoice::Auto => "Auto",
        DeviceChoice::WebGpu => "WebGPU",
        DeviceChoice::Cpu => "CPU",
    };
    let to = dispatcher.clone();
    let choose_model = Callback::from(move |folder| to.dispatch(EngineAction::ChooseModel(folder)));
    let to = dispatcher.clone();
    let choose_device = Callback::from(move |name: String| {
        to.dispatch(EngineAction::ChooseDevice(match name.as_str() {
            "WebGPU" => DeviceChoice::WebGpu,
            "CPU" => DeviceChoice::Cpu,
            _ => DeviceChoice::Auto,
        }));
    });
    let lack = engine.loaded().map_or("", |loaded| &loaded.device.lack);
    let devices = [("Auto", false), ("WebGPU", !lack.is_empty()), ("CPU", false)];
    let devices: Vec<(AttrValue, AttrValue, bool)> =
        devices.map(|(name, is_impossible)| (name.into(), name.into(), is_impossible)).to_vec();
    let device_help = match lack {
        "" => "Auto takes a real GPU, else the CPU.".into(),
        lack => format!("WebGPU cannot be chosen: {lack}"),
    };
    html! {
        <div class="row">
            <Choice label="Model" {help} options={models} value={engine.choice.folder.clone()}
                change={choose_model} />
            <Choice label="Device" help={device_help} options={devices} value={device}
                change={choose_device} />
        </div>
    }
}
