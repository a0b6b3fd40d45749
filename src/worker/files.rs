//! Files for the page: pictures with their recipes inside, what is made of them before they are
//! saved, and many of them in one.

use std::io::{Cursor, Write};

use gloo_timers::future::TimeoutFuture;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::jobs::Shared;
use super::post;
use super::upscale::base;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::page::protocol::{Archive, Event, File};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// Returns glances as files.
pub(super) fn glances(images: &[Image]) -> Result<Vec<File>> {
    images.iter().map(|image| image.to_png(None).map(File)).collect()
}

/// Returns finished pictures as files. Each has its own seed, as the engine counts: after the
/// largest comes 0.
pub(super) fn pictures(images: &[Image], recipe: &Recipe) -> Result<Vec<File>> {
    let file = |(image, i): (&Image, u64)| {
        let recipe = Recipe { seed: recipe.seed.wrapping_add(i), count: 1, ..recipe.clone() };
        let json = serde_json::to_string(&recipe).expect("plain data");
        image.to_png(Some(&json)).map(File)
    };
    images.iter().zip(0..).map(file).collect()
}

/// Tells the recipe in a file that somebody brought.
pub(super) fn open(name: String, bytes: &[u8]) {
    let outcome = if bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"RIFF") {
        Err(format!(
            "{name} is a JPEG or a WebP, and those carry no recipe: open the PNG of the picture."
        ))
    } else {
        match Image::recipe_of_png(bytes) {
            Err(error) => Err(format!("{name}: {error}")),
            Ok(None) => Err(format!(
                "{name} holds no recipe: open a picture that Patchwork saved, and that no other \
                 program has changed. Sheets hold none."
            )),
            Ok(Some((recipe, unknown))) => Ok((recipe.into(), unknown)),
        }
    };
    let is_whole = outcome.is_ok() && Image::from_png(bytes).is_ok();
    post(&Event::Opened { name, outcome, is_whole });
}

/// Makes of a picture what is saved.
pub(super) async fn finish(worker: &Shared, ticket: u32, png: &[u8], finish: Finish) {
    answer(ticket, finished(worker, png, finish).await);
}

async fn finished(worker: &Shared, png: &[u8], finish: Finish) -> Result<File> {
    let recipe = Image::recipe_of_png(png)?.map(|(recipe, _)| recipe);
    let (image, upscaled) = base(worker, png, &finish).await?;
    // One that was brought may be large already.
    let upscaled = |recipe: &Recipe| recipe.upscaled || upscaled;
    let recipe = recipe.map(|recipe| Recipe { upscaled: upscaled(&recipe), ..recipe });
    let json = recipe.map(|recipe| serde_json::to_string(&recipe).expect("plain data"));
    finish.encode(&image, json.as_deref()).map(File)
}

/// Puts pictures into one file, each finished.
pub(super) async fn archive(
    worker: &Shared,
    ticket: u32,
    archive: Archive,
    finish: Finish,
    members: Vec<(String, File)>,
) {
    let (mut files, mut bases, total) = (Vec::new(), Vec::new(), members.len());
    for (done, (name, File(png))) in members.into_iter().enumerate() {
        post(&Event::Gathering { ticket, done, total });
        // Pictures that are drawn meanwhile go on.
        TimeoutFuture::new(0).await;
        match archive {
            Archive::Zip => {
                let file = finished(worker, &png, finish).await;
                // What cannot be read is not lost.
                files.push((name, file.unwrap_or(File(png))));
            }
            Archive::Sheet => bases.extend(base(worker, &png, &finish).await.ok()),
        }
    }
    let bases = bases.into_iter().map(|(image, _)| image).collect();
    answer(
        ticket,
        match archive {
            Archive::Zip => zip(&files),
            Archive::Sheet => sheet(finish, bases),
        },
    );
}

fn answer(ticket: u32, outcome: Result<File>) {
    post(&Event::Finished { ticket, outcome: outcome.map_err(|error| error.to_string()) });
}

/// The files as they are.
fn zip(members: &[(String, File)]) -> Result<File> {
    let refuse = |problem: String| {
        Error::Picture(format!(
            "The pictures do not fit into a ZIP: {}",
            problem.trim_end_matches('.')
        ))
    };
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // Pictures are compressed already.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (i, (name, File(bytes))) in members.iter().enumerate() {
        // Two may have one name.
        let is_double = members[..i].iter().any(|(other, _)| other == name);
        let name = if is_double { format!("{i}-{name}") } else { name.clone() };
        archive.start_file(name, options).map_err(|problem| refuse(problem.to_string()))?;
        archive.write_all(bytes).map_err(|problem| refuse(problem.to_string()))?;
    }
    let whole = archive.finish().map_err(|problem| refuse(problem.to_string()))?;
    Ok(File(whole.into_inner()))
}

/// The pictures of the first one's size side by side, each finished; others are left out.
fn sheet(finish: Finish, mut images: Vec<Image>) -> Result<File> {
    let sides = images.first().map(|first| (first.width, first.height));
    images.retain(|image| Some((image.width, image.height)) == sides);
    if images.is_empty() {
        return Err(Error::Picture("None of the pictures can be read".into()));
    }
    finish.sheet(&images)?.to_png(None).map(File)
}
