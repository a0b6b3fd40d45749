//! The panel that enlarges the picture.

use yew::{Html, html};

use super::compare::Compare;
use super::progress::progress;
use crate::page::DeriveAction;
use crate::page::derive::action::Product;
use crate::page::derive::save::kilobytes;
use crate::page::derive::{Derive, Enlarged, Panel, Work};
use crate::ui::handle::{Dispatcher, act};

/// The longer sides that are offered, in pixels.
const SIDES: [u32; 2] = [512, 2048];

/// Renders the panel.
pub(super) fn enlarge(derive: &Derive, dispatcher: &Dispatcher) -> Html {
    let to = |side: u32| {
        let onclick = act(dispatcher, move || DeriveAction::Use(Work::Enlarge { side }));
        html! { <button type="button" {onclick}>{format!("Enlarge to {side} px")}</button> }
    };
    html! {
        <>
            <div class="actions">{for SIDES.map(to)}</div>
            if let Some(job) = derive.job_of(Panel::Enlarge) {
                {progress(job, "", dispatcher)}
            }
            if let Some(enlarged) = &derive.enlarged {
                <Compare enlarged={enlarged.clone()} trace={derive.trace.clone()} />
                {downloads(enlarged, dispatcher)}
            }
        </>
    }
}

/// Renders the buttons that save the two pictures.
fn downloads(Enlarged { side, sharp, plain }: &Enlarged, dispatcher: &Dispatcher) -> Html {
    let one = |(name, product, bytes): (&'static str, Product, usize)| {
        let onclick = act(dispatcher, move || DeriveAction::Save(product));
        html! {
            <span class="file">
                <button type="button" {onclick}>{name}</button>
                <small>{format!("{side} px, {}", kilobytes(bytes))}</small>
            </span>
        }
    };
    let all = [
        ("Download enlarged PNG", Product::Sharp, sharp.len()),
        ("Download plain PNG", Product::Plain, plain.len()),
    ];
    html! { <div class="actions">{for all.map(one)}</div> }
}
