//! Picture files: common formats are read, and the format that a file name asks for is written.

use std::io::Cursor;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits,
};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::image::cut::{
    PNG_END, TAIL, jpeg_without_end, lacks_end, png_rows, rows_there, webp_length,
};
use crate::image::white::on_white;
use crate::image::{Attachments, INFLATES, Image};
use crate::tools::files::is_stdout;
use crate::{Error, Result};

/// The formats in which a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG, with the recipe inside.
    Png,
    /// WebP, without loss.
    WebP,
    /// JPEG on white, because it has no transparency.
    Jpeg,
}

/// The JPEG quality, out of 100, as is common for photographs.
const JPEG_QUALITY: u8 = 92;

impl Format {
    /// Returns the format that a file name asks for; PNG for the standard output and devices.
    ///
    /// # Errors
    /// Returns an error if the name has no extension, or that of a format that is not written.
    pub fn of(path: &Path) -> Result<Self> {
        let refuse = |problem: String| Err(Error::Picture(problem));
        let is_device = path.exists() && !path.is_file();
        let ending = path.extension().filter(|_| !is_stdout(path));
        let ending = ending.map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            None if is_stdout(path) || is_device => Ok(Self::Png),
            None => refuse(format!(
                "{0} has no extension that gives the format: name it {0}.png, .webp or .jpg",
                path.display()
            )),
            Some("png") => Ok(Self::Png),
            Some("webp") => Ok(Self::WebP),
            Some("jpg" | "jpeg") => Ok(Self::Jpeg),
            Some(other) => refuse(format!(
                "{} asks for a .{other}, and pictures can only be written as .png, .webp or .jpg",
                path.display()
            )),
        }
    }

    /// Returns the format of a file that is to be the only one.
    ///
    /// # Errors
    /// Returns an error as [`of`](Self::of) does, and if the name is a pattern for several files.
    pub fn of_one(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if counts_as_c(&name) || name.contains('{') && name.contains('}') {
            return Err(Error::Picture(format!(
                "{name} looks like a pattern for several files, and this is one: choose a name without % and {{}}"
            )));
        }
        Self::of(path)
    }

    /// Returns a note for a user who expects the recipe in the file; `None` if it is there.
    pub fn without_recipe(self) -> Option<&'static str> {
        match self {
            Self::Png => None,
            Self::WebP => Some("A WebP does not carry its recipe: keep a PNG to draw it again."),
            Self::Jpeg => Some(
                "A JPEG does not carry its recipe, and is on white: keep a PNG to draw it again.",
            ),
        }
    }

    /// Encodes a picture as a file, with what it carries inside if the format has room for it.
    ///
    /// # Errors
    /// Returns an error if the picture is empty or too large for the format.
    pub fn encode(self, picture: &Image, carried: &Attachments) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let size = [picture.width as u32, picture.height as u32];
        let write = match self {
            Self::Png => return picture.to_png_with(carried),
            Self::WebP => WebPEncoder::new_lossless(&mut bytes).write_image(
                &picture.for_file(),
                size[0],
                size[1],
                ExtendedColorType::Rgba8,
            ),
            Self::Jpeg => JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(
                &on_white(picture).flatten().collect::<Vec<u8>>(),
                size[0],
                size[1],
                ExtendedColorType::Rgb8,
            ),
        };
        write.map_err(|problem| {
            Error::Picture(format!(
                "The picture cannot be written in this format ({problem}): choose a .png"
            ))
        })?;
        Ok(bytes)
    }
}

/// Returns whether a name has a placeholder for numbers as in C: `%d`, `%03d`, `%i`.
pub fn counts_as_c(name: &str) -> bool {
    name.split('%').skip(1).any(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = rest.strip_prefix(['d', 'i', 'u']);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphabetic()))
    })
}

/// The most bytes of pixels of a picture that is read, which are 128 megapixels.
const MOST_BYTES: u64 = 512 << 20;
/// The bytes of pixels that a WebP may have, however short its file is.
const WEBP_ALLOWANCE: u64 = 64 << 20;

/// Reads a PNG, JPEG or WebP; see [`read`].
///
/// # Errors
/// Returns a sentence that names the file and says what is wrong.
pub fn open(path: &Path) -> Result<Image> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    read(&bytes).map_err(|problem| Error::Picture(format!("{}: {problem}", path.display())))
}

