//! The history in IndexedDB. PNGs and recipes are stored under the same keys, so that a long
//! history is listed without reading its pictures.

use std::collections::HashSet;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, Query, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::page::gallery::entry::{HistoryEntry, own_recipe};
use crate::recipe::Recipe;

const DATABASE: &str = "patchwork";
const PICTURES: &str = "pictures";
const RECIPES: &str = "recipes";
/// The store of upscaled versions, under the keys of their pictures.
const LARGE: &str = "large";
/// How many rows are read at once, before the page handles other events.
const ROWS: usize = 40;

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(3))?;
    request.on_upgrade_needed(|event| {
        let Ok(database) = event.database() else { return };
        let there = database.store_names();
        for (name, counts) in [(PICTURES, true), (RECIPES, false), (LARGE, false)] {
            let mut parameters = ObjectStoreParams::new();
            parameters.auto_increment(counts);
            if !there.iter().any(|store| store == name) {
                // A failure is reported when the store is used.
                drop(database.create_object_store(name, parameters));
            }
        }
    });
    request.await
}

/// Returns the keys of all stored pictures, and the entries of those that are not `known`.
pub(super) async fn recall(known: &[u32]) -> Result<(Vec<u32>, Vec<Rc<HistoryEntry>>), Error> {
    let known: HashSet<u32> = known.iter().copied().collect();
    let database = open().await?;
    let transaction = database.transaction(&[PICTURES, RECIPES], TransactionMode::ReadOnly)?;
    let all = transaction.object_store(PICTURES)?.get_all_keys(None, None)?.await?;
    let store = transaction.object_store(RECIPES)?;
    let recipes = store.get_all_keys(None, None)?.await?;
    let texts = store.get_all(None, None)?.await?;
    let number = |key: &JsValue| key.as_f64().unwrap_or_default() as u32;
    let keys: Vec<u32> = all.iter().map(number).collect();
    let recipes: Vec<u32> = recipes.iter().map(number).collect();
    let new = keys.iter().filter(|key| !known.contains(key));
    let mut entries = Vec::new();
    for (i, key) in new.enumerate() {
        if i % ROWS == ROWS - 1 {
            TimeoutFuture::new(0).await;
        }
        let text = recipes.binary_search(key).ok().and_then(|at| texts[at].as_string());
        entries.push(match text {
            Some(text) => HistoryEntry::stored(*key, &text),
            // A picture that cannot be read is listed as damaged.
            None => of_earlier_version(&database, *key)
                .await
                .unwrap_or_else(|_| HistoryEntry::stored(*key, "")),
        });
    }
    database.close();
    Ok((keys, entries))
}

/// Returns the entry of a picture that an earlier version stored, whose recipe is in its PNG alone,
/// and stores the recipe beside it.
async fn of_earlier_version(database: &Database, key: u32) -> Result<Rc<HistoryEntry>, Error> {
    let png = read(database, PICTURES, key).await?.unwrap_or_default();
    let text = own_recipe(&png).unwrap_or_default();
    let transaction = database.transaction(&[RECIPES], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(RECIPES)?;
    store.put(&text.into(), Some(&key.into()))?.await?;
    transaction.commit()?.await?;
    Ok(HistoryEntry::stored(key, text))
}

async fn read(database: &Database, from: &str, key: u32) -> Result<Option<Vec<u8>>, Error> {
    let transaction = database.transaction(&[from], TransactionMode::ReadOnly)?;
    let query = Query::Key(key.into());
    let png = transaction.object_store(from)?.get(query)?.await?;
    Ok(png.map(|png| Uint8Array::new(&png).to_vec()))
}

/// Returns a picture; `None` if it is not there.
pub(super) async fn picture(key: u32) -> Option<Rc<[u8]>> {
    let database = open().await.ok()?;
    let png = read(&database, PICTURES, key).await.ok().flatten();
    database.close();
    png.map(Into::into)
}

/// Returns a picture for the history: its upscaled version if there is one.
pub(super) async fn thumbnail(key: u32) -> Option<Rc<[u8]>> {
    let database = open().await.ok()?;
    let large = read(&database, LARGE, key).await.ok().flatten();
    let png = match large {
        Some(large) => Some(large),
        None => read(&database, PICTURES, key).await.ok().flatten(),
    };
    database.close();
    png.map(Into::into)
}

/// Stores the upscaled version of a picture.
pub(super) async fn keep_large(key: u32, large: &[u8]) -> Result<(), Error> {
    let database = open().await?;
    let kept = put_large(&database, key, large).await;
    database.close();
    kept
}

async fn put_large(database: &Database, key: u32, large: &[u8]) -> Result<(), Error> {
    let transaction = database.transaction(&[LARGE], TransactionMode::ReadWrite)?;
    transaction.object_store(LARGE)?.put(&Uint8Array::from(large), Some(&key.into()))?.await?;
    transaction.commit()?.await.map(drop)
}

/// The reason why a picture was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// This browser has no store for this page.
    Closed,
    /// There is no room.
    Full,
}

/// Stores a PNG and its recipe, and returns the key.
pub(super) async fn add(recipe: &Recipe, png: &[u8]) -> Result<u32, Lack> {
    let database = open().await.map_err(|_| Lack::Closed)?;
    let json = serde_json::to_string(recipe).unwrap_or_default();
    let key = put(&database, &json, png).await;
    database.close();
    key.map_err(|_| Lack::Full)
}

async fn put(database: &Database, json: &str, png: &[u8]) -> Result<u32, Error> {
    let transaction = database.transaction(&[PICTURES, RECIPES], TransactionMode::ReadWrite)?;
    let pictures = transaction.object_store(PICTURES)?;
    let key = pictures.add(&Uint8Array::from(png), None)?.await?;
    transaction.object_store(RECIPES)?.put(&json.into(), Some(&key))?.await?;
    let result = transaction.commit()?.await?;
    // A full disk is reported when the transaction ends.
    if result.is_committed() { Ok(key.as_f64().unwrap_or_default() as u32) } else { Err(aborted()) }
}

/// Removes pictures from the store.
pub(super) async fn remove(keys: &[u32]) -> Result<(), Error> {
    let database = open().await?;
    let names = [PICTURES, RECIPES, LARGE];
    let transaction = database.transaction(&names, TransactionMode::ReadWrite)?;
    for name in names {
        let store = transaction.object_store(name)?;
        for key in keys {
            store.delete(Query::Key((*key).into()))?.await?;
        }
    }
    let result = transaction.commit()?.await?;
    database.close();
    if result.is_committed() { Ok(()) } else { Err(aborted()) }
}

fn aborted() -> Error {
    Error::DomExceptionNotFound
}
