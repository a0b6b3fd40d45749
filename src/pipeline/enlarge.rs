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
    tiles: std::vec::IntoIter<Tile>,
    done: usize,
    /// What the tiles made. It holds bytes: sums of floats over 4,096² pixels would take 320 MB.
    large: Image,
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
            tiles: Vec::new().into_iter(),
            done: 0,
            large: clear(0, 0),
            total: 0,
        };
        enlarging.begin(picture.clone())?;
        Ok(enlarging)
    }
}

impl Enlarging<'_> {
    /// Lays tiles over a picture, which is made smaller first if four times its size is more than twice
    /// what is wanted.
    fn begin(&mut self, picture: Image) -> Result<()> {
        let longer = picture.width.max(picture.height);
        let most = (self.side / 2).max(TILE);
        let picture = match longer > most {
            true => scaled(&picture, most)?,
            false => picture,
        };
        self.tiles = tiles(picture.width, picture.height).into_iter();
        self.total = self.done + self.tiles.len();
        if self.is_small(SCALE * longer) {
            // The result of this round is enlarged once more, at no more than a quarter of the end.
            let next = (self.side / SCALE).min(SCALE * longer);
            let [width, height] =
                [picture.width, picture.height].map(|side| (side * next / longer).max(1));
            self.total += tiles(width, height).len();
        }
        self.large = clear(SCALE * picture.width, SCALE * picture.height);
        self.small = picture;
        Ok(())
    }

    /// Returns whether a picture is enlarged once more. One that is nearly large enough is resized.
    fn is_small(&self, longer: usize) -> bool {
        4 * longer < 3 * self.side
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
        if let Some(tile) = self.tiles.next() {
            let Some(network) = &self.pipeline.upscaler else { return Ok(None) };
            let part = cut(&self.small, tile);
            let large = network.forward(to_tensor(&[&part], &self.pipeline.device));
            let large = to_images(large).await?;
            large.iter().for_each(|part| lay(&mut self.large, part, tile));
            self.done += 1;
        }
        if self.tiles.len() > 0 {
            return Ok(None);
        }
        let mut large = std::mem::replace(&mut self.large, clear(0, 0));
        clean(&mut large, &self.small);
        let longer = large.width.max(large.height);
        if !self.is_small(longer) {
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

fn clear(width: usize, height: usize) -> Image {
    Image { width, height, pixels: vec![0; 4 * width * height] }
}

/// Lays an enlarged tile on the picture. It fades in over the pixels that it shares with the tiles on its
/// left and above, which lie there already.
fn lay(picture: &mut Image, part: &Image, tile: Tile) {
    let [across, down] = [tile.width, tile.height].map(|side| side * SCALE);
    let (left, top) = (tile.x * SCALE, tile.y * SCALE);
    let parts = part.pixels.as_chunks::<4>().0.chunks(part.width);
    let rows = picture.pixels.as_chunks_mut::<4>().0.chunks_mut(picture.width).skip(top);
    for (y, (row, part)) in rows.zip(parts).take(down).enumerate() {
        for (x, (under, over)) in row[left..].iter_mut().zip(part).take(across).enumerate() {
            *under = mixed(*under, *over, faded(x, left) * faded(y, top));
        }
    }
}

/// Returns how much of a tile shows at a place: all, or less near the end that begins inside the picture.
fn faded(at: usize, start: usize) -> f32 {
    match start {
        0 => 1.0,
        _ => ((at as f32 + 0.5) / (SHARED * SCALE) as f32).min(1.0),
    }
}

/// Mixes two pixels, colours by their opacity. `share` is that of the second, 0 to 1.
fn mixed(under: [u8; 4], over: [u8; 4], share: f32) -> [u8; 4] {
    if share >= 1.0 || under == over {
        return over;
    }
    let [below, above] =
        [(under, 1.0 - share), (over, share)].map(|(pixel, share)| share * f32::from(pixel[3]));
    let alpha = below + above;
    if alpha < 0.5 {
        return [0; 4];
    }
    let colour = |i: usize| {
        ((f32::from(under[i]) * below + f32::from(over[i]) * above) / alpha).round() as u8
    };
    [colour(0), colour(1), colour(2), alpha.round() as u8]
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
        let mut found = clear(width, height);
        for tile in tiles(150, 20) {
            let large = Tile {
                x: SCALE * tile.x,
                y: SCALE * tile.y,
                width: SCALE * tile.width,
                height: SCALE * tile.height,
            };
            lay(&mut found, &cut(&picture, large), tile);
        }
        let far = found.pixels.iter().zip(&picture.pixels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(far <= Some(1), "{far:?}");
    }

    #[test]
    fn a_tile_fades_in_over_those_on_its_left_and_above() {
        let mut picture = clear(SCALE * 200, SCALE * 8);
        let plain = |value: u8| Image {
            width: SCALE * TILE,
            height: SCALE * 8,
            pixels: [value, 0, 0, 255].repeat(SCALE * TILE * SCALE * 8),
        };
        for (tile, value) in tiles(200, 8).into_iter().zip([100, 200]) {
            lay(&mut picture, &plain(value), tile);
        }
        let reds: Vec<u8> =
            picture.pixels[..16 * 200].as_chunks::<4>().0.iter().map(|pixel| pixel[0]).collect();
        assert!(reds.is_sorted(), "{reds:?}");
        assert!(reds.windows(2).all(|two| two[1] - two[0] <= 1), "no seam: {reds:?}");
        assert_eq!(
            (reds[0], reds[SCALE * 72 - 1], reds[SCALE * 104], reds[799]),
            (100, 100, 200, 200)
        );
    }

    #[test]
    fn pads_to_sides_that_the_upscaler_takes() {
        let picture = Image { width: 3, height: 1, pixels: (0..12).collect() };
        let part = cut(&picture, Tile { x: 1, y: 0, width: 2, height: 1 });
        assert_eq!((part.width, part.height), (4, 4));
        assert_eq!(part.pixels[..16], [4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11]);
    }
}