/// Decodes a PNG, JPEG or WebP of any size, turned by the orientation that its camera recorded.
///
/// # Errors
/// Returns a clause that says what is wrong; for a truncated file, it says which part is there.
pub fn read(bytes: &[u8]) -> Result<Image, String> {
    let cut = |there: String| {
        format!("it was cut off, and only {there} are there; copy or download the file again")
    };
    if let Some(whole) = webp_length(bytes) {
        return Err(cut(format!("{} of its {whole} bytes", bytes.len())));
    }
    let without_end = jpeg_without_end(bytes);
    if without_end == Some(true) {
        // Each scan refines the whole picture a little.
        return Err(cut("some of the scans of this progressive JPEG".into()));
    }
    let (picture, turned) = decoded(bytes).or_else(|problem| match png_rows(bytes) {
        Some([rows, all]) => Err(cut(format!("{rows} of its {all} rows"))),
        // No pixel is missing, but perhaps the end is.
        None if lacks_end(bytes) => decoded(&[bytes, PNG_END].concat()).map_err(|_| problem),
        None => Err(problem),
    })?;
    if without_end.is_some()
        && let Ok((without_tail, _)) = decoded(&bytes[..bytes.len() - TAIL])
        && let Some(rows) = rows_there(&picture, &without_tail)
    {
        return Err(cut(format!("{rows} of its {} rows", picture.height)));
    }
    let Image { width, height, pixels } = picture;
    let pixels = image::RgbaImage::from_raw(width as u32, height as u32, pixels);
    let mut turning = DynamicImage::from(pixels.expect("as many pixels as were decoded"));
    turning.apply_orientation(turned);
    let picture = turning.into_rgba8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Image { width, height, pixels: picture.into_raw() })
}

