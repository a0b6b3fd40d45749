//! What captions say of their pictures, and how often each kind is drawn.

/// The group of a user's own pictures: their captions are learnt as they are, alone and with each of
/// their tags.
pub const OWN: &str = "own";

/// What a caption says of its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaptionKind {
    /// Its label, or an everyday word: “dog face”, “dog”.
    Name,
    /// The colour that is seen in it: “red car”.
    Colour,
    /// The label and a keyword: “dog face, pet”.
    Keyword,
    /// A keyword alone, if it means this: “hound”.
    Synonym,
    /// The style in words, with its label off: “dog, noto style”.
    Style,
    /// What was made of it: painted.
    Painted,
    /// What was made of it: several, small, at a side, beside another.
    Composed,
}

/// All kinds, in the order of their numbers in files.
pub const KINDS: [CaptionKind; 7] = [
    CaptionKind::Name,
    CaptionKind::Colour,
    CaptionKind::Keyword,
    CaptionKind::Synonym,
    CaptionKind::Style,
    CaptionKind::Painted,
    CaptionKind::Composed,
];

impl CaptionKind {
    /// Returns its share of all draws, as it is meant to be. What a picture has no captions for is
    /// given to its names.
    pub const fn share(self) -> f64 {
        match self {
            Self::Name => 0.40,
            Self::Colour | Self::Keyword => 0.15,
            Self::Synonym => 0.10,
            Self::Painted => 0.10,
            Self::Style | Self::Composed => 0.05,
        }
    }

    /// Returns its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Colour => "colour",
            Self::Keyword => "keyword",
            Self::Synonym => "synonym",
            Self::Style => "style",
            Self::Painted => "painted",
            Self::Composed => "composed",
        }
    }
}
