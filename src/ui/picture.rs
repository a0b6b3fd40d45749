//! Pictures as `<img>` elements, which can be saved by a long press or the right button, and
//! dragged out.

use std::ops::Deref;
use std::rc::Rc;

use gloo_file::{Blob, ObjectUrl};
use yew::{AttrValue, Html, Properties, function_component, html, use_memo};

/// The bytes of a file, compared by identity.
#[derive(Clone)]
pub(super) struct Shared(pub(super) Rc<[u8]>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct PictureProps {
    pub(super) file: Shared,
    #[prop_or("image/png")]
    pub(super) mime: &'static str,
    /// The alternative text; `None` if the picture is decorative.
    #[prop_or_default]
    pub(super) label: Option<AttrValue>,
    /// The id of the element that describes it.
    #[prop_or_default]
    pub(super) described_by: Option<AttrValue>,
    /// Whether its pixels are shown without smoothing.
    #[prop_or_default]
    pub(super) pixelated: bool,
}

/// Renders a picture.
#[function_component]
pub(super) fn Picture(props: &PictureProps) -> Html {
    let url = use_memo((props.file.clone(), props.mime), |(Shared(bytes), mime)| {
        ObjectUrl::from(Blob::new_with_options(&bytes[..], Some(mime)))
    });
    let class = props.pixelated.then_some("pixelated");
    let alt = props.label.clone().unwrap_or_default();
    html! {
        <img {class} src={url.deref().to_string()} {alt} decoding="sync"
            aria-describedby={props.described_by.clone()} />
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct TileProps {
    /// The address of the file that holds all tiles.
    pub(super) sheet: AttrValue,
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// The index of the tile, row by row.
    pub(super) at: usize,
}

/// Renders a part of a larger picture. It is an SVG, because a strict content security policy
/// forbids inline styles.
#[function_component]
pub(super) fn Tile(props: &TileProps) -> Html {
    let TileProps { columns, rows, at, .. } = *props;
    let view = format!("{} {} 1 1", at % columns, at / columns);
    html! {
        <svg viewBox={view} aria-hidden="true" focusable="false">
            <image href={props.sheet.clone()} width={columns.to_string()} height={rows.to_string()}
                preserveAspectRatio="none" />
        </svg>
    }
}
