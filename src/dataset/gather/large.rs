//! The same pictures at a higher resolution, to train an upscaler on. They form a safetensors file: its
//! tensor `png` holds the PNGs one after another, its tensor `offsets` holds where each begins, and its
//! metadata has `entries`, as in a [dataset](crate::dataset::Dataset), and `side`. PNGs are stored because raw
//! pixels take a megabyte per picture.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use super::collect::{Gathered, sticker};
use super::fit::Bounds;
use super::render::IconSource;
use crate::dataset::{Entry, Split};
use crate::image::Image;
use crate::tools::files::write_target;
use crate::tools::foreign::misplaced;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::{Error, Result};

const PNG: &str = "png";
const OFFSETS: &str = "offsets";
const ENTRIES: &str = "entries";
const SIDE: &str = "side";

/// Pictures of one size, as PNGs, and their metadata, in the same order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LargePictures {
    /// The side of each picture, in pixels.
    pub side: usize,
    /// The metadata of each picture.
    pub entries: Vec<Entry>,
    /// The pictures, as PNG files.
    pub pngs: Vec<Vec<u8>>,
}

impl LargePictures {
    /// Decodes a picture.
    ///
    /// # Errors
    /// Returns an error if the PNG is damaged or does not have the expected size.
    pub fn picture(&self, i: usize) -> Result<Image> {
        let (picture, side) = (Image::from_png(&self.pngs[i])?, self.side);
        if [picture.width, picture.height] == [side; 2] {
            return Ok(picture);
        }
        let (width, height) = (picture.width, picture.height);
        let problem = format!("one of the pictures of {side}×{side} has {width}×{height} pixels");
        Err(Error::dataset("The large pictures", problem))
    }

    /// Returns the indices of a split's pictures.
    pub fn of(&self, split: Split) -> impl Iterator<Item = usize> {
        (0..self.entries.len()).filter(move |i| self.entries[*i].split == split)
    }

    /// Writes the packed file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let unwritten = |problem: safetensors::SafeTensorError| {
            Error::write(path, std::io::Error::other(problem.to_string()))
        };
        let mut ends = vec![0u64];
        for png in &self.pngs {
            ends.push(ends[ends.len() - 1] + png.len() as u64);
        }
        let offsets: Vec<u8> = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        let bytes = self.pngs.concat();
        let view = |dtype, shape, data| TensorView::new(dtype, shape, data).map_err(unwritten);
        let tensors = [
            (PNG, view(Dtype::U8, vec![bytes.len()], &bytes)?),
            (OFFSETS, view(Dtype::U64, vec![ends.len()], &offsets)?),
        ];
        let entries = serde_json::to_string(&self.entries).expect("plain data");
        let metadata = [(ENTRIES, entries), (SIDE, self.side.to_string())];
        let metadata: HashMap<String, String> =
            metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        write_target(path, &serialize(tensors, Some(metadata)).map_err(unwritten)?)
    }

    /// Reads a packed file and computes its SHA-256.
    ///
    /// # Errors
    /// Returns an error if the file is missing or does not have the format of [`write`](Self::write).
    pub fn read_hashed(path: &Path) -> Result<(Self, String)> {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        Ok((Self::from_bytes(&bytes, path)?, FileFacts::of(&bytes).sha256))
    }

    fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        let refuse = |problem: &dyn Display| {
            let problem = format!(
                "it holds no large pictures ({problem}); make them with `patchwork dataset --side 512`"
            );
            Error::dataset(path.display().to_string(), problem)
        };
        if let Some(problem) = misplaced(bytes) {
            return Err(Error::dataset(path.display().to_string(), problem));
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|problem| refuse(&problem))?;
        let said = |key: &str| header.metadata().as_ref().and_then(|all| all.get(key)).cloned();
        let lacks = |what: &str| refuse(&format!("it has no {what}"));
        let side = said(SIDE).and_then(|side| side.parse().ok()).ok_or_else(|| lacks(SIDE))?;
        let entries = said(ENTRIES).ok_or_else(|| lacks(ENTRIES))?;
        let entries: Vec<Entry> =
            serde_json::from_str(&entries).map_err(|problem| refuse(&problem))?;
        let file = SafeTensors::deserialize(bytes).map_err(|problem| refuse(&problem))?;
        let tensor = |name: &str| file.tensor(name).map_err(|problem| refuse(&problem));
        let (png, offsets) = (tensor(PNG)?, tensor(OFFSETS)?);
        let ends: Vec<usize> = offsets.data().as_chunks::<8>().0.iter().map(end).collect();
        let cut = |pair: &[usize]| png.data().get(pair[0]..pair[1]).map(<[u8]>::to_vec);
        let pngs: Option<Vec<Vec<u8>>> = ends.windows(2).map(cut).collect();
        let pngs = pngs.filter(|pngs| pngs.len() == entries.len());
        let pngs =
            pngs.ok_or_else(|| refuse(&"it has another number of pictures than of entries"))?;
        Ok(Self { side, entries, pngs })
    }
}

