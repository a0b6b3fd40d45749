//! Every picture of the history in one file: a ZIP of PNGs, or a contact sheet.

use std::io::{Cursor, Write};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::image::Image;
use crate::page::history::HistoryEntry;
use crate::ui::share::file_name;

/// Returns the PNGs as they are, each with its recipe inside; `None` if they do not fit into a
/// ZIP.
pub(super) fn zip(entries: &[Rc<HistoryEntry>]) -> Option<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // PNGs are compressed already.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for entry in entries {
        let name = format!("{:04}-{}.png", entry.key, file_name(&entry.recipe));
        archive.start_file(name, options).ok()?;
        archive.write_all(&entry.png).ok()?;
    }
    Some(archive.finish().ok()?.into_inner())
}

/// Returns the pictures of the newest one's size side by side, as PNG.
pub(super) async fn sheet(entries: &[Rc<HistoryEntry>]) -> Option<Vec<u8>> {
    let mut pictures: Vec<Image> = Vec::new();
    for entry in entries {
        let Ok(picture) = Image::from_png(&entry.png) else { continue };
        if pictures.first().is_none_or(|p| (p.width, p.height) == (picture.width, picture.height)) {
            pictures.push(picture);
        }
        // The page answers in between.
        TimeoutFuture::new(0).await;
    }
    Image::contact_sheet(&pictures).to_png(None).ok()
}
