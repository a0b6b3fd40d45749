//! The history, in IndexedDB: PNGs by number, each with its recipe inside.

use std::rc::Rc;

use gloo_file::{Blob, ObjectUrl};
use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::image::Image;
use crate::recipe::Recipe;

const DATABASE: &str = "patchwork";
const PICTURES: &str = "pictures";

/// Numbers from here on are of pictures that the store had no room for.
const UNSTORED: u32 = 3_000_000_000;

/// A picture of the history.
#[derive(Clone)]
pub(super) struct Entry {
    /// Its number in the store, or, where nothing can be stored, one that is free.
    pub(super) key: u32,
    pub(super) recipe: Recipe,
    /// Fields of its recipe that this version does not know.
    pub(super) unknown: Vec<String>,
    pub(super) png: Rc<[u8]>,
    /// Where `<img>` finds it.
    pub(super) url: ObjectUrl,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, {:?})", self.key, self.recipe)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && Rc::ptr_eq(&self.png, &other.png)
    }
}

impl Entry {
    /// A number for a picture that cannot be stored.
    pub(super) fn unstored_key() -> u32 {
        UNSTORED + (js_sys::Math::random() * 1e9) as u32
    }

    /// Whether the store has it.
    pub(super) fn is_stored(key: u32) -> bool {
        key < UNSTORED
    }

    pub(super) fn new(key: u32, recipe: Recipe, png: Vec<u8>) -> Self {
        let blob = Blob::new_with_options(png.as_slice(), Some("image/png"));
        Self { key, recipe, unknown: Vec::new(), png: png.into(), url: blob.into() }
    }

    /// From a stored PNG; `None` where it is damaged.
    fn read(key: &JsValue, png: &JsValue) -> Option<Rc<Self>> {
        let png = Uint8Array::new(png).to_vec();
        let (recipe, unknown) = Image::recipe_of_png(&png).ok()??;
        Some(Rc::new(Self { unknown, ..Self::new(key.as_f64()? as u32, recipe, png) }))
    }
}

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(1))?;
    request.on_upgrade_needed(|event| {
        let mut parameters = ObjectStoreParams::new();
        parameters.auto_increment(true);
        if let Ok(database) = event.database() {
            // A failure shows when the store is used.
            drop(database.create_object_store(PICTURES, parameters));
        }
    });
    request.await
}

/// Everything that is kept.
pub(super) async fn all() -> Result<Vec<Rc<Entry>>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[PICTURES], TransactionMode::ReadOnly)?;
    let store = transaction.object_store(PICTURES)?;
    let keys = store.get_all_keys(None, None)?.await?;
    let values = store.get_all(None, None)?.await?;
    database.close();
    Ok(keys.iter().zip(&values).filter_map(|(key, png)| Entry::read(key, png)).collect())
}

/// Why nothing was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// This browser keeps nothing here.
    Closed,
    /// There is no room.
    Full,
}

/// Keeps a PNG, and tells its number.
pub(super) async fn add(png: &[u8]) -> Result<u32, Lack> {
    let database = open().await.map_err(|_| Lack::Closed)?;
    put(database, png).await.map_err(|_| Lack::Full)
}

async fn put(database: Database, png: &[u8]) -> Result<u32, Error> {
    let transaction = database.transaction(&[PICTURES], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(PICTURES)?;
    let key = store.add(&Uint8Array::from(png), None)?.await?;
    let result = transaction.commit()?.await?;
    database.close();
    // A full disk shows at the end.
    if result.is_committed() { Ok(key.as_f64().unwrap_or_default() as u32) } else { Err(aborted()) }
}

/// Removes one picture, or all of them.
pub(super) async fn remove(key: Option<u32>) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[PICTURES], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(PICTURES)?;
    match key {
        Some(key) => store.delete(JsValue::from(key))?.await?,
        None => store.clear()?.await?,
    }
    let result = transaction.commit()?.await?;
    database.close();
    if result.is_committed() { Ok(()) } else { Err(aborted()) }
}

fn aborted() -> Error {
    Error::DomExceptionNotFound
}