fn end(bytes: &[u8; 8]) -> usize {
    usize::try_from(u64::from_le_bytes(*bytes)).unwrap_or(usize::MAX)
}

/// How many pictures are rendered in one batch.
const AT_ONCE: usize = 256;

impl Gathered {
    /// Renders the same pictures with `side` pixels a side. Raster pictures with fewer pixels are left
    /// out.
    ///
    /// # Errors
    /// Returns an error if a picture cannot be encoded as PNG.
    pub fn large(&self, side: usize, progress: &dyn Progress) -> Result<LargePictures> {
        let mut large = LargePictures { side, ..LargePictures::default() };
        progress.begin("Drawing large", self.sources.len(), 0);
        let draw = |(source, scale): &(IconSource, f32)| {
            // The scale applies to a vector drawing at twice the resolution, or to a raster picture at
            // its own.
            let (drawn, scale) = match source {
                IconSource::Svg(_) => (2 * side, *scale),
                IconSource::WebP(_) => (side, scale * side as f32 / super::SIDE as f32),
            };
            let image = source.draw(drawn)?;
            let image = sticker(&image, Bounds::of(&image)?, scale, side)?;
            Some(image.to_png(None))
        };
        for (sources, entries) in
            self.sources.chunks(AT_ONCE).zip(self.dataset.entries.chunks(AT_ONCE))
        {
            let drawn: Vec<Option<Result<Vec<u8>>>> = sources.par_iter().map(draw).collect();
            for (png, entry) in drawn.into_iter().zip(entries) {
                if let Some(png) = png {
                    large.pngs.push(png?);
                    large.entries.push(entry.clone());
                }
            }
            progress.advance(sources.len(), "");
        }
        progress.end();
        Ok(large)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_file_that_it_writes_and_refuses_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.safetensors");
        let image = |value: u8| Image { width: 2, height: 2, pixels: vec![value; 16] };
        let entry = |split| Entry { label: "ball".into(), split, ..Entry::default() };
        let large = LargePictures {
            side: 2,
            entries: vec![entry(Split::Train), entry(Split::Pair)],
            pngs: [7, 200].map(|value| image(value).to_png(None).unwrap()).to_vec(),
        };
        large.write(&path).unwrap();
        let (read, _) = LargePictures::read_hashed(&path).unwrap();
        assert_eq!(read, large);
        assert_eq!(read.of(Split::Pair).collect::<Vec<_>>(), [1]);
        assert_eq!(read.picture(1).unwrap(), image(200));
        let bytes = std::fs::read(&path).unwrap();
        for bad in [&bytes[..bytes.len() - 3], b"nothing of the kind"] {
            let error = LargePictures::from_bytes(bad, &path).unwrap_err().to_string();
            assert!(error.contains("large.safetensors"), "{error}");
        }
        let error = LargePictures::from_bytes(b"nothing", &path).unwrap_err().to_string();
        assert!(error.contains("--side 512"), "{error}");
    }
}