/// Returns the pixels of a file in sRGB, and the orientation that its camera recorded.
fn decoded(bytes: &[u8]) -> Result<(Image, Orientation), String> {
    const KINDS: &str = "save it as PNG, JPEG or WebP";
    let unread = |problem: image::ImageError| format!("it cannot be read ({problem}); {KINDS}");
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(|problem| problem.to_string())?;
    if reader.format().is_none() {
        return Err(format!("it is not a picture in a supported format; {KINDS}"));
    }
    // A block of a JPEG takes at least some bits; a WebP of one colour may have any size.
    let justified = (bytes.len().saturating_mul(INFLATES) + 4096) as u64;
    let justified = match reader.format() {
        Some(ImageFormat::WebP) => justified.max(WEBP_ALLOWANCE),
        _ => justified,
    };
    let mut decoder = reader.into_decoder().map_err(unread)?;
    if decoder.total_bytes() > MOST_BYTES.min(justified) {
        let (width, height) = decoder.dimensions();
        return Err(format!(
            "it claims {width}×{height} pixels, which are too many, or more than the file can \
             hold; make it smaller, or {KINDS}"
        ));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(2 * MOST_BYTES);
    decoder.set_limits(limits).map_err(unread)?;
    let turned = decoder.orientation().map_err(unread)?;
    let profile = decoder.icc_profile().map_err(unread)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(unread)?.into_rgba8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.into_raw();
    let pixels = profile.and_then(|profile| to_srgb(&profile, &pixels)).unwrap_or(pixels);
    Ok((Image { width, height, pixels }, turned))
}

/// Converts RGBA from a profile such as Display P3 to sRGB, the colours of a screen. Returns `None` if
/// the profile is not RGB, or cannot be read.
fn to_srgb(profile: &[u8], pixels: &[u8]) -> Option<Vec<u8>> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    // The pixels are RGB whatever the file's were, so that a profile of CMYK or grey does not describe
    // them.
    if profile.color_space != DataColorSpace::Rgb {
        return None;
    }
    let options = TransformOptions::default();
    let (layout, srgb) = (Layout::Rgba, ColorProfile::new_srgb());
    let transform = profile.create_transform_8bit(layout, &srgb, layout, options).ok()?;
    let mut changed = vec![0; pixels.len()];
    transform.transform(pixels, &mut changed).ok()?;
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns twelve pixels: a red row, a blue row and a transparent row.
    fn flag() -> Image {
        let row = |colour: [u8; 4]| colour.repeat(4);
        let rows = [[200, 0, 0, 255], [0, 0, 200, 255], [0; 4]].map(row);
        Image { width: 4, height: 3, pixels: rows.concat() }
    }

    #[test]
    fn chooses_the_format_by_the_extension() {
        for (name, wanted) in [
            ("a.png", Format::Png),
            ("50% off.png", Format::Png),
            ("A.PNG", Format::Png),
            ("-", Format::Png),
            ("/dev/null", Format::Png),
            ("a.webp", Format::WebP),
            ("a.jpg", Format::Jpeg),
            ("a.JPEG", Format::Jpeg),
        ] {
            assert_eq!(Format::of(Path::new(name)).unwrap(), wanted, "{name}");
        }
        for name in ["a.gif", "a.png.bak", "a.svg", "a.safetensors", "a.b/out", "icons/x"] {
            let error = Format::of(Path::new(name)).unwrap_err().to_string();
            assert!(error.contains(".png, .webp or .jpg"), "{error}");
        }
    }

    #[test]
    fn refuses_a_pattern_as_the_name_of_one_file() {
        for name in ["cat-%d.png", "cat-%03d.webp", "{n:03}-{prompt}.png", "a/{}.jpg", "%i.png"] {
            let error = Format::of_one(Path::new(name)).unwrap_err().to_string();
            assert!(error.contains("looks like a pattern"), "{error}");
        }
        for name in ["50% off.png", "100%dark.png", "{a.png"] {
            assert_eq!(Format::of_one(Path::new(name)).unwrap(), Format::Png);
        }
    }

    /// The same numbers are a stronger red in a wide colour space.
    #[test]
    fn converts_colour_profiles_to_srgb() {
        let png = |profile: Option<ColorProfile>| {
            let mut bytes = Vec::new();
            let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
            if let Some(profile) = profile {
                encoder.set_icc_profile(profile.encode().unwrap()).unwrap();
            }
            let colour = ExtendedColorType::Rgba8;
            encoder.write_image(&[200, 100, 100, 255], 1, 1, colour).unwrap();
            read(&bytes).unwrap().pixels
        };
        assert_eq!(png(None), [200, 100, 100, 255]);
        assert_eq!(png(Some(ColorProfile::new_srgb())), [200, 100, 100, 255]);
        let wide = png(Some(ColorProfile::new_display_p3()));
        assert!(wide[0] > 205 && wide[1] < 98 && wide[3] == 255, "{wide:?}");
    }

    #[test]
    fn reads_what_it_wrote() {
        for format in [Format::Png, Format::WebP] {
            let bytes = format.encode(&flag(), &Attachments::default()).unwrap();
            assert_eq!(read(&bytes).unwrap().pixels, *flag().for_file(), "{format:?}");
        }
        let jpeg = read(&Format::Jpeg.encode(&flag(), &Attachments::default()).unwrap()).unwrap();
        assert_eq!((jpeg.width, jpeg.height), (4, 3));
        let last = &jpeg.pixels[4 * 11..];
        assert!(last.iter().all(|value| *value > 200), "what was transparent is white: {last:?}");
    }

    /// The orientation of a camera is in the EXIF of a JPEG; 6 is a quarter turn right.
    #[test]
    fn applies_the_exif_orientation() {
        let exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let jpeg = Format::Jpeg.encode(&flag(), &Attachments::default()).unwrap();
        let segment = [&b"\xff\xe1\0\x22Exif\0\0"[..], exif].concat();
        let jpeg = [&jpeg[..2], &segment, &jpeg[2..]].concat();
        let turned = read(&jpeg).unwrap();
        assert_eq!((turned.width, turned.height), (3, 4));
    }

    /// Returns a picture without plain areas, so that no part of it looks missing.
    fn busy() -> Image {
        let pixel = |i: usize| [(i * 3) as u8, (i / 64 * 4) as u8, (i * i / 7) as u8, 255];
        Image { width: 64, height: 64, pixels: (0..64 * 64).flat_map(pixel).collect() }
    }

    #[test]
    fn refuses_a_truncated_file_and_reports_how_much_is_there() {
        for format in [Format::Png, Format::WebP, Format::Jpeg] {
            let whole = format.encode(&busy(), &Attachments::default()).unwrap();
            for tenths in 3..10 {
                let cut = read(&whole[..whole.len() * tenths / 10]);
                let problem = cut.map(|_| (format, tenths)).unwrap_err();
                assert!(problem.starts_with("it was cut off, and only "), "{format:?}: {problem}");
                let unit = if format == Format::WebP { "bytes" } else { "of its 64 rows" };
                assert!(problem.contains(unit), "{format:?}: {problem}");
            }
            // Only the marker at the end is missing.
            let end = if format == Format::Png { 12 } else { 2 };
            let lacks_end = read(&whole[..whole.len() - end]);
            assert!(lacks_end.is_ok() || format == Format::WebP, "{format:?}: {lacks_end:?}");
        }
    }

    /// The decoded pixels are RGB, whatever they were in the file.
    #[test]
    fn ignores_profiles_of_other_colour_spaces() {
        for space in [DataColorSpace::Cmyk, DataColorSpace::Gray, DataColorSpace::Lab] {
            let mut profile = ColorProfile::new_display_p3();
            profile.color_space = space;
            assert_eq!(
                to_srgb(&profile.encode().unwrap(), &[200, 100, 100, 255]),
                None,
                "{space:?}"
            );
        }
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        assert!(to_srgb(&wide, &[200, 100, 100, 255]).is_some());
    }

    #[test]
    fn refuses_other_files_and_names_the_supported_formats() {
        let png = Format::Png.encode(&flag(), &Attachments::default()).unwrap();
        for bytes in [&b"GIF89a"[..], b"", b"<html>", &png[..40], b"\0\0\0\x18ftypheic"] {
            let problem = read(bytes).unwrap_err();
            assert!(problem.contains("PNG, JPEG or WebP"), "{problem}");
        }
    }
}
