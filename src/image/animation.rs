//! Animated pictures with transparency, which repeat for ever: APNG and GIF.

use std::borrow::Cow;

use super::Image;
use super::palette::Palette;
use crate::{Error, Result};

/// The colours of a GIF beside the transparent one.
const COLOURS: usize = 255;
/// The index of the transparent colour.
const CLEAR: u8 = 255;
/// The lowest alpha that is opaque in a GIF.
const OPAQUE: u8 = 128;

/// Encodes frames as an animated PNG, each shown for `milliseconds` (at most 65,535). If it `returns`,
/// the inner frames follow backwards after the last one.
///
/// # Errors
/// Returns a sentence if there are no frames, or if their sizes differ.
pub fn apng(frames: &[Image], milliseconds: u32, returns: bool) -> Result<Vec<u8>> {
    let first = first(frames)?;
    let shown = order(frames, returns);
    let refuse = |problem: png::EncodingError| {
        Error::Picture(format!("The frames cannot be written as APNG ({problem}): choose GIF"))
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, first.width as u32, first.height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    if shown.len() > 1 {
        encoder.set_animated(shown.len() as u32, 0).map_err(refuse)?;
        let delay = u16::try_from(milliseconds).unwrap_or(u16::MAX);
        encoder.set_frame_delay(delay, 1000).map_err(refuse)?;
        // Each frame replaces all of the one before, its transparency too.
        encoder.set_dispose_op(png::DisposeOp::None).map_err(refuse)?;
        encoder.set_blend_op(png::BlendOp::Source).map_err(refuse)?;
    }
    let mut writer = encoder.write_header().map_err(refuse)?;
    for frame in shown {
        writer.write_image_data(&frame.for_file()).map_err(refuse)?;
    }
    writer.finish().map_err(refuse)?;
    Ok(bytes)
}

/// Encodes frames as an animated GIF, each shown for `milliseconds`, rounded to hundredths of a second
/// (at least two, because browsers slow down what is faster). All frames share 255 colours, and a pixel
/// whose alpha is below one half is transparent. If it `returns`, the inner frames follow backwards
/// after the last one.
///
/// # Errors
/// Returns a sentence if there are no frames, if their sizes differ, or if they are too large for GIF.
pub fn gif(frames: &[Image], milliseconds: u32, returns: bool) -> Result<Vec<u8>> {
    let first = first(frames)?;
    let refuse = |problem: &dyn std::fmt::Display| {
        Error::Picture(format!("The frames cannot be written as GIF ({problem}): choose APNG"))
    };
    let side = |side: usize| u16::try_from(side).map_err(|problem| refuse(&problem));
    let [width, height] = [side(first.width)?, side(first.height)?];
    let opaque = |frame: &'_ Image| {
        let pixels = frame.pixels.as_chunks::<4>().0.iter();
        let opaque = pixels.filter(|pixel| pixel[3] >= OPAQUE);
        opaque.map(|[r, g, b, _]| ([*r, *g, *b], 1.0)).collect::<Vec<_>>()
    };
    let mut palette = Palette::of(frames.iter().flat_map(opaque), COLOURS);
    let mut index = |[r, g, b, a]: [u8; 4]| match a {
        OPAQUE.. => palette.nearest([r, g, b]) as u8,
        _ => CLEAR,
    };
    let indices: Vec<Vec<u8>> = frames
        .iter()
        .map(|frame| frame.pixels.as_chunks::<4>().0.iter().map(|pixel| index(*pixel)).collect())
        .collect();
    let mut table = palette.colours.concat();
    table.resize(3 * (COLOURS + 1), 0);
    let mut bytes = Vec::new();
    let mut encoder =
        gif::Encoder::new(&mut bytes, width, height, &table).map_err(|problem| refuse(&problem))?;
    encoder.set_repeat(gif::Repeat::Infinite).map_err(|problem| refuse(&problem))?;
    let delay = u16::try_from((milliseconds.saturating_add(5) / 10).max(2)).unwrap_or(u16::MAX);
    for indices in order(&indices, returns) {
        let frame = gif::Frame {
            delay,
            dispose: gif::DisposalMethod::Background,
            transparent: Some(CLEAR),
            width,
            height,
            buffer: Cow::Borrowed(indices),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).map_err(|problem| refuse(&problem))?;
    }
    drop(encoder);
    Ok(bytes)
}

/// Returns the first frame, if all have its size.
fn first(frames: &[Image]) -> Result<&Image> {
    let refuse = |problem: String| Err(Error::Picture(problem));
    let Some(first) = frames.first() else {
        return refuse("There are no frames for an animation: choose at least two pictures".into());
    };
    let size = |image: &Image| [image.width, image.height];
    match frames.iter().position(|frame| size(frame) != size(first)) {
        Some(other) => refuse(format!(
            "Frame {} of the animation has {}×{} pixels and the first has {}×{}: choose pictures \
             of one size",
            other + 1,
            frames[other].width,
            frames[other].height,
            first.width,
            first.height
        )),
        None => Ok(first),
    }
}

