//! Saving, copying and linking what is on stage, and continuing with it.

use web_sys::HtmlInputElement;
use yew::{AttrValue, Callback, Html, InputEvent, TargetCast, html};

use crate::image::finish::{FileFormat, Finish};
use crate::page::protocol::Archive;
use crate::page::stage::run::View;
use crate::page::stage::shown::{Shown, Sides};
use crate::page::{FormAction, Stage, StageAction, State};
use crate::ui::controls::Choice;
use crate::ui::handle::{Dispatcher, PageHandle, act, tell};
use crate::ui::seed::keep_seed;
use crate::ui::share;

/// The sizes that are offered beside that of the drawing, in pixels a side.
const SIZES: [u32; 3] = [256, 512, 1024];

/// Renders the buttons and the finish of what is on stage.
pub(super) fn take_away(state: &PageHandle, shown: &[Shown], view: View) -> Html {
    let Some(first) = shown.first() else { return html! {} };
    let State { form, stage, .. } = &**state;
    let (sides, file_type, dispatcher) = (state.sides(), state.file_type(), &state.dispatcher);
    let is_one = shown.len() == 1;
    let format = file_type.0.to_uppercase().replace("WEBP", "WebP");
    let recipe = first.recipe.clone();
    // A link to several pictures draws all of them.
    let linked = match &stage.run {
        Some(run) if !is_one => run.recipe.clone(),
        _ => recipe.clone(),
    };
    let link = tell(dispatcher, move |_| {
        let recipe = linked.clone();
        async move { share::copy_link(&recipe).await }
    });
    let zip = act(dispatcher, || StageAction::SaveAll { archive: Archive::Zip, is_history: false });
    let (seed, again) = (recipe.seed, recipe);
    let is_making = shown.iter().any(|shown| shown.file.is_none());
    html! {
        <div class="take-away">
            <div class="actions">
                <button type="button" class="strong" onclick={act(dispatcher, || StageAction::Save(None))}
                    aria-busy={is_making.to_string()}>
                    {if is_one { format!("Download {format}") } else { "Download sheet".into() }}
                </button>
                if !is_one && view == View::Result {
                    <button type="button" onclick={zip}>{"Download ZIP"}</button>
                }
                if is_one {
                    <button type="button" onclick={share::copying(first, file_type, dispatcher)}>{"Copy picture"}</button>
                }
                <button type="button" onclick={link}>{"Copy link"}</button>
                if is_one && share::can_share() {
                    <button type="button" onclick={share::sharing(first, file_type, dispatcher)}>{"Share"}</button>
                }
                if view == View::Result {
                    {as_drawn(stage, sides, dispatcher)}
                }
                if is_one {
                    {keep_seed(form, Some(seed), dispatcher)}
                }
                if stage.opened.is_some() {
                    <button type="button" onclick={act(dispatcher, move || FormAction::UseSeed(seed))}>
                        {"Use this seed"}
                    </button>
                    <button type="button"
                        onclick={act(dispatcher, move || FormAction::DrawAgain(again.clone().into()))}>
                        {"Replay the steps"}
                    </button>
                    if stage.run.is_some() {
                        <button type="button" onclick={act(dispatcher, || StageAction::BackToRun)}>
                            {"Back to the run"}
                        </button>
                    }
                }
            </div>
            {finish(stage, sides, view, dispatcher)}
            <small>{note(stage, sides, shown, view)}</small>
        </div>
    }
}

/// Renders the button that switches between the decoder's output and the upscaled picture.
fn as_drawn(stage: &Stage, sides: Sides, dispatcher: &Dispatcher) -> Html {
    let Some(large) = sides.upscaled else { return html! {} };
    if stage.is_brought() {
        // The decoder's output is unknown for a brought picture.
        return html! {};
    }
    let now = stage.finishing.finish;
    let is_drawn = now.size == 0;
    let size = if is_drawn { large } else { 0 };
    let onclick = act(dispatcher, move || StageAction::ChooseFinish(Finish { size, ..now }));
    html! {
        <button type="button" aria-pressed={is_drawn.to_string()} {onclick}>
            {format!("As drawn, {} px", sides.drawn)}
        </button>
    }
}

