//! The history, in IndexedDB: PNGs by number, each with its recipe inside.

use std::rc::Rc;

use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::page::history::HistoryEntry;

const DATABASE: &str = "patchwork";
const PICTURES: &str = "pictures";

/// Returns a stored PNG; `None` if it is damaged.
fn read(key: &JsValue, png: &JsValue) -> Option<Rc<HistoryEntry>> {
    HistoryEntry::read(key.as_f64()? as u32, Uint8Array::new(png).to_vec())
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
pub(super) async fn all() -> Result<Vec<Rc<HistoryEntry>>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[PICTURES], TransactionMode::ReadOnly)?;
    let store = transaction.object_store(PICTURES)?;
    let keys = store.get_all_keys(None, None)?.await?;
    let values = store.get_all(None, None)?.await?;
    database.close();
    Ok(keys.iter().zip(&values).filter_map(|(key, png)| read(key, png)).collect())
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
