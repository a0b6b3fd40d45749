//! The concepts that the model can draw, by group and with a search.

use std::rc::Rc;

use yew::{Callback, Html, MouseEvent, Properties, function_component, html, use_state_eq};

use crate::page::facts::Chip;
use crate::page::form::concepts::{Concept, Concepts};
use crate::page::{Action, FormAction};
use crate::ui::controls::Text;
use crate::ui::handle::{Dispatcher, act};

/// How many results a search shows at most.
const MOST: usize = 60;

#[derive(PartialEq, Properties)]
pub(super) struct BrowseProps {
    pub(super) concepts: Concepts,
    pub(super) dispatcher: Dispatcher,
}

/// Renders the concepts.
#[function_component]
pub(super) fn Browse(BrowseProps { concepts, dispatcher }: &BrowseProps) -> Html {
    let search = use_state_eq(String::new);
    let ask = act(dispatcher, || FormAction::UnfoldConcepts);
    let change = {
        let search = search.clone();
        Callback::from(move |text| search.set(text))
    };
    html! {
        <section class="patch browse" aria-label="Concepts">
            <details>
                <summary onclick={ask}>{"What it can draw"}</summary>
                if concepts.is_missing {
                    <p>{"No list came: the model has none, or the connection is gone. Close this and open it to \
                         try again."}</p>
                } else if let Some(groups) = concepts.groups() {
                    <Text label="Search" help="A thing, or a word for it." value={(*search).clone()} {change} />
                    if search.trim().is_empty() {
                        {for groups.iter().map(|(name, group)| html! {
                            <Group dispatcher={dispatcher.clone()} name={name.clone()} concepts={group.clone()} />
                        })}
                    } else {
                        {found(concepts, &search, dispatcher)}
                    }
                } else {
                    <p>{"Fetching the list."}</p>
                }
            </details>
        </section>
    }
}

fn found(concepts: &Concepts, text: &str, dispatcher: &Dispatcher) -> Html {
    let found = concepts.search(text);
    let said = match found.len() {
        0 => "It was taught nothing of that name. It may draw something near it all the same: try it.".into(),
        n if n > MOST => format!("{n} found, the first {MOST}:"),
        n => format!("{n} found:"),
    };
    html! {
        <>
            <p role="status" translate="no">{said}</p>
            <div class="chips">
                {for found.into_iter().take(MOST).map(|concept| chip(dispatcher, concept))}
            </div>
        </>
    }
}

fn chip(dispatcher: &Dispatcher, concept: &Concept) -> Html {
    let (dispatcher, name) = (dispatcher.clone(), concept.label.clone());
    let take = Callback::from(move |_: MouseEvent| {
        dispatcher.dispatch(FormAction::TakeChip(Chip { part: String::new(), name: name.clone() }));
        dispatcher.dispatch(Action::Say(format!(
            "“{name}” is in the prompt. Arrow down brings back what stood there."
        )));
    });
    html! { <button type="button" class="chip" translate="no" onclick={take}>{concept.label.clone()}</button> }
}

#[derive(PartialEq, Properties)]
struct GroupProps {
    dispatcher: Dispatcher,
    name: String,
    concepts: Rc<[Concept]>,
}

/// Renders one group, whose names are in the document only while it is unfolded.
#[function_component]
fn Group(GroupProps { dispatcher, name, concepts }: &GroupProps) -> Html {
    let is_unfolded = use_state_eq(|| false);
    let toggle = {
        let is_unfolded = is_unfolded.clone();
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            is_unfolded.set(!*is_unfolded);
        })
    };
    html! {
        <details open={*is_unfolded}>
            <summary translate="no" onclick={toggle}>{format!("{name} ({})", concepts.len())}</summary>
            if *is_unfolded {
                <div class="chips">{for concepts.iter().map(|concept| chip(dispatcher, concept))}</div>
            }
        </details>
    }
}
