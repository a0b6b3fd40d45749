//! The page's state as components see it, and the dispatcher of actions.

use std::ops::Deref;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::{Callback, MouseEvent};

use crate::page::{Action, State};

/// The current state, which dereferences to [`State`].
#[derive(Clone)]
pub(super) struct PageHandle {
    pub(super) state: Rc<State>,
    pub(super) dispatcher: Dispatcher,
}

impl Deref for PageHandle {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

/// Two handles are equal if they share the same state.
impl PartialEq for PageHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

/// A dispatcher of actions.
#[derive(Clone, PartialEq)]
pub(super) struct Dispatcher(pub(super) Callback<Action>);

impl Dispatcher {
    pub(super) fn dispatch(&self, action: impl Into<Action>) {
        self.0.emit(action.into());
    }
}

/// Returns a callback that dispatches an action.
pub(super) fn act<A: Into<Action>>(
    dispatcher: &Dispatcher,
    action: impl Fn() -> A + 'static,
) -> Callback<MouseEvent> {
    let dispatcher = dispatcher.clone();
    Callback::from(move |_| dispatcher.dispatch(action()))
}

/// Returns a callback that runs `work` with its input, and shows the resulting message.
pub(super) fn tell<Input, Work: Future<Output = String> + 'static>(
    dispatcher: &Dispatcher,
    work: impl Fn(Input) -> Work + 'static,
) -> Callback<Input> {
    let (dispatcher, work) = (dispatcher.clone(), Rc::new(work));
    Callback::from(move |input| {
        let (dispatcher, work) = (dispatcher.clone(), work(input));
        spawn_local(async move { dispatcher.dispatch(Action::Say(work.await)) });
    })
}
