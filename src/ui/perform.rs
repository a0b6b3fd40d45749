//! Does what the state asks for: the worker, the address, the store, chance.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, window};

use crate::page::protocol::{Event, Request};
use crate::page::{Action, Effect, HistoryAction};
use crate::ui::handle::Dispatcher;
use crate::ui::link::Link;
use crate::ui::store::Lack;
use crate::ui::{address, models, persist, store};

/// What effects are done with.
pub(super) struct Performer {
    dispatcher: Dispatcher,
    link: Option<Link>,
}

impl Performer {
    pub(super) fn new(dispatcher: Dispatcher) -> Self {
        Self { dispatcher, link: None }
    }

    /// Does it, now or soon; what comes of it is dispatched.
    pub(super) fn perform(&mut self, effect: Effect) {
        let to = self.dispatcher.clone();
        match effect {
            Effect::StartWorker { number, model, device } => {
                // One ends before another begins.
                self.link = None;
                let hear = move |event| to.dispatch(Action::Worker(number, event));
                self.link = Link::start(hear.clone());
                match &self.link {
                    Some(link) => link.send(Request::Load { model, device }),
                    // Not before this turn is over.
                    None => spawn_local(async move {
                        let message = "This browser runs no web workers of modules, which drawing \
                                       needs: update it, or try another one."
                            .into();
                        hear(Event::Crashed { message });
                    }),
                }
            }
            Effect::Send(request) => self.link.iter().for_each(|link| link.send(request.clone())),
            Effect::ListModels => spawn_local(async move {
                to.dispatch(Action::Models(models::list().await));
            }),
            Effect::ShowAddress(recipe) => address::show_in_address(&recipe),
            Effect::RollSeed { draws } => {
                // Short enough to tell a friend.
                let seed = (js_sys::Math::random() * 4_294_967_296.0) as u64;
                spawn_local(async move { to.dispatch(Action::Rolled { seed, draws }) });
            }
            Effect::Recall => spawn_local(async move {
                to.dispatch(match store::all().await {
                    Ok(entries) => Action::History(HistoryAction::Recalled(entries)),
                    Err(_) => Action::History(HistoryAction::Closed),
                });
            }),
            Effect::Keep(pictures) => spawn_local(async move {
                // One after another, so that they stand in the order in which they were drawn.
                for (recipe, png) in pictures {
                    let key = store::add(&png).await;
                    if key == Err(Lack::Closed) {
                        to.dispatch(Action::History(HistoryAction::Closed));
                    }
                    let (key, recipe) = (key.ok(), recipe.into());
                    to.dispatch(Action::History(HistoryAction::Kept { key, recipe, png }));
                }
            }),
            Effect::Remove(key) => spawn_local(async move {
                to.dispatch(match store::remove(key).await {
                    Ok(()) => Action::History(HistoryAction::Removed(key)),
                    Err(_) => Action::Say(
                        "This browser did not let its store be changed: try again.".into(),
                    ),
                });
            }),
            Effect::AskToPersist => spawn_local(async move {
                to.dispatch(Action::Promised(persist::ask().await));
            }),
            Effect::FocusHistory => {
                let heading = find(".history h2").and_then(|h| h.dyn_into::<HtmlElement>().ok());
                heading.iter().for_each(|heading| drop(heading.focus()));
            }
            Effect::ShowStage => find(".stage").iter().for_each(Element::scroll_into_view),
            Effect::Reload(recipe) => {
                // What is in the form comes back with the address.
                address::show_in_address(&recipe);
                window().iter().for_each(|window| drop(window.location().reload()));
            }
        }
    }
}

fn find(selector: &str) -> Option<Element> {
    window()?.document()?.query_selector(selector).ok()?
}