/// Returns the frames in the order in which they are shown.
fn order<T>(frames: &[T], returns: bool) -> Vec<&T> {
    let inner = frames.get(1..frames.len().saturating_sub(1)).unwrap_or_default();
    let back = inner.iter().rev().filter(|_| returns);
    frames.iter().chain(back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a disc at a place from 0 to 3, with a soft edge.
    fn frame(place: usize) -> Image {
        let pixel = |i: usize| {
            let far = ((i % 32) as f32 - 8.0 - 4.0 * place as f32).hypot((i / 32) as f32 - 15.5);
            let alpha = (255.0 * (6.5 - far).clamp(0.0, 1.0)).round() as u8;
            if alpha == 0 { [0; 4] } else { [240, 200 - 40 * place as u8, 40, alpha] }
        };
        Image { width: 32, height: 24, pixels: (0..32 * 24).flat_map(pixel).collect() }
    }

    /// Returns the frames of an APNG, how often it repeats, and the delays.
    fn read_apng(bytes: &[u8]) -> (Vec<Vec<u8>>, u32, Vec<(u16, u16)>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let control = *reader.info().animation_control().unwrap();
        let mut delays = Vec::new();
        let frames = (0..control.num_frames).map(|_| {
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            let control = reader.info().frame_control().unwrap();
            assert_eq!(control.blend_op, png::BlendOp::Source);
            delays.push((control.delay_num, control.delay_den));
            pixels
        });
        let frames = frames.collect();
        (frames, control.num_plays, delays)
    }

    #[test]
    fn an_apng_round_trips_frames_delays_and_transparency() {
        let frames = [frame(0), frame(1), frame(2)];
        let (read, plays, delays) = read_apng(&apng(&frames, 120, true).unwrap());
        assert_eq!((plays, delays), (0, vec![(120, 1000); 4]));
        let wanted = [0, 1, 2, 1].map(|place| frame(place).for_file().into_owned());
        assert_eq!(read, wanted);
        assert_eq!(read_apng(&apng(&frames, 120, false).unwrap()).0.len(), 3);
        // A single picture is a plain PNG.
        assert!(Image::from_png(&apng(&frames[..1], 120, true).unwrap()).is_ok());
    }

    #[test]
    fn a_gif_round_trips_frames_delays_and_transparency() {
        let frames = [frame(0), frame(1), frame(2)];
        let bytes = gif(&frames, 124, true).unwrap();
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&bytes[..]).unwrap();
        let mut places = [0, 1, 2, 1].into_iter();
        while let Some(read) = decoder.read_next_frame().unwrap() {
            let wanted = frame(places.next().unwrap());
            assert_eq!((read.delay, read.dispose), (12, gif::DisposalMethod::Background));
            assert_eq!([read.width, read.height], [32, 24]);
            let pairs = read.buffer.as_chunks::<4>().0.iter().zip(wanted.pixels.as_chunks().0);
            for (is, was) in pairs {
                let was: &[u8; 4] = was;
                assert_eq!(is[3] == 255, was[3] >= 128);
                let near = is.iter().zip(was).take(3).all(|(is, was)| is.abs_diff(*was) <= 4);
                assert!(is[3] == 0 || near, "{is:?} {was:?}");
            }
        }
        assert_eq!(places.next(), None);
        assert_eq!(decoder.repeat(), gif::Repeat::Infinite);
    }

    #[test]
    fn a_gif_of_empty_frames_is_transparent() {
        let empty = Image { width: 3, height: 2, pixels: vec![0; 24] };
        let bytes = gif(&[empty.clone(), empty], 0, false).unwrap();
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&bytes[..]).unwrap();
        let read = decoder.read_next_frame().unwrap().unwrap();
        assert_eq!(read.delay, 2);
        assert!(read.buffer.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0));
    }

    #[test]
    fn refuses_no_frames_and_frames_of_two_sizes() {
        let small = Image { width: 1, height: 1, pixels: vec![0; 4] };
        let mixed = [frame(0), small];
        for make in [apng, gif] {
            let none = make(&[], 100, false).unwrap_err().to_string();
            assert!(none.contains("no frames"), "{none}");
            let two = make(&mixed, 100, false).unwrap_err().to_string();
            assert!(two.contains("Frame 2") && two.contains("1×1"), "{two}");
        }
    }

    #[test]
    fn returning_shows_inner_frames_backwards() {
        assert_eq!(order(&[1, 2, 3, 4], true), [&1, &2, &3, &4, &3, &2]);
        assert_eq!(order(&[1, 2], true), [&1, &2]);
        assert_eq!(order(&[1], true), [&1]);
    }
}
