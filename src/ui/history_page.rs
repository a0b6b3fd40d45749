//! A part of a long history, which is in the document only while it is near the visible area.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    HtmlElement, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit,
};
use yew::{
    Callback, Html, MouseEvent, Properties, function_component, hook, html, use_effect_with,
    use_node_ref, use_state_eq,
};

use crate::page::form::offer::{Brought, fields};
use crate::page::gallery::entry::HistoryEntry;
use crate::page::picture::origin;
use crate::page::{Action, FormAction, GalleryAction};
use crate::ui::handle::Dispatcher;
use crate::ui::picture::{Picture, Shared};
use crate::ui::store;

/// The distance from the visible area within which a part is in the document.
const MARGIN: &str = "600px";

#[derive(Properties)]
pub(super) struct HistoryPageProps {
    pub(super) dispatcher: Dispatcher,
    pub(super) entries: Vec<Rc<HistoryEntry>>,
    /// Whether this is the first part, which is always in the document.
    pub(super) is_first: bool,
}

impl PartialEq for HistoryPageProps {
    fn eq(&self, other: &Self) -> bool {
        self.is_first == other.is_first
            && self.dispatcher == other.dispatcher
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(one, two)| Rc::ptr_eq(one, two))
    }
}

/// Renders a part of the list.
#[function_component]
pub(super) fn HistoryPage(props: &HistoryPageProps) -> Html {
    let node = use_node_ref();
    let is_near = use_state_eq(|| props.is_first);
    let height = use_state_eq(|| 0);
    {
        let (is_near, height) = (is_near.clone(), height.clone());
        let on_change = Callback::from(move |(near, now): (bool, i32)| {
            if !near && now > 0 {
                height.set(now);
            }
            is_near.set(near);
        });
        use_nearness(&node, props.is_first, on_change);
    }
    {
        // A part outside the document keeps its height, so that the page does not jump.
        let node = node.clone();
        let room = (!*is_near).then(|| if *height > 0 { *height } else { 900 });
        use_effect_with(room, move |room| {
            if let Some(list) = node.cast::<HtmlElement>() {
                let room = room.map_or(String::new(), |room| format!("{room}px"));
                drop(list.style().set_property("min-height", &room));
            }
        });
    }
    let item = |entry: &Rc<HistoryEntry>| {
        html! { <Item key={entry.key} dispatcher={props.dispatcher.clone()} entry={entry.clone()} /> }
    };
    html! {
        <ul ref={node} translate="no">
            if *is_near { {for props.entries.iter().map(item)} }
        </ul>
    }
}

/// Reports whether an element is near the visible area, and its height.
#[hook]
fn use_nearness(node: &yew::NodeRef, is_first: bool, tell: Callback<(bool, i32)>) {
    let node = node.clone();
    use_effect_with(is_first, move |&is_first| {
        let seen = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let last: IntersectionObserverEntry =
                entries.get(entries.length() - 1).unchecked_into();
            tell.emit((last.is_intersecting(), last.bounding_client_rect().height() as i32));
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(MARGIN);
        let observer =
            IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options);
        let observer = observer.ok().filter(|_| !is_first);
        if let (Some(observer), Some(list)) = (&observer, node.cast::<web_sys::Element>()) {
            observer.observe(&list);
        }
        move || {
            observer.iter().for_each(IntersectionObserver::disconnect);
            drop(seen);
        }
    });
}

#[derive(Properties)]
struct ItemProps {
    dispatcher: Dispatcher,
    entry: Rc<HistoryEntry>,
}

impl PartialEq for ItemProps {
    fn eq(&self, other: &Self) -> bool {
        self.dispatcher == other.dispatcher && Rc::ptr_eq(&self.entry, &other.entry)
    }
}

/// Renders a picture of the history and its buttons.
#[function_component]
fn Item(ItemProps { dispatcher, entry }: &ItemProps) -> Html {
    let act = |action: fn(&Rc<HistoryEntry>) -> Action| {
        let (dispatcher, entry) = (dispatcher.clone(), entry.clone());
        Callback::from(move |_: MouseEvent| dispatcher.dispatch(action(&entry)))
    };
    let name = entry.name();
    let open = act(|entry| GalleryAction::Show(entry.clone()).into());
    let again = act(|entry| {
        let brought = Brought {
            what: "The settings are in the form".into(),
            is_of_picture: true,
            recipe: entry.recipe.clone().unwrap_or_default().into(),
            unknown: fields(&entry.unknown),
        };
        FormAction::Bring(brought.into()).into()
    });
    // A picture that was made from another one carries it, and is opened to find it.
    let show = open.clone();
    let begins_with_picture =
        entry.recipe.as_ref().is_some_and(|recipe| recipe.begins_with_picture());
    let again = Callback::from(move |event: MouseEvent| {
        if begins_with_picture {
            show.emit(event.clone());
        }
        again.emit(event);
    });
    let remove = act(|entry| GalleryAction::Remove(Some(entry.key)).into());
    let is_whole = entry.recipe.is_some();
    let made = entry.recipe.as_ref().and_then(origin);
    html! {
        <li>
            <button type="button" class="thumbnail" aria-label={format!("Open {name}")}
                disabled={!is_whole} onclick={open}>
                <Thumbnail dispatcher={dispatcher.clone()} entry={entry.clone()} />
            </button>
            <small>{&name}</small>
            if let Some(made) = made {
                <small>{made}</small>
            }
            <div class="actions">
                if is_whole {
                    <button type="button" aria-label={format!("Use settings of {name}")}
                        onclick={again}>{"Use settings"}</button>
                } else {
                    <small>{"It cannot be read, and takes room."}</small>
                }
                <button type="button" aria-label={format!("Delete {name}")}
                    onclick={remove}>{"Delete"}</button>
            </div>
        </li>
    }
}

/// Renders the picture, which is read from the store when it comes near.
#[function_component]
fn Thumbnail(ItemProps { entry, .. }: &ItemProps) -> Html {
    let read = use_state_eq(|| None::<Shared>);
    {
        let is_here = entry.png.is_some() || entry.large.is_some();
        let read = read.clone();
        use_effect_with(entry.key, move |&key| {
            if !is_here {
                spawn_local(async move { read.set(store::thumbnail(key).await.map(Shared)) });
            }
        });
    }
    let here = entry.large.clone().or_else(|| entry.png.clone());
    match here.map(Shared).or_else(|| (*read).clone()) {
        Some(file) => html! { <Picture {file} /> },
        None => html! { <span class="blank" /> },
    }
}
