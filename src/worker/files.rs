//! The files for the page: pictures with their recipes inside, finished pictures for saving, and archives
//! of many pictures.

use std::io::{Cursor, Write};

use gloo_timers::future::TimeoutFuture;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::decode::decoded;
use super::post;
use super::state::Shared;
use super::tools::carried;
use super::upscale::base;
use crate::image::finish::Finish;
use crate::image::{Attachments, Image};
use crate::page::protocol::{Archive, Event, File, most_on_sheet};
use crate::pipeline::Original;
use crate::recipe::Recipe;
use crate::{Error, Result};

/// Returns previews as files.
pub(super) fn glances(images: &[Image]) -> Result<Vec<File>> {
    images.iter().map(|image| image.to_png(None).map(File)).collect()
}

/// Returns finished pictures as files. Each has its own seed. As in the engine, the largest seed is
/// followed by 0. A picture that was made from another carries that.
pub(super) fn pictures(
    images: Vec<Image>,
    recipe: &Recipe,
    original: Option<&Original>,
) -> Result<Vec<File>> {
    let file = |(image, i): (Image, u64)| {
        let seed = recipe.seed.wrapping_add(i);
        let recipe = Recipe { seed, count: 1, size: longer_side(&image), ..recipe.clone() };
        let json = Some(serde_json::to_string(&recipe).expect("plain data"));
        match original {
            None => image.to_png(json.as_deref()),
            Some(original) => original.finished(image)?.to_png_with(&original.attachments(json)?),
        }
        .map(File)
    };
    images.into_iter().zip(0..).map(file).collect()
}

/// Reports what a file that the user opened holds: a recipe, or a picture without one.
pub(super) async fn open(worker: &Shared, ticket: u32, name: String, bytes: &[u8]) {
    let recipe = match bytes.starts_with(b"\x89PNG") {
        true => Image::recipe_of_png(bytes).transpose(),
        false => None,
    };
    let Some(recipe) = recipe else {
        let decoded = decoded(&name, bytes).await;
        let outcome = decoded.and_then(|image| {
            image.to_png(None).map(File).map_err(|error| format!("{name}: {error}"))
        });
        return post(&Event::Brought { ticket, name, outcome });
    };
    let outcome = recipe.map(|(recipe, unknown)| (Box::new(recipe), unknown));
    let outcome = outcome.map_err(|error| format!("{name}: {error}"));
    let is_whole = outcome.is_ok() && Image::from_png(bytes).is_ok();
    // The recipe of a damaged picture is of use, even if what it carries is not.
    let carried = carried(worker, bytes).unwrap_or_default();
    post(&Event::Opened { ticket, name, outcome, is_whole, carried });
}

/// Applies a finish to a picture, and sends the file to the page.
pub(super) async fn finish(worker: &Shared, ticket: u32, png: &[u8], finish: Finish) {
    let made = finished(worker, png, finish).await;
    let is_upscaled = made.as_ref().is_ok_and(|(_, is_upscaled)| *is_upscaled);
    answer(ticket, is_upscaled, made.map(|(file, _)| file));
}

/// Returns the finished file of a picture, and whether it was upscaled.
async fn finished(worker: &Shared, png: &[u8], finish: Finish) -> Result<(File, bool)> {
    let recipe = Image::recipe_of_png(png)?.map(|(recipe, _)| recipe);
    let carried = Attachments::of_png(png)?;
    let (image, is_upscaled) = base(worker, png, &finish).await?;
    // An opened picture may be large already. If it has an outline, it gets no second one.
    let has_outline = recipe.as_ref().is_some_and(|recipe| recipe.outline);
    let finish = Finish { outline: finish.outline && !has_outline, ..finish };
    let recipe = recipe.map(|recipe| Recipe {
        upscaled: recipe.upscaled || is_upscaled,
        outline: has_outline || finish.outline,
        size: if finish.size == 0 { longer_side(&image) } else { Some(finish.size) },
        ..recipe
    });
    let json = recipe.map(|recipe| serde_json::to_string(&recipe).expect("plain data"));
    let carried = Attachments { recipe: json, ..carried };
    Ok((finish.encode(&image, &carried).map(File)?, is_upscaled))
}

fn longer_side(image: &Image) -> Option<u32> {
    u32::try_from(image.width.max(image.height)).ok()
}

/// How many pictures are between two progress events.
const PACE: usize = 8;

/// Finishes pictures and puts them into one file. A sheet leaves out pictures of another size than the
/// first.
pub(super) async fn archive(
    worker: &Shared,
    ticket: u32,
    archive: Archive,
    mut finish: Finish,
    members: Vec<(String, File)>,
) {
    let total = members.len();
    if archive == Archive::Sheet {
        finish.size = finish.size.min(most_on_sheet(total));
    }
    let (mut files, mut pictures): (Vec<(String, File)>, Vec<Image>) = (Vec::new(), Vec::new());
    for (done, (name, File(png))) in members.into_iter().enumerate() {
        if done > 0 && done.is_multiple_of(PACE) {
            post(&Event::Gathering { ticket, done, total });
        }
        // A run in progress continues meanwhile.
        TimeoutFuture::new(0).await;
        match archive {
            Archive::Zip => {
                match finished(worker, &png, finish).await {
                    Ok((file, _)) => files.push((name, file)),
                    Err(error @ Error::Device(_)) => return answer(ticket, false, Err(error)),
                    // A picture that cannot be read is kept unchanged.
                    Err(_) => files.push((as_png(&name), File(png))),
                }
            }
            Archive::Sheet => {
                let base = base(worker, &png, &finish).await;
                let picture = base.and_then(|(base, _)| finish.picture(&base));
                if let Err(error @ Error::Device(_)) = picture {
                    return answer(ticket, false, Err(error));
                }
                let is_alike = |picture: &Image| {
                    let first = pictures.first().unwrap_or(picture);
                    (picture.width, picture.height) == (first.width, first.height)
                };
                let picture = picture.ok().filter(is_alike);
                pictures.extend(picture);
            }
        }
    }
    answer(
        ticket,
        false,
        match archive {
            Archive::Zip => zip(&files),
            Archive::Sheet if pictures.is_empty() => {
                Err(Error::Picture("None of the pictures can be read".into()))
            }
            Archive::Sheet => Image::contact_sheet(&pictures).to_png(None).map(File),
        },
    );
}

/// Returns the name of a member that stays an unchanged PNG.
fn as_png(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.png")
}

fn answer(ticket: u32, is_upscaled: bool, outcome: Result<File>) {
    post(&Event::Finished {
        ticket,
        is_upscaled,
        outcome: outcome.map_err(|error| error.to_string()),
    });
}

/// Returns a ZIP of the unchanged files.
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
        // Two members may have the same name.
        let is_double = members[..i].iter().any(|(other, _)| other == name);
        let name = if is_double { format!("{i}-{name}") } else { name.clone() };
        archive.start_file(name, options).map_err(|problem| refuse(problem.to_string()))?;
        archive.write_all(bytes).map_err(|problem| refuse(problem.to_string()))?;
    }
    let whole = archive.finish().map_err(|problem| refuse(problem.to_string()))?;
    Ok(File(whole.into_inner()))
}
