//! The kinds of captions, and how often each kind is sampled.

/// The kind of a caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaptionKind {
    /// The label, or an everyday word: “dog face”, “dog”.
    Name,
    /// The dominant colour and a name: “red car”.
    Colour,
    /// The label and a keyword: “dog face, pet”.
    Keyword,
    /// A keyword alone, if it means the picture: “hound”.
    Synonym,
    /// The style in words, without the style label: “dog, noto style”.
    Style,
    /// A recoloured picture.
    Painted,
    /// A composition: several copies, a small one, one at a side, or one beside another thing.
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
    /// Returns the intended share of the kind in all samples. If a picture has no captions of a kind,
    /// its names get the share.
    pub const fn share(self) -> f64 {
        match self {
            Self::Name => 0.40,
            Self::Colour | Self::Keyword => 0.15,
            Self::Synonym => 0.10,
            Self::Painted => 0.10,
            Self::Style | Self::Composed => 0.05,
        }
    }

    /// Returns the name of the kind in files.
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
