//! Labelled controls, each with a line that explains it.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::{
    AttrValue, Callback, Event, FocusEvent, Html, InputEvent, Properties, TargetCast,
    function_component, html, use_effect_with, use_node_ref, use_state_eq,
};

#[derive(PartialEq, Properties)]
pub(super) struct TextProps {
    pub(super) label: &'static str,
    pub(super) help: AttrValue,
    pub(super) value: AttrValue,
    #[prop_or(1)]
    pub(super) rows: u32,
    pub(super) change: Callback<String>,
}

/// Some lines of text.
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
    let help = format!("{}-help", props.label.replace(' ', "-"));
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
            <small id={help}>{props.help.clone()}</small>
        </label>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct NumberProps {
    pub(super) label: &'static str,
    pub(super) help: AttrValue,
    pub(super) value: AttrValue,
    pub(super) min: &'static str,
    pub(super) max: &'static str,
    #[prop_or("1")]
    pub(super) step: &'static str,
    pub(super) change: Callback<String>,
    /// Buttons beside it.
    #[prop_or_default]
    pub(super) children: Html,
}

/// A number.
#[function_component]
pub(super) fn Number(props: &NumberProps) -> Html {
    // Half a number, as “4.” on the way to 4.5, reads as nothing, and must stay as it is.
    let is_half = use_state_eq(|| false);
    let (change, half) = (props.change.clone(), is_half.clone());
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            half.set(input.value().is_empty());
            if !input.value().is_empty() {
                change.emit(input.value());
            }
        }
    });
    let half = is_half.clone();
    let onblur = Callback::from(move |_: FocusEvent| half.set(false));
    let value = if *is_half { AttrValue::default() } else { props.value.clone() };
    let (id, help) = (format!("{}-number", props.label), format!("{}-help", props.label));
    html! {
        <div class="field">
            <label for={id.clone()}>{props.label}</label>
            <span class="with-buttons">
                <input {id} type="number" aria-describedby={help.clone()} min={props.min}
                    max={props.max} step={props.step} {value} {oninput} {onblur} />
                {props.children.clone()}
            </span>
            <small id={help}>{props.help.clone()}</small>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct ChoiceProps {
    pub(super) label: &'static str,
    pub(super) help: AttrValue,
    /// Value and what it is called.
    pub(super) options: Vec<(AttrValue, AttrValue)>,
    pub(super) value: AttrValue,
    pub(super) change: Callback<String>,
}

/// One of several. A value that is not among them, as from an old link, is shown as it is.
#[function_component]
pub(super) fn Choice(props: &ChoiceProps) -> Html {
    let node = use_node_ref();
    {
        // `selected` on an option says nothing any more once the visitor has chosen.
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
    let option = |(value, label): &(AttrValue, AttrValue)| {
        html! {
            <option key={value.to_string()} value={value.clone()}>{label.clone()}</option>
        }
    };
    let is_known = props.options.iter().any(|(value, _)| *value == props.value);
    let unknown = (!is_known).then(|| (props.value.clone(), props.value.clone()));
    let help = format!("{}-help", props.label);
    html! {
        <label class="field">
            <span>{props.label}</span>
            <select ref={node} aria-label={props.label} aria-describedby={help.clone()} {onchange}>
                {for props.options.iter().chain(&unknown).map(option)}
            </select>
            <small id={help}>{props.help.clone()}</small>
        </label>
    }
}
