//! What the visitor chooses in the panels of the tools.

/// The numbers of colours that a trace may have.
pub const COLOURS: [u8; 5] = [4, 8, 16, 32, 64];
/// The smallest and the largest number of a morph's frames.
pub const FRAMES: (u32, u32) = (4, 48);
/// How many seconds a morph may last, at least and at most.
pub const SECONDS: (f64, f64) = (1.0, 6.0);
/// How far variations may be from the picture, at least and at most.
pub const DIFFERENCE: (f64, f64) = (0.05, 0.6);

/// What the visitor chose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choices {
    /// How many colours a trace has at most, one of [`COLOURS`].
    pub colours: u8,
    /// How many frames a morph has, within [`FRAMES`].
    pub frames: u32,
    /// How many seconds a morph lasts one way, within [`SECONDS`].
    pub seconds: f64,
    /// Whether a morph also goes back.
    pub returns: bool,
    /// How far variations are from the picture, within [`DIFFERENCE`]; 1 would be another picture.
    pub difference: f64,
}

impl Default for Choices {
    fn default() -> Self {
        Self { colours: 16, frames: 12, seconds: 2.0, returns: false, difference: 0.2 }
    }
}

impl Choices {
    /// Returns these choices, each moved within its limits.
    pub(super) fn within_limits(self) -> Self {
        let usual = Self::default();
        let bound = |value: f64, (least, most): (f64, f64), usual: f64| match value.is_finite() {
            true => value.clamp(least, most),
            false => usual,
        };
        Self {
            colours: if COLOURS.contains(&self.colours) { self.colours } else { usual.colours },
            frames: self.frames.clamp(FRAMES.0, FRAMES.1),
            seconds: bound(self.seconds, SECONDS, usual.seconds),
            returns: self.returns,
            difference: bound(self.difference, DIFFERENCE, usual.difference),
        }
    }

    /// Returns how many milliseconds each of a morph's frames is shown.
    pub fn milliseconds_of(self, frames: usize) -> u32 {
        (1e3 * self.seconds / frames.max(1) as f64).round() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_out_of_range_are_moved_within() {
        let wild =
            Choices { colours: 5, frames: 900, seconds: f64::NAN, returns: true, difference: 0.0 };
        let tame =
            Choices { colours: 16, frames: 48, seconds: 2.0, returns: true, difference: 0.05 };
        assert_eq!(wild.within_limits(), tame);
        assert_eq!(tame.milliseconds_of(16), 125);
    }
}
