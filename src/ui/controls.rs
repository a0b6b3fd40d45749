//! Labelled controls, each with a help text.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{
    AttrValue, Callback, Event, FocusEvent, Html, InputEvent, Properties, TargetCast,
    function_component, html, use_effect_with, use_node_ref, use_state_eq,
};

/// Returns the id of a part of the control with this label. Spaces become hyphens, because an id
/// has none.
fn id(label: &str, part: &str) -> String {
    format!("{}-{part}", label.replace(' ', "-"))
}

#[derive(PartialEq, Properties)]
pub(super) struct TextProps {
    pub(super) label: &'static str,
    pub(super) help: AttrValue,
    pub(super) value: AttrValue,
    #[prop_or(1)]
    pub(super) rows: u32,
    pub(super) change: Callback<String>,
}

/// Renders a text field of one or more lines.
#[function_component]
pub(super) fn Text(props: &TextProps) -> Html {
    let change = props.change.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(area) = event.target_dyn_into::<HtmlTextAreaElement>() {
            change.emit(area.value());
        } else if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            change.emit(input.value());
        }
    });
    let help = id(props.label, "help");
    html! {
        <label class="field">
            <span>{props.label}</span>
            if props.rows > 1 {
                <textarea rows={props.rows.to_string()} aria-label={props.label} {oninput}
                    aria-describedby={help.clone()} value={props.value.clone()} />
            } else {
                <input type="text" aria-label={props.label} {oninput}
                    aria-describedby={help.clone()} value={props.value.clone()} />
            }
            <small id={help} translate="no">{props.help.clone()}</small>
        </label>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct NumberProps {
    pub(super) label: &'static str,
    pub(super) help: AttrValue,
    pub(super) value: AttrValue,
    pub(super) min: AttrValue,
    pub(super) max: AttrValue,
    #[prop_or("1")]
    pub(super) step: &'static str,
    /// Returns the problem with a number as typed, in a sentence.
    #[prop_or_else(|| Callback::from(|_| None))]
    pub(super) refuse: Callback<String, Option<String>>,
    /// Receives the problem with the current text, or `None`.
    #[prop_or_default]
    pub(super) refused: Callback<Option<String>>,
    pub(super) change: Callback<String>,
    /// The buttons beside the field.
    #[prop_or_default]
    pub(super) children: Html,
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Renders a number field.
#[function_component]
pub(super) fn Number(props: &NumberProps) -> Html {
    // The typed text stays while it equals the current value, as “4.0” does on the way to 4.05,
    // while it is empty, and while it is refused.
    let typed = use_state_eq(|| None::<String>);
    let is_outside = use_state_eq(|| false);
    let (change, typing, refuse) = (props.change.clone(), typed.clone(), props.refuse.clone());
    let (outside, ends) = (is_outside.clone(), [&props.min, &props.max].map(|end| number(end)));
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            let text = input.value();
            outside.set(number(&text).is_some_and(|number| {
                ends[0].is_some_and(|min| number < min) || ends[1].is_some_and(|max| number > max)
            }));
            if !text.is_empty() && refuse.emit(text.clone()).is_none() {
                change.emit(text.clone());
            }
            typing.set(Some(text));
        }
    });
    let problem = typed.as_ref().filter(|text| !text.is_empty());
    let problem = problem.and_then(|text| props.refuse.emit(text.clone()));
    let (typing, is_refused) = (typed.clone(), problem.is_some());
    // A refused text stays visible until it is corrected or another value replaces it.
    let onblur = Callback::from(move |_: FocusEvent| {
        if !is_refused {
            typing.set(None);
        }
    });
    {
        let refused = props.refused.clone();
        use_effect_with(problem.clone(), move |problem| refused.emit(problem.clone()));
    }
    {
        let (typed, value) = (typed.clone(), number(&props.value));
        use_effect_with(props.value.clone(), move |_| {
            if typed.as_deref().is_some_and(|text| !text.is_empty() && number(text) != value) {
                typed.set(None);
            }
        });
    }
    let stays = |text: &&String| {
        text.is_empty() || problem.is_some() || number(text) == number(&props.value)
    };
    let value = match typed.as_ref().filter(stays) {
        Some(text) => AttrValue::from(text.clone()),
        None => props.value.clone(),
    };
    let corrected = is_outside.then(|| {
        let (min, max, value) = (&props.min, &props.max, &props.value);
        format!("From {min} to {max}: {value} is taken.").into()
    });
    let (id, help) = (id(props.label, "number"), id(props.label, "help"));
    html! {
        <div class="field">
            <label for={id.clone()}>{props.label}</label>
            <span class="with-buttons">
                <input {id} type="number" aria-describedby={help.clone()} min={props.min.clone()}
                    max={props.max.clone()} step={props.step} {value} {oninput} {onblur}
                    aria-invalid={problem.is_some().then_some("true")} />
                {props.children.clone()}
            </span>
            <small id={help} translate="no" class={problem.is_some().then_some("wrong")}>
                {problem.map(AttrValue::from).or(corrected).unwrap_or_else(|| props.help.clone())}
            </small>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct ChoiceProps {
    pub(super) label: &'static str,
    pub(super) help: AttrValue,
    /// The value, its label, and whether it cannot be chosen.
    pub(super) options: Vec<(AttrValue, AttrValue, bool)>,
    pub(super) value: AttrValue,
    pub(super) change: Callback<String>,
}

/// Renders a choice of one of several options. A value that is not among them, as from an old link,
/// is added.
#[function_component]
pub(super) fn Choice(props: &ChoiceProps) -> Html {
    let node = use_node_ref();
    {
        // The `selected` attribute of an option has no effect once the visitor has chosen.
        let node = node.clone();
        use_effect_with((props.value.clone(), props.options.clone()), move |(value, _)| {
            if let Some(select) = node.cast::<HtmlSelectElement>() {
                select.set_value(value);
            }
        });
    }
    let change = props.change.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            change.emit(select.value());
        }
    });
    let option = |(value, label, is_impossible): &(AttrValue, AttrValue, bool)| {
        html! {
            <option key={value.to_string()} value={value.clone()} disabled={*is_impossible}>
                {label.clone()}
            </option>
        }
    };
    let is_known = props.options.iter().any(|(value, ..)| *value == props.value);
    let unknown = (!is_known).then(|| (props.value.clone(), props.value.clone(), false));
    let help = format!("{}-help", props.label);
    html! {
        <label class="field">
            <span>{props.label}</span>
            <select ref={node} translate="no" aria-label={props.label} aria-describedby={help.clone()} {onchange}>
                {for props.options.iter().chain(&unknown).map(option)}
            </select>
            <small id={help} translate="no">{props.help.clone()}</small>
        </label>
    }
}
