//! The facts about the device and the model, and the credits of its training data.

use yew::{Html, html};

use crate::page::{EngineAction, State};
use crate::ui::handle::{Dispatcher, act};

/// Renders the facts about the device and the model.
pub(super) fn panel(state: &State, dispatcher: &Dispatcher) -> Html {
    let Some(loaded) = state.engine.loaded() else { return html! {} };
    let (device, model) = (&loaded.device, &loaded.model);
    let or_none = |text: &str| if text.is_empty() { "none" } else { text }.to_owned();
    let pace = state.stage.run.as_ref().and_then(|run| run.step_milliseconds());
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
        ("Storage", promise(state.gallery.promised)),
        ("Loaded in", format!("{:.1} s", loaded.seconds)),
        ("A step takes", pace),
    ];
    let row = |(term, text): (&'static str, String)| {
        html! { <div><dt>{term}</dt><dd translate="no">{text}</dd></div> }
    };
    let forget = act(dispatcher, || EngineAction::ForgetWeights);
    html! {
        <details class="patch facts">
            <summary translate="no">{format!("Device and model: {}, {}", device.name, model.name)}</summary>
            <dl>{for rows.into_iter().map(row)}</dl>
            <button type="button" onclick={forget}>{"Remove the downloaded weights"}</button>
        </details>
    }
}

/// Returns what the browser promises about its storage.
fn promise(promised: Option<Option<bool>>) -> String {
    match promised {
        Some(Some(true)) => "This browser promises to keep weights and history until you remove them.",
        Some(Some(false)) => {
            "This browser makes no promise: it may remove weights and history when room is short, so \
             download what you want to keep."
        }
        Some(None) => "This browser does not say how long it keeps weights and history.",
        None => "Nothing is kept yet.",
    }
    .into()
}

const BY: &str = "https://creativecommons.org/licenses/by/4.0/";
const APACHE: &str = "https://www.apache.org/licenses/LICENSE-2.0";
const MIT: &str = "https://opensource.org/license/mit";

/// The training data, labels and networks of others: name, source, licence and the licence's text.
const SOURCES: [(&str, &str, &str, &str); 14] = [
    ("Noto Emoji, Google", "https://github.com/googlefonts/noto-emoji", "Apache-2.0", APACHE),
    ("Twemoji, Twitter and contributors", "https://github.com/twitter/twemoji", "CC BY 4.0", BY),
    ("Fluent Emoji, Microsoft", "https://github.com/microsoft/fluentui-emoji", "MIT", MIT),
    ("EmojiOne 2", "https://github.com/joypixels/emojione", "CC BY 4.0", BY),
    ("FxEmojis, Mozilla", "https://github.com/mozilla/fxemoji", "CC BY 4.0", BY),
    ("Fluent Emoji 3D as files, LobeHub", "https://github.com/lobehub/fluent-emoji", "MIT", MIT),
    ("Streamline Emojis", "https://www.streamlinehq.com/emojis", "CC BY 4.0", BY),
    ("Plump icons, Streamline", "https://www.streamlinehq.com", "CC BY 4.0", BY),
    ("IconPark, ByteDance", "https://github.com/bytedance/IconPark", "Apache-2.0", APACHE),
    (
        "Game-icons.net: Lorc, Delapouite and contributors",
        "https://game-icons.net",
        "CC BY 3.0",
        "https://creativecommons.org/licenses/by/3.0/",
    ),
    ("emojibase (labels)", "https://github.com/milesj/emojibase", "MIT", MIT),
    (
        "Unicode CLDR (labels)",
        "https://cldr.unicode.org",
        "Unicode-3.0",
        "https://www.unicode.org/license.txt",
    ),
    (
        "all-MiniLM-L6-v2 (reads the words)",
        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        "Apache-2.0",
        APACHE,
    ),
    (
        "U²-Netp, Qin et al. (finds the thing in a picture)",
        "https://github.com/xuebinqin/U-2-Net",
        "Apache-2.0",
        APACHE,
    ),
];

/// Renders the credits and licences.
pub(super) fn credits() -> Html {
    let source = |(name, link, licence, text): (_, _, _, _)| {
        html! { <li><a href={link}>{name}</a>{" ("}<a href={text}>{licence}</a>{")"}</li> }
    };
    html! {
        <footer>
            <p>
                {"Emoji and icons, not photographs. Learned from these, modified: rasterised, \
                  used for training. "}
                <a href="./models/stickers/card.html" target="_blank">{"The model's card"}</a>
                {" tells more."}
            </p>
            <ul class="credits">{for SOURCES.into_iter().map(source)}</ul>
        </footer>
    }
}
