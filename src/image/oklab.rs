//! Colours as the eye compares them: OKLab (Björn Ottosson, A perceptual color space for image
//! processing, 2020). In it the distance from black to white is 1.

/// A colour in OKLab: lightness, and how much of green to red and of blue to yellow it has.
pub(super) type Lab = [f32; 3];

/// Returns sRGB in OKLab.
pub(super) fn oklab([r, g, b]: [u8; 3]) -> Lab {
    let [r, g, b] = [r, g, b].map(linear);
    let long = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let middle = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let short = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * long + 0.793_617_8 * middle - 0.004_072_047 * short,
        1.977_998_5 * long - 2.428_592_2 * middle + 0.450_593_7 * short,
        0.025_904_037 * long + 0.782_771_77 * middle - 0.808_675_77 * short,
    ]
}

/// Returns the squared distance of two colours.
pub(super) fn squared_distance(one: Lab, other: Lab) -> f32 {
    one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Returns the light of a channel of sRGB, 0 to 1.
fn linear(value: u8) -> f32 {
    let value = f32::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_published_values() {
        for (rgb, wanted) in [
            ([255, 255, 255], [1.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0; 3]),
            ([255, 0, 0], [0.628, 0.2249, 0.1258]),
            ([0, 255, 0], [0.8664, -0.2339, 0.1795]),
            ([0, 0, 255], [0.452, -0.0325, -0.3115]),
        ] {
            assert!(squared_distance(oklab(rgb), wanted).sqrt() < 2e-4, "{rgb:?}");
        }
    }
}
