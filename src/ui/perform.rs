//! Performs the effects: workers, the address, the store, random seeds.

use std::collections::BTreeMap;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, window};

use crate::page::effect::Member;
use crate::page::protocol::{Event, File, Request};
use crate::page::{Action, Effect, HistoryAction};
use crate::ui::handle::Dispatcher;
use crate::ui::history::CHANGED;
use crate::ui::link::Link;
use crate::ui::store::Lack;
use crate::ui::{address, persist, remember, server, share, store};

/// How many milliseconds a deletion can be undone.
pub(super) const UNDO: u32 = 10_000;

/// The performer of effects, which owns the connections to workers.
pub(super) struct Performer {
    dispatcher: Dispatcher,
    links: BTreeMap<u32, Rc<Link>>,
    /// The number of the worker that receives requests.
    current: u32,
}

impl Performer {
    pub(super) fn new(dispatcher: Dispatcher) -> Self {
        Self { dispatcher, links: BTreeMap::new(), current: 0 }
    }

    fn link(&self) -> Option<&Rc<Link>> {
        self.links.get(&self.current)
    }

    /// Performs an effect, now or soon. Its outcome is dispatched.
    pub(super) fn perform(&mut self, effect: Effect) {
        let to = self.dispatcher.clone();
        let history = |action| Action::History(action);
        match effect {
            Effect::StartWorker { number, model, device } => {
                let hear = move |event| to.dispatch(Action::Worker(number, event));
                match Link::start(&model, hear.clone()) {
                    Some(link) => {
                        link.send(Request::Load { model, device });
                        self.links.insert(number, link.into());
                    }
                    // The action is dispatched after this turn.
                    None => spawn_local(async move {
                        let message = "This browser runs no web workers of modules, which drawing \
                                       needs: update it, or try another one."
                            .into();
                        hear(Event::Crashed { message, on_gpu: false });
                    }),
                }
            }
            Effect::UseWorker(number) => {
                self.current = number;
                self.links.retain(|other, _| *other >= number);
            }
            Effect::EndWorker(number) => drop(self.links.remove(&number)),
            Effect::Send(request) => self.link().iter().for_each(|link| link.send(request.clone())),
            Effect::ListModels => spawn_local(async move {
                to.dispatch(Action::Models(server::models().await));
            }),
            Effect::AskCached(folder) => spawn_local(async move {
                to.dispatch(Action::Cached(server::is_cached(&folder).await));
            }),
            Effect::ListConcepts(folder) => spawn_local(async move {
                let text = server::concepts(&folder).await;
                to.dispatch(Action::Concepts { folder, text });
            }),
            Effect::ShowAddress(recipe) => address::show_in_address(&recipe),
            Effect::Remember { name, text, is_of_tab } => {
                remember::remember(name, &text, is_of_tab);
            }
            Effect::RollSeed { draws } => {
                // A seed below 2³² is short enough to tell somebody.
                let seed = (js_sys::Math::random() * 4_294_967_296.0) as u64;
                spawn_local(async move { to.dispatch(Action::Rolled { seed, draws }) });
            }
            Effect::Recall(known) => spawn_local(async move {
                to.dispatch(history(match store::recall(&known).await {
                    Ok((keys, new)) => HistoryAction::Recalled { known, keys, new },
                    Err(_) => HistoryAction::Closed,
                }));
            }),
            Effect::Keep(pictures) => spawn_local(async move {
                // The pictures are added one after another, so that they keep the order in which
                // they were drawn.
                for (recipe, png) in pictures {
                    let key = store::add(&recipe, &png).await;
                    if key == Err(Lack::Closed) {
                        to.dispatch(history(HistoryAction::Closed));
                    }
                    let (key, recipe) = (key.ok(), recipe.into());
                    tell_other_tabs();
                    to.dispatch(history(HistoryAction::Kept { key, recipe, png }));
                }
            }),
            // If the store has no room for it, the history shows the picture as it was drawn.
            Effect::KeepLarge { key, large } => spawn_local(async move {
                drop(store::keep_large(key, &large).await);
            }),
            Effect::Fetch { entry, scrolls } => spawn_local(async move {
                let png = store::picture(entry.key).await;
                to.dispatch(history(HistoryAction::Fetched { entry, png, scrolls }));
            }),
            Effect::RememberTrash(keys) => remember::remember_trash(&keys),
            Effect::PurgeLater(deletion) => spawn_local(async move {
                TimeoutFuture::new(UNDO).await;
                to.dispatch(history(HistoryAction::Purge(deletion)));
            }),
            Effect::Purge(keys) => spawn_local(async move {
                let removed = store::remove(&keys).await;
                tell_other_tabs();
                to.dispatch(history(match removed {
                    Ok(()) => HistoryAction::Purged(keys),
                    Err(_) => HistoryAction::NotPurged(keys),
                }));
            }),
            Effect::Save { name, mime, bytes } => {
                if share::save(&name, mime, &bytes).is_none() {
                    let problem = "This browser did not let the file be saved.".into();
                    spawn_local(async move { to.dispatch(Action::Warn(problem)) });
                }
            }
            Effect::Gather { ticket, archive, finish, members } => {
                if let Some(link) = self.link().cloned() {
                    let last = Request::Archive { ticket, archive, finish };
                    spawn_local(gather(link, ticket, members, last));
                }
            }
            Effect::AskToPersist => spawn_local(async move {
                to.dispatch(Action::Promised(persist::ask().await));
            }),
            // The element may be rendered only after this turn.
            Effect::Focus(selector) => spawn_local(async move {
                TimeoutFuture::new(0).await;
                focus(selector);
            }),
            Effect::ShowStage => spawn_local(async {
                TimeoutFuture::new(0).await;
                show_stage();
            }),
            Effect::Reload(recipe) => {
                // The address restores the form, so the session is cleared.
                remember::remember(crate::page::update::SESSION, "", true);
                address::show_in_address(&recipe);
                window().iter().for_each(|window| drop(window.location().reload()));
            }
        }
    }
}

/// Has a worker put pictures into one file. Pictures that are gone from the store are left out.
async fn gather(link: Rc<Link>, ticket: u32, members: Vec<Member>, last: Request) {
    for Member { name, png } in members {
        let png = match png {
            Ok(png) => Some(png),
            Err(key) => store::picture(key).await,
        };
        if let Some(png) = png {
            link.send(Request::Add { ticket, name, png: File(png.to_vec()) });
        }
    }
    link.send(last);
}

/// Tells other tabs that the store has changed, with a `storage` event.
fn tell_other_tabs() {
    remember::remember(CHANGED, &js_sys::Date::now().to_string(), false);
}

/// Scrolls to the stage, no further than necessary.
fn show_stage() -> Option<()> {
    let stage = find(".stage figure, .stage .blank, .stage")?;
    call(&stage, "scrollIntoView", "block", &"nearest".into())
}

/// Moves the keyboard focus without scrolling, except to the prompt.
fn focus(selector: &str) -> Option<()> {
    call(&find(selector)?, "focus", "preventScroll", &(selector != "#prompt").into())
}

/// Calls a method of an element with one option.
fn call(element: &Element, method: &str, option: &str, value: &JsValue) -> Option<()> {
    let options = Object::new();
    Reflect::set(&options, &option.into(), value).ok()?;
    let method: Function = Reflect::get(element, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(element, &options).ok().map(drop)
}

fn find(selector: &str) -> Option<Element> {
    window()?.document()?.query_selector(selector).ok()?
}
