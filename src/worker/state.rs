//! The state of the worker, which its files share.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::diffusion::Latent;
use crate::image::Image;
use crate::page::protocol::File;
use crate::pipeline::concept_index::ConceptIndex;
use crate::pipeline::matte::Cutter;
use crate::pipeline::stickers::Manifest;
use crate::pipeline::{Original, Pipeline};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// The state of the worker between two requests.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) pipeline: Option<Rc<Pipeline>>,
    pub(super) upscaling: Upscaling,
    pub(super) pictures: Pictures,
    pub(super) encoding: Encoding,
    /// The noise that an inversion found last, and the recipe, without what has no effect on it.
    pub(super) inverted: Option<(Recipe, Latent)>,
    /// The index of concepts, once it was asked for.
    pub(super) index: Option<Rc<ConceptIndex>>,
    /// The network that cuts things out, once it was asked for.
    pub(super) cutter: Option<Rc<Cutter>>,
    /// The tickets of the tools that are at work. Without its ticket, a tool stops.
    pub(super) tools: BTreeSet<u32>,
    /// The model's folder and its manifest, from which parts are downloaded later.
    pub(super) folder: Option<Rc<(String, Manifest)>>,
    /// The job that was requested last.
    pub(super) latest: u32,
    /// The number of requests to draw or to stop. A job that began at a smaller number stops.
    pub(super) turn: u32,
    /// The last job, its recipe, and its noise followed by each step's prediction of the clean latent (x₀),
    /// to be decoded on demand.
    pub(super) trace: (u32, Recipe, Vec<Latent>),
    /// The picture that the last job changes.
    pub(super) original: Option<Original>,
    /// The files for archives, by the archives' tickets.
    pub(super) members: BTreeMap<u32, Vec<(String, File)>>,
}

pub(super) type Shared = Rc<RefCell<Worker>>;

/// Returns the model, if it is loaded.
pub(super) fn pipeline(worker: &Shared) -> Result<Rc<Pipeline>> {
    let missing = || Error::model("The model", "it is not loaded yet: wait a moment");
    worker.borrow().pipeline.clone().ok_or_else(missing)
}

/// The state of the upscaler's download.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Way {
    /// No download is in progress: the upscaler is there, the model has none, or the download has not
    /// begun.
    #[default]
    Idle,
    /// The download is in progress, and pictures wait for it.
    Coming,
    /// The download takes too long, and pictures no longer wait.
    Late,
    /// The download failed at this time.
    Failed(f64),
}

/// The state of the upscaler, with the pictures that it made last, by the files that they were made from.
/// Another outline, size or format then needs no second run.
#[derive(Default)]
pub(super) struct Upscaling {
    pub(super) way: Way,
    /// Whether the model has an upscaler that is not loaded yet.
    pub(super) is_missing: bool,
    /// Whether pictures were enlarged without the upscaler in the meantime.
    pub(super) has_softened: bool,
    pub(super) kept: Vec<(Vec<u8>, Image)>,
}

/// The state of the encoder's download.
#[derive(Default)]
pub(super) struct Encoding {
    pub(super) is_coming: bool,
    /// Why the last download failed.
    pub(super) problem: Option<Error>,
}

/// A picture at the model's size.
pub(super) struct Kept {
    pub(super) hash: String,
    pub(super) image: Image,
    /// Its latent, once a run began with it.
    pub(super) latent: Option<Latent>,
}

/// The pictures of the page, the last used first.
#[derive(Default)]
pub(super) struct Pictures(pub(super) Vec<Kept>);
