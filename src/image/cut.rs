//! Truncated picture files, for example of a broken download. Some decoders fill what is missing with
//! grey and report no error.

use super::Image;

/// The height of a JPEG block in rows.
const BLOCK: usize = 8;
/// How many bytes are cut from a file's end to find where that is in the picture.
pub(super) const TAIL: usize = 4;

/// Returns whether a JPEG that lacks its end marker (EOI) is progressive; `None` if it has one, or is no
/// JPEG.
pub(super) fn jpeg_without_end(bytes: &[u8]) -> Option<bool> {
    let mut is_progressive = false;
    let mut at = bytes.starts_with(b"\xff\xd8").then_some(2)?;
    // The loop goes from marker to marker: segments have lengths, and coded data lies between two scans.
    loop {
        let start = bytes.get(at..).unwrap_or_default();
        let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0xd0..=0xd7);
        let Some(found) = start.windows(2).position(is_marker) else {
            return Some(is_progressive);
        };
        let segment = &start[found..];
        match segment[1] {
            0xd9 => return None,
            0xc2 => is_progressive = true,
            _ => {}
        }
        let length = segment
            .get(2..4)
            .map_or(2, |length| usize::from(u16::from_be_bytes([length[0], length[1]])));
        at += found + 2 + length;
    }
}

/// Returns how many rows of a JPEG that lacks its end are there; `None` if only the end is missing.
/// `without_tail` is the picture without the file's last [`TAIL`] bytes: the file ends where the two
/// begin to differ. Decoders fill the rows below with grey, or with anything.
pub(super) fn rows_there(picture: &Image, without_tail: &Image) -> Option<usize> {
    let (width, height) = (picture.width, picture.height);
    let [all, less] = [picture, without_tail].map(|image| image.pixels.as_chunks::<4>().0);
    let differs = |x: usize, y: usize| all.get(y * width + x) != less.get(y * width + x);
    let first = (0..height).find(|y| (0..width).any(|x| differs(x, *y)))?;
    let rows = first / BLOCK * BLOCK;
    let in_band = |x: &usize| (rows..height).any(|y| differs(*x, y));
    let is_at_end = height - rows <= BLOCK && (0..width).find(in_band)? >= width / 2;
    (!is_at_end).then_some(rows)
}

/// The chunk at the end of every PNG.
pub(super) const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Returns whether a JPEG or PNG lacks its end marker.
pub fn lacks_end(bytes: &[u8]) -> bool {
    let is_png = bytes.starts_with(b"\x89PNG");
    let has_end = || bytes.windows(PNG_END.len()).any(|chunk| chunk == PNG_END);
    jpeg_without_end(bytes).is_some() || is_png && !has_end()
}

/// Returns the length in bytes that a WebP should have, if the file is shorter.
pub(super) fn webp_length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(4..8).filter(|_| bytes.starts_with(b"RIFF"))?;
    let whole = 8 + u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
    // Some writers leave out the last byte, which only makes the length even.
    (whole > bytes.len() + 1).then_some(whole)
}

/// Returns how many rows of a PNG are there, and how many there should be, if it is not interlaced and
/// some are missing.
pub(super) fn png_rows(bytes: &[u8]) -> Option<[usize; 2]> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
    let (height, is_interlaced) = (reader.info().height as usize, reader.info().interlaced);
    let mut rows = 0;
    while let Ok(Some(_)) = reader.next_row() {
        rows += 1;
    }
    (rows < height && !is_interlaced).then_some([rows, height])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Attachments;
    use crate::image::file::Format;

    fn picture() -> Image {
        let pixel = |i: usize| [(i * 3) as u8, (i / 64 * 4) as u8, (i * i / 7) as u8, 255];
        Image { width: 64, height: 64, pixels: (0..64 * 64).flat_map(pixel).collect() }
    }

    #[test]
    fn finds_the_end_of_a_jpeg_after_segments_and_stuffed_bytes() {
        let jpeg = Format::Jpeg.encode(&picture(), &Attachments::default()).unwrap();
        assert_eq!(jpeg_without_end(&jpeg), None);
        assert_eq!(jpeg_without_end(&[&jpeg[..], b"trailer"].concat()), None);
        // A thumbnail in a segment has an end marker of its own, which is not the picture's.
        let thumbnail = b"\xff\xe1\x00\x08\xff\xd8\xff\xd9ab";
        let with = [&jpeg[..2], thumbnail, &jpeg[2..]].concat();
        assert_eq!(jpeg_without_end(&with), None);
        assert_eq!(jpeg_without_end(&with[..with.len() - 2]), Some(false));
        assert_eq!(jpeg_without_end(&jpeg[..jpeg.len() / 2]), Some(false));
        assert_eq!(jpeg_without_end(b"\x89PNG"), None);
        assert_eq!(jpeg_without_end(b"\xff\xd8\xff\xc2\x00\x04ab\xff\xda\x00\x02123"), Some(true));
    }

    #[test]
    fn counts_the_decoded_rows_of_a_truncated_file() {
        let changed = |x: usize, y: usize| {
            let mut other = picture();
            other.pixels[4 * (64 * y + x)] ^= 128;
            rows_there(&picture(), &other)
        };
        assert_eq!(
            [changed(0, 0), changed(40, 43), changed(10, 60), changed(50, 60)],
            [Some(0), Some(40), Some(56), None]
        );
        assert_eq!(rows_there(&picture(), &picture()), None);
        let png = picture().to_png(None).unwrap();
        assert_eq!(png_rows(&png), None);
        let [rows, all] = png_rows(&png[..png.len() / 2]).unwrap();
        assert!(all == 64 && (10..50).contains(&rows), "{rows}");
        let webp = Format::WebP.encode(&picture(), &Attachments::default()).unwrap();
        assert_eq!(webp_length(&webp), None);
        assert_eq!(webp_length(&webp[..webp.len() / 2]), Some(webp.len()));
    }
}
