//! The page as a whole.

use std::rc::Rc;

use web_sys::window;
use yew::{Component, Context, Html, Properties, classes, function_component, html};

use crate::page::engine::loading::Loading;
use crate::page::{Action, Current, State, update};
use crate::ui::bar::Bar;
use crate::ui::browse::Browse;
use crate::ui::derive::spread;
use crate::ui::edit::{Editor, note};
use crate::ui::grid_form::GridForm;
use crate::ui::handle::{Dispatcher, PageHandle};
use crate::ui::history::{history, use_recall};
use crate::ui::panel::{credits, panel};
use crate::ui::perform::Performer;
use crate::ui::settings::settings;
use crate::ui::stage::Stage;
use crate::ui::styles::Styles;
use crate::ui::toast::Toast;
use crate::ui::trouble::trouble;
use crate::ui::{address, bring, remember, use_keys};

/// The component that holds the state, changes it by each [`Action`], and performs the effects.
pub(super) struct App {
    state: Rc<State>,
    dispatcher: Dispatcher,
    performer: Performer,
    title: String,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let (state, effects) = State::start(address::from_address(), remember::remembered());
        let dispatcher = Dispatcher(context.link().callback(|action| action));
        let mut performer = Performer::new(dispatcher.clone());
        effects.into_iter().for_each(|effect| performer.perform(effect));
        Self { state: Rc::new(state), dispatcher, performer, title: String::new() }
    }

    fn update(&mut self, _: &Context<Self>, action: Action) -> bool {
        let (state, effects) = update((*self.state).clone(), action);
        self.state = Rc::new(state);
        effects.into_iter().for_each(|effect| self.performer.perform(effect));
        let title = self.state.title();
        if title != self.title {
            let document = window().and_then(|window| window.document());
            document.iter().for_each(|document| document.set_title(&title));
            self.title = title;
        }
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        html! { <Whole state={PageHandle { state: self.state.clone(), dispatcher: self.dispatcher.clone() }} /> }
    }
}

#[derive(PartialEq, Properties)]
struct WholeProps {
    state: PageHandle,
}

/// Renders the whole page.
#[function_component]
fn Whole(WholeProps { state }: &WholeProps) -> Html {
    let dispatcher = &state.dispatcher;
    let State { form, engine, stage, gallery, status, .. } = &**state;
    use_keys::use_keys(dispatcher);
    bring::use_files_and_links(dispatcher);
    use_recall(dispatcher);
    html! {
        <main data-state={engine.phase()} data-job={engine.jobs.to_string()}>
            <header>
                <h1>{"Patchwork"}</h1>
                <p>{"Stickers from words, by a Diffusion Transformer that runs on your machine."}</p>
            </header>
            <Bar form={form.clone()} max_tokens={engine.model().map_or(0, |model| model.max_tokens)}
                is_busy={engine.is_busy()} is_stopped={engine.current == Current::Stopped}
                dispatcher={dispatcher.clone()} />
            {note(state)}
            <Styles style={form.recipe.style.clone()} own={engine.model().map(|model| model.styles.clone())}
                model={engine.chosen().cloned()} dispatcher={dispatcher.clone()} />
            // Changing text is not translated: translators move text nodes, so that Yew can no
            // longer update them.
            <p class={classes!("status", status.is_bad.then_some("wrong"))} translate="no"
                role="status" aria-label="Status" aria-busy={stage.is_playing.to_string()}>
                {status.text.clone()}
            </p>
            {trouble(engine, dispatcher)}
            <div class="columns">
                <div class="left">
                    <Stage state={state.clone()} />
                    {spread(stage, dispatcher)}
                    <Editor state={state.clone()} />
                    {loading(engine.loading())}
                </div>
                <div class="right">
                    {settings(state, dispatcher)}
                    {history(gallery, dispatcher)}
                </div>
            </div>
            <Browse concepts={form.concepts.clone()} dispatcher={dispatcher.clone()} />
            <GridForm state={state.clone()} />
            {panel(state, dispatcher)}
            {credits()}
            <Toast text={status.text.clone()} is_moving={engine.is_drawing() || stage.is_playing} />
        </main>
    }
}

/// Renders the progress of the download, under the quilt that it fills.
fn loading(loading: Option<&Loading>) -> Html {
    let Some(loading) = loading else { return html! {} };
    let share = loading.share().filter(|_| loading.stage.is_empty());
    html! {
        <div class="progress" translate="no">
            <progress aria-label="Loading" max="1" value={share.map(|share| share.to_string())} />
            <small>{loading.describe()}</small>
        </div>
    }
}
