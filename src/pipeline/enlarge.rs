//! Enlarging of any picture with the upscaler, in tiles, so that memory stays small.

use super::Pipeline;
use super::pixels::{to_images, to_tensor};
use super::upscale::clean;
use crate::image::Image;
use crate::image::resize::resized;
use crate::model::upscaler::SCALE;
use crate::{Error, Result};

/// The side of a tile in pixels of the small picture.
const TILE: usize = 128;
/// How many pixels two neighbouring tiles share, over which one fades into the other.
const SHARED: usize = 32;
/// The upscaler takes sides that are multiples of this.
const MULTIPLE: usize = 4;

/// The longer side of the largest picture that is enlarged at once. The sums of its tiles take 190 MB.
const MOST: usize = 768;

/// The sides, in pixels, that pictures can be enlarged to.
pub const SIDES: [u32; 2] = [512, 2048];

/// The enlarging of a picture between its beginning and its last tile.
#[derive(Debug)]
pub struct Enlarging<'a> {
    pipeline: &'a Pipeline,
    /// The longer side at the end.
    side: usize,
    /// The pictures of the way that are still to be enlarged by four: the current one.
    small: Image,
    tiles: Vec<Tile>,
    done: usize,
    /// Premultiplied sums of what the tiles made, and of their weights.
    sums: Sums,
    /// How many tiles the whole way has, as far as it is known.
    total: usize,
}

/// The place of a tile in the small picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tile {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Pipeline {
    /// Begins to enlarge a picture so that its longer side has `side` pixels. A picture that is larger
    /// than a quarter of that is made smaller first only if its tiles would be too many.
    ///
    /// # Errors
    /// Returns an error if the model has no upscaler, or the picture is not smaller than `side`.
    pub fn enlarge(&self, picture: &Image, side: u32) -> Result<Enlarging<'_>> {
        if self.upscaler.is_none() {
            let problem = "it has no upscaler: choose a size up to the drawn one, or the trace";
            return Err(Error::model(&self.name, problem));
        }
        let side = side as usize;
        let longer = picture.width.max(picture.height);
        if longer == 0 || longer >= side {
            return Err(Error::Picture(format!(
                "The picture has {longer} pixels on its longer side already: choose a larger size"
            )));
        }
        let mut enlarging = Enlarging {
            pipeline: self,
            side,
            small: picture.clone(),
            tiles: Vec::new(),
            done: 0,
            sums: Sums::default(),
            total: 0,
        };
        enlarging.begin(picture.clone())?;
        Ok(enlarging)
    }
}

impl Enlarging<'_> {
    /// Lays tiles over a picture, which is made smaller first if four times its size is more than twice
    /// what is wanted, or if it is larger than [`MOST`].
    fn begin(&mut self, picture: Image) -> Result<()> {
        let longer = picture.width.max(picture.height);
        let most = (self.side / 2).clamp(TILE, MOST);
        let picture = match longer > most {
            true => scaled(&picture, most)?,
            false => picture,
        };
        self.tiles = tiles(picture.width, picture.height);
        self.total = self.done + self.tiles.len();
        if SCALE * longer < self.side {
            // The result of this round is enlarged once more, at no more than a quarter of the end.
            let next = (self.side / SCALE).min(SCALE * longer);
            let [width, height] =
                [picture.width, picture.height].map(|side| (side * next / longer).max(1));
            self.total += tiles(width, height).len();
        }
        self.sums = Sums::new(SCALE * picture.width, SCALE * picture.height);
        self.small = picture;
        Ok(())
    }

    /// Returns how many tiles are done, and how many there are in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, self.total.max(self.done))
    }

    /// Enlarges the next tile. Returns the picture after the last one.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn step(&mut self) -> Result<Option<Image>> {
        if let Some(tile) = self.tiles.pop() {
            let Some(network) = &self.pipeline.upscaler else { return Ok(None) };
            let part = cut(&self.small, tile);
            let large = network.forward(to_tensor(&[&part], &self.pipeline.device));
            let large = to_images(large).await?;
            large.iter().for_each(|large| self.sums.add(large, tile));
            self.done += 1;
        }
        if !self.tiles.is_empty() {
            return Ok(None);
        }
        let mut large = std::mem::take(&mut self.sums).image();
        clean(&mut large, &self.small);
        let longer = large.width.max(large.height);
        if longer >= self.side {
            return scaled(&large, self.side).map(Some);
        }
        let quarter = (self.side / SCALE).min(longer);
        self.begin(scaled(&large, quarter)?)?;
        Ok(None)
    }
}

/// Returns a picture whose longer side has `side` pixels.
fn scaled(picture: &Image, side: usize) -> Result<Image> {
    let scale = side as f64 / picture.width.max(picture.height) as f64;
    let [width, height] =
        [picture.width, picture.height].map(|old| ((old as f64 * scale).round() as usize).max(1));
    match [picture.width, picture.height] == [width, height] {
        true => Ok(picture.clone()),
        false => resized(picture, width, height),
    }
}