/// Renders the choice of size, format and outline, which applies to the shown and the saved picture.
fn finish(stage: &Stage, sides: Sides, view: View, dispatcher: &Dispatcher) -> Html {
    let now = stage.finishing.finish;
    let to = dispatcher.clone();
    let choose_size = Callback::from(move |size: String| {
        let size = size.parse().unwrap_or(0);
        to.dispatch(StageAction::ChooseFinish(Finish { size, ..now }));
    });
    let to = dispatcher.clone();
    let choose_format = Callback::from(move |format: String| {
        let format = if format == "WebP" { FileFormat::WebP } else { FileFormat::Png };
        to.dispatch(StageAction::ChooseFinish(Finish { format, ..now }));
    });
    let to = dispatcher.clone();
    let toggle = Callback::from(move |event: InputEvent| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        let outline = input.is_some_and(|input| input.checked());
        to.dispatch(StageAction::ChooseFinish(Finish { outline, ..now }));
    });
    let side = sides.drawn;
    let drawn = match side {
        _ if stage.is_brought() => "As it is".into(),
        0 => "As drawn".into(),
        side => format!("{side} px"),
    };
    let mut larger: Vec<u32> = SIZES.into_iter().chain(sides.upscaled).collect();
    larger.sort_unstable();
    larger.dedup();
    let larger = larger.into_iter().filter(|size| *size != side);
    let larger = larger.map(|size| (size.to_string().into(), format!("{size} px").into(), false));
    let mut sizes: Vec<(AttrValue, AttrValue, bool)> = vec![("0".into(), drawn.into(), false)];
    sizes.extend(larger);
    let formats: Vec<(AttrValue, AttrValue, bool)> =
        ["PNG", "WebP"].map(|name| (name.into(), name.into(), false)).to_vec();
    // A decoded step keeps its own size.
    let shown = if view == View::Preview { now } else { stage.finish_of(view, sides) };
    let format = if now.format == FileFormat::WebP { "WebP" } else { "PNG" };
    html! {
        <fieldset class="finish" disabled={view == View::Preview}>
            <Choice label="Size" help="" options={sizes} value={shown.size.to_string()} change={choose_size} />
            <Choice label="Format" help="" options={formats} value={format} change={choose_format} />
            <label class="check">
                <input type="checkbox" checked={now.outline} oninput={toggle} />{"White outline"}
            </label>
        </fieldset>
    }
}

fn note(stage: &Stage, sides: Sides, shown: &[Shown], view: View) -> &'static str {
    let was_stopped = stage.run.as_ref().is_some_and(|run| run.was_stopped());
    match view {
        View::Preview => {
            "A preview: one pixel for each cell of the latent. Download saves it as it is."
        }
        View::Decoded if sides.upscaled.is_some() => {
            "Download saves this step as it stands here, in the size of the drawing: only finished \
             pictures are upscaled."
        }
        View::Decoded => "Download saves this step as it stands here.",
        View::Result if shown.iter().any(|shown| stage.is_soft(shown, view, sides)) => {
            "This is softer than it should be: the upscaler could not be fetched yet. It is sharpened when it \
             comes; another size asks for it again."
        }
        View::Result if was_stopped && stage.opened.is_none() => {
            "Stopped early: its recipe draws the whole picture."
        }
        View::Result if shown.len() > 1 => {
            "A sheet shows them side by side; each picture is in the history."
        }
        View::Result if stage.finishing.finish.format == FileFormat::WebP => {
            "A WebP carries no recipe: keep a PNG to draw it again."
        }
        View::Result => {
            "The PNG is transparent and carries its recipe: drop it on this page to get it back."
        }
    }
}
