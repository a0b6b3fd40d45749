//! Keeps one worker, and tells it what the state asks for.

use std::cell::RefCell;
use std::rc::Rc;

use yew::{Callback, UseReducerHandle, hook, use_callback, use_effect_with, use_mut_ref};

use crate::page::protocol::{Event, Request};
use crate::ui::address;
use crate::ui::link::Link;
use crate::ui::state::{Action, State};

/// Starts a worker for each new number of it, sends it each new job, and gives the way to tell it
/// anything else.
#[hook]
pub(super) fn use_worker(state: &UseReducerHandle<State>) -> Callback<Request> {
    let link = use_mut_ref(|| None::<Link>);
    {
        let (link, state) = (link.clone(), state.clone());
        use_effect_with(state.worker, move |&number| start(number, &link, &state));
    }
    {
        // As it is now: by the time that the effect comes, the state may be a later one.
        let (link, run) = (link.clone(), state.run.clone());
        use_effect_with(run.as_ref().map(|run| run.job), move |_| {
            let Some(run) = run.filter(|run| !run.is_from_history) else { return };
            if let Some(link) = &*link.borrow() {
                link.send(Request::Draw { job: run.job, recipe: run.recipe.clone().into() });
            }
            if run.cell.is_none() {
                address::show_in_address(&run.recipe);
            }
        });
    }
    {
        // After the job, if both were asked for at once.
        let link = link.clone();
        use_effect_with(state.cancels, move |&cancels| {
            if let (Some(link), true) = (&*link.borrow(), cancels > 0) {
                link.send(Request::Cancel);
            }
        });
    }
    use_callback((), move |request, ()| {
        if let Some(link) = &*link.borrow() {
            link.send(request);
        }
    })
}

/// Ends whatever worker there is and starts one that loads the model.
fn start(number: u32, link: &Rc<RefCell<Option<Link>>>, state: &UseReducerHandle<State>) {
    link.take();
    let dispatcher = state.dispatcher();
    let hear = move |event| dispatcher.dispatch(Action::Worker(number, event));
    match Link::start(hear) {
        Some(started) => {
            started.send(Request::Load { model: state.folder.clone(), device: state.choice });
            link.replace(Some(started));
        }
        None => {
            let message = "This browser runs no web workers of modules, which drawing needs: \
                           update it, or try another one."
                .into();
            state.dispatch(Action::Worker(number, Event::Crashed { message }));
        }
    }
}