/// Returns tiles that cover a picture, each two neighbours sharing some pixels.
fn tiles(width: usize, height: usize) -> Vec<Tile> {
    let starts = |side: usize| {
        let last = side.saturating_sub(TILE);
        let count = last.div_ceil(TILE - SHARED);
        (0..=count).map(move |i| (i * last).checked_div(count).unwrap_or(0))
    };
    let (across, down) = (width.min(TILE), height.min(TILE));
    let rows = starts(height)
        .flat_map(|y| starts(width).map(move |x| Tile { x, y, width: across, height: down }));
    rows.collect()
}

/// Returns a tile's part of a picture, padded with its last row and column to sides that the upscaler
/// takes.
fn cut(picture: &Image, tile: Tile) -> Image {
    let [width, height] = [tile.width, tile.height].map(|side| side.next_multiple_of(MULTIPLE));
    let pixels = picture.pixels.as_chunks::<4>().0;
    let pixel = |i: usize| {
        let [x, y] = [i % width, i / width];
        let (x, y) = (x.min(tile.width - 1) + tile.x, y.min(tile.height - 1) + tile.y);
        pixels[y * picture.width + x]
    };
    Image { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
}

/// Weighted sums of premultiplied pixels.
#[derive(Debug, Default)]
struct Sums {
    width: usize,
    height: usize,
    /// Red, green, blue and alpha, premultiplied, and the weight.
    values: Vec<[f32; 5]>,
}

impl Sums {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![[0.0; 5]; width * height] }
    }

    /// Adds an enlarged tile, which weighs less towards the edges that it shares.
    fn add(&mut self, large: &Image, tile: Tile) {
        let [across, down] = [tile.width, tile.height].map(|side| side * SCALE);
        let (left, top) = (tile.x * SCALE, tile.y * SCALE);
        let pixels = large.pixels.as_chunks::<4>().0;
        for y in 0..down {
            for x in 0..across {
                let weight = ramp(x, across) * ramp(y, down);
                let [r, g, b, a] = pixels[y * large.width + x].map(f32::from);
                let share = weight * a / 255.0;
                let sum = &mut self.values[(top + y) * self.width + left + x];
                for (sum, value) in
                    sum.iter_mut().zip([r * share, g * share, b * share, weight * a, weight])
                {
                    *sum += value;
                }
            }
        }
    }

    fn image(self) -> Image {
        let pixel = |[r, g, b, a, weight]: &[f32; 5]| {
            let alpha = a / weight.max(1e-6);
            let colour = |sum: f32| (sum / (a / 255.0).max(1e-6)).round() as u8;
            match alpha {
                alpha if alpha < 0.5 => [0; 4],
                alpha => [colour(*r), colour(*g), colour(*b), alpha.round() as u8],
            }
        };
        let pixels = self.values.iter().flat_map(pixel).collect();
        Image { width: self.width, height: self.height, pixels }
    }
}

/// Returns a tile's weight at a place: 1 inside, less within the pixels that tiles share at its ends.
fn ramp(at: usize, side: usize) -> f32 {
    let near = at.min(side - 1 - at) as f32 + 0.5;
    (near / (SHARED * SCALE) as f32).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_a_picture_and_share_pixels() {
        assert_eq!(tiles(128, 40).len(), 1);
        for side in [129, 200, 512] {
            let row: Vec<Tile> = tiles(side, 8);
            assert_eq!((row[0].x, row[row.len() - 1].x + TILE), (0, side));
            assert!(row.windows(2).all(|two| two[1].x + SHARED <= two[0].x + TILE), "{side}");
        }
    }

    #[test]
    fn tiles_add_up_to_the_picture() {
        let pixel = |i: usize| [(i % 251) as u8, (i / 300) as u8, 90, 255 - (i % 7) as u8];
        let (width, height) = (SCALE * 150, SCALE * 20);
        let picture =
            Image { width, height, pixels: (0..width * height).flat_map(pixel).collect() };
        let mut sums = Sums::new(width, height);
        for tile in tiles(150, 20) {
            let large = Tile {
                x: SCALE * tile.x,
                y: SCALE * tile.y,
                width: SCALE * tile.width,
                height: SCALE * tile.height,
            };
            sums.add(&cut(&picture, large), tile);
        }
        let found = sums.image();
        let far = found.pixels.iter().zip(&picture.pixels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(far <= Some(1), "{far:?}");
    }

    #[test]
    fn pads_to_sides_that_the_upscaler_takes() {
        let picture = Image { width: 3, height: 1, pixels: (0..12).collect() };
        let part = cut(&picture, Tile { x: 1, y: 0, width: 2, height: 1 });
        assert_eq!((part.width, part.height), (4, 4));
        assert_eq!(part.pixels[..16], [4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11]);
    }
}
