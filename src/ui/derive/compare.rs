//! Two pictures in one place, with a slider between them.

use std::rc::Rc;

use web_sys::{HtmlElement, HtmlInputElement};
use yew::{
    AttrValue, Callback, Html, InputEvent, Properties, TargetCast, function_component, html,
    use_effect_with, use_node_ref, use_state_eq,
};

use crate::page::derive::Enlarged;
use crate::ui::controls::Choice;
use crate::ui::picture::{Picture, Shared};

/// The names of what the enlarged picture is compared with.
const PLAIN: &str = "Plain enlarging";
const TRACE: &str = "Trace";

#[derive(PartialEq, Properties)]
pub(super) struct CompareProps {
    pub(super) enlarged: Enlarged,
    /// The trace of the same picture, an SVG.
    pub(super) trace: Option<Rc<[u8]>>,
}

/// Renders the comparison of an enlarged picture with another one.
#[function_component]
pub(super) fn Compare(CompareProps { enlarged, trace }: &CompareProps) -> Html {
    let at = use_state_eq(|| 50_u32);
    let with_trace = use_state_eq(|| false);
    let node = use_node_ref();
    {
        // A strict content security policy forbids inline styles, but not this.
        let node = node.clone();
        use_effect_with(*at, move |at| {
            if let Some(element) = node.cast::<HtmlElement>() {
                drop(element.style().set_property("--cut", &format!("{at}%")));
            }
        });
    }
    let slide = {
        let at = at.clone();
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            at.set(input.and_then(|input| input.value().parse().ok()).unwrap_or(*at));
        })
    };
    let choose = {
        let with_trace = with_trace.clone();
        Callback::from(move |name: String| with_trace.set(name == TRACE))
    };
    let (name, file, mime) = match trace.as_ref().filter(|_| *with_trace) {
        Some(svg) => (TRACE, svg.clone(), "image/svg+xml"),
        None => (PLAIN, enlarged.plain.clone(), "image/png"),
    };
    let mut options: Vec<(AttrValue, AttrValue, bool)> = vec![(PLAIN.into(), PLAIN.into(), false)];
    if trace.is_some() {
        options.push((TRACE.into(), TRACE.into(), false));
    }
    html! {
        <div class="compare">
            <div class="pair" ref={node}>
                <Picture file={Shared(file)} {mime} label={name} />
                <Picture file={Shared(enlarged.sharp.clone())} label={format!("Enlarged to {} px", enlarged.side)} />
            </div>
            <div class="axis" aria-hidden="true"><span>{format!("← {name}")}</span><span>{"Enlarged →"}</span></div>
            <input type="range" aria-label="Compare" min="0" max="100" value={at.to_string()}
                aria-valuetext={format!("{name} left of {} %, enlarged right of it", *at)} oninput={slide} />
            <Choice label="With" help="" {options} value={name} change={choose} />
        </div>
    }
}
