//! What runs where, and whose pictures it learned from.

use yew::{Callback, Html, MouseEvent, html};

use crate::protocol::Request;
use crate::ui::state::State;

/// Device and model.
pub(super) fn panel(state: &State, send: &Callback<Request>) -> Html {
    let Some(loaded) = &state.loaded else { return html! {} };
    let (device, model) = (&loaded.device, &loaded.model);
    let or_none = |text: &str| if text.is_empty() { "none" } else { text }.to_owned();
    let pace = state.run.as_ref().and_then(|run| run.step_milliseconds());
    let pace = pace.map_or("no step yet".into(), |pace| format!("{pace:.0} ms"));
    let check = match device.check.as_str() {
        "" => "The CPU needs none.".into(),
        check => check.to_owned(),
    };
    let rows = [
        ("Device", device.name.clone()),
        ("Why", device.reason.clone()),
        ("Adapter", or_none(&device.adapter)),
        ("Features", or_none(&device.features.join(", "))),
        ("Known-answer check", check),
        (
            "Model",
            format!("{}: a DiT of {:.1} M parameters", model.name, model.parameters as f64 / 1e6),
        ),
        ("Files", format!("{:.1} MB. {}", model.bytes / 1e6, model.kept)),
        ("Loaded in", format!("{:.1} s", loaded.seconds)),
        ("A step takes", pace),
    ];
    let row = |(term, text): (&'static str, String)| {
        html! { <div><dt>{term}</dt><dd>{text}</dd></div> }
    };
    let forget = send.reform(|_: MouseEvent| Request::Forget);
    html! {
        <details class="patch facts">
            <summary>{format!("Device and model: {}, {}", device.name, model.name)}</summary>
            <dl>{for rows.into_iter().map(row)}</dl>
            <button type="button" onclick={forget}>{"Remove the downloaded weights"}</button>
        </details>
    }
}

/// Credits and licences.
pub(super) fn credits() -> Html {
    html! {
        <footer>
            <p>
                {"Emoji and clip art, not photographs. Learned from Noto Emoji (Google, Apache-2.0), \
                  Twemoji (Twitter and contributors, CC BY 4.0), Fluent Emoji (Microsoft, MIT), \
                  EmojiOne 2 (CC BY 4.0), FxEmojis (Mozilla, CC BY 4.0) and Streamline Emojis \
                  (CC BY 4.0), rasterised and used for training; labels from emojibase (MIT); words \
                  read by all-MiniLM-L6-v2 (Apache-2.0). "}
                <a href="./models/stickers/card.html" target="_blank">{"Model card and licences"}</a>
            </p>
        </footer>
    }
}
