//! Pictures without transparency.

use super::Image;

/// Returns the RGB of each pixel of a picture on white.
pub fn on_white(picture: &Image) -> impl Iterator<Item = [u8; 3]> {
    let pixels = picture.pixels.as_chunks::<4>().0;
    let blend = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    pixels.iter().map(move |&[r, g, b, a]| [r, g, b].map(|value| blend(value, a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clear_becomes_white() {
        let pixels = vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 51];
        let picture = Image { width: 3, height: 1, pixels };
        let rgb: Vec<[u8; 3]> = on_white(&picture).collect();
        assert_eq!(rgb, [[10, 20, 30], [255; 3], [204, 224, 255]]);
    }
}
