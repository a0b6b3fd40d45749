//! Performs the effects: workers, the address, the store, random seeds.

use std::collections::BTreeMap;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, window};

use crate::page::picture::Member;
use crate::page::protocol::{Event, File, Request};
use crate::page::{
    Action, DeriveEffect, EditAction, EditEffect, Effect, EngineAction, EngineEffect, FormAction,
    FormEffect, GalleryAction, GalleryEffect, StageEffect,
};
use crate::recipe::Recipe;
use crate::ui::handle::Dispatcher;
use crate::ui::link::Link;
use crate::ui::store::Lack;
use crate::ui::{address, persist, remember, server, share, store};

/// How many milliseconds the frame rests before the picture is fitted into it.
const REST: u32 = 200;

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
        match effect {
            Effect::Form(effect) => self.of_form(effect),
            Effect::Engine(effect) => self.of_engine(effect),
            Effect::Stage(effect) => self.of_stage(effect),
            Effect::Gallery(effect) => self.of_gallery(effect),
            Effect::Derive(DeriveEffect::Save { name, mime, bytes }) => {
                self.save(&name, mime, &bytes);
            }
            Effect::Edit(EditEffect::Rest(moves)) => self.later(async move {
                TimeoutFuture::new(REST).await;
                EditAction::Rested(moves)
            }),
            Effect::Send(request) => self.link().iter().for_each(|link| link.send(request.clone())),
            // The element may be rendered only after this turn.
            Effect::Focus(selector) => spawn_local(async move {
                TimeoutFuture::new(0).await;
                focus(selector);
            }),
            Effect::AskToPersist => {
                self.later(async { GalleryAction::Promised(persist::ask().await) });
            }
            Effect::RememberSession(text) => remember::remember_session(&text),
            Effect::Reload(recipe) => {
                // The address restores the form, so the session is cleared.
                remember::remember_session("");
                address::show_in_address(&recipe);
                window().iter().for_each(|window| drop(window.location().reload()));
            }
        }
    }

    /// Dispatches an action when it is known, after this turn.
    fn later<A: Into<Action>>(&self, action: impl Future<Output = A> + 'static) {
        let to = self.dispatcher.clone();
        spawn_local(async move { to.dispatch(action.await) });
    }

    fn of_form(&self, effect: FormEffect) {
        match effect {
            FormEffect::RollSeed { draws } => {
                // A seed below 2³² is short enough to tell somebody.
                let seed = (js_sys::Math::random() * 4_294_967_296.0) as u64;
                self.later(async move { FormAction::Rolled { seed, draws } });
            }
            FormEffect::ListConcepts(folder) => self.later(async move {
                let text = server::concepts(&folder).await;
                FormAction::Concepts { folder, text }
            }),
            FormEffect::RememberSettings(unfolds) => remember::remember_settings(unfolds),
        }
    }

    fn of_engine(&mut self, effect: EngineEffect) {
        match effect {
            EngineEffect::StartWorker { number, model, device } => {
                let to = self.dispatcher.clone();
                let hear = move |event| to.dispatch(EngineAction::Worker(number, event));
                match Link::start(&model, hear) {
                    Some(link) => {
                        link.send(Request::Load { model, device });
                        self.links.insert(number, link.into());
                    }
                    None => self.later(async move {
                        let message = "This browser runs no web workers of modules, which drawing \
                                       needs: update it, or try another one."
                            .into();
                        EngineAction::Worker(number, Event::Crashed { message, on_gpu: false })
                    }),
                }
            }
            EngineEffect::UseWorker(number) => {
                self.current = number;
                self.links.retain(|other, _| *other >= number);
            }
            EngineEffect::EndWorker(number) => drop(self.links.remove(&number)),
            EngineEffect::ListModels => {
                self.later(async { EngineAction::Models(server::models().await) });
            }
            EngineEffect::AskCached(folder) => {
                self.later(async move { EngineAction::Cached(server::is_cached(&folder).await) });
            }
        }
    }

    fn of_stage(&self, effect: StageEffect) {
        match effect {
            StageEffect::ShowAddress(recipe) => address::show_in_address(&recipe),
            StageEffect::Scroll => spawn_local(async {
                TimeoutFuture::new(0).await;
                show_stage();
            }),
            StageEffect::Save { name, mime, bytes } => self.save(&name, mime, &bytes),
            StageEffect::Gather { ticket, archive, finish, members } => {
                if let Some(link) = self.link().cloned() {
                    let last = Request::Archive { ticket, archive, finish };
                    spawn_local(gather(link, ticket, members, last));
                }
            }
        }
    }

    /// Saves a file among the visitor's downloads.
    fn save(&self, name: &str, mime: &str, bytes: &[u8]) {
        if share::save(name, mime, bytes).is_none() {
            let problem = "This browser did not let the file be saved.".into();
            self.later(async { Action::Warn(problem) });
        }
    }

    fn of_gallery(&self, effect: GalleryEffect) {
        match effect {
            GalleryEffect::Recall(known) => self.later(async move {
                match store::recall(&known).await {
                    Ok((keys, new)) => GalleryAction::Recalled { known, keys, new },
                    Err(_) => GalleryAction::Closed,
                }
            }),
            GalleryEffect::Keep(pictures) => {
                spawn_local(keep(self.dispatcher.clone(), pictures));
            }
            // If the store has no room for it, the history shows the picture as it was drawn.
            GalleryEffect::KeepLarge { key, large } => spawn_local(async move {
                drop(store::keep_large(key, &large).await);
            }),
            GalleryEffect::Fetch { entry, scrolls } => self.later(async move {
                let png = store::picture(entry.key).await;
                GalleryAction::Fetched { entry, png, scrolls }
            }),
            GalleryEffect::RememberTrash(keys) => remember::remember_trash(&keys),
            GalleryEffect::PurgeLater(deletion) => self.later(async move {
                TimeoutFuture::new(remember::UNDO).await;
                GalleryAction::Purge(deletion)
            }),
            GalleryEffect::Purge(keys) => self.later(async move {
                let removed = store::remove(&keys).await;
                remember::tell_other_tabs();
                match removed {
                    Ok(()) => GalleryAction::Purged(keys),
                    Err(_) => GalleryAction::NotPurged(keys),
                }
            }),
        }
    }
}

/// Adds pictures to the store one after another, so that they keep the order in which they were drawn.
async fn keep(to: Dispatcher, pictures: Vec<(Recipe, Rc<[u8]>)>) {
    for (recipe, png) in pictures {
        let key = store::add(&recipe, &png).await;
        if key == Err(Lack::Closed) {
            to.dispatch(GalleryAction::Closed);
        }
        let (key, recipe) = (key.ok(), recipe.into());
        remember::tell_other_tabs();
        to.dispatch(GalleryAction::Kept { key, recipe, png });
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

/// Scrolls to the stage, no further than necessary.
fn show_stage() -> Option<()> {
    let stage = find(".stage figure, .stage .blank, .stage")?;
    call(&stage, "scrollIntoView", "block", &"nearest".into())
}

/// Moves the keyboard focus without scrolling, except to the prompt.
/// What is scrolled to when it gets the focus.
const SHOWN: [&str; 2] = [".edit h2", ".spread"];

fn focus(selector: &str) -> Option<()> {
    let element = find(selector)?;
    // What has just appeared may be below the window's edge.
    if SHOWN.contains(&selector) {
        call(&element, "scrollIntoView", "block", &"start".into())?;
    }
    call(&element, "focus", "preventScroll", &(selector != "#prompt").into())
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
