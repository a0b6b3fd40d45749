//! The picture sets that the embedded model is trained on: pinned packages of the npm registry, with
//! their styles, licences and credits.

/// The format in which a package stores its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PackageKind {
    /// Iconify's `icons.json`: SVG bodies by name.
    Iconify,
    /// Files `assets/<hexcode>.webp`.
    WebP,
    /// Iconify's `icons.json`, of things other than emoji. Only the icons that `names/chosen.tsv` lists
    /// are used.
    Chosen,
}

/// A pinned package.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// The name and version, in npm's notation.
    pub spec: &'static str,
    /// The SHA-256 of the archive.
    pub sha256: &'static str,
}

/// One set of pictures in one style.
#[derive(Debug)]
pub(super) struct PictureSet {
    /// The style label that the model learns.
    pub style: &'static str,
    /// The package that holds the pictures.
    pub package: Package,
    /// The format of the package.
    pub kind: PackageKind,
    /// The pictures' licence, as their makers state it.
    pub licence: &'static str,
    /// The credit.
    pub credit: &'static str,
    /// Whether each thing has its own colours, rather than one palette for all things.
    pub in_colour: bool,
}

impl Package {
    /// Returns the package's name without its scope and version.
    pub fn short(&self) -> &'static str {
        let name = self.spec.rsplit_once('@').map_or(self.spec, |(name, _)| name);
        name.rsplit('/').next().unwrap_or(name)
    }
}

const fn set(
    style: &'static str,
    spec: &'static str,
    sha256: &'static str,
    licence: &'static str,
    credit: &'static str,
) -> PictureSet {
    let package = Package { spec, sha256 };
    let kind = PackageKind::Iconify;
    PictureSet { style, package, kind, licence, credit, in_colour: true }
}

/// Returns whether things of a style have their own colours and can be recoloured. Styles outside
/// the table of sets can.
pub fn is_in_colour(style: &str) -> bool {
    SETS.iter().all(|set| set.style != style || set.in_colour)
}

/// The sets of the twelve styles. `3d` has two sets, which are the same drawings, once rendered and once
/// as gradients: two variants of one example. OpenMoji and EmojiOne 1 are left out because their
/// licences are share-alike.
pub(super) const SETS: [PictureSet; 13] = [
    PictureSet {
        kind: PackageKind::WebP,
        ..set(
            "3d",
            "@lobehub/fluent-emoji-3d@1.1.0",
            "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
            "MIT",
            "Fluent Emoji 3D, Microsoft and LobeHub",
        )
    },
    set(
        "blob",
        "@iconify-json/noto-v1@1.2.5",
        "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37",
        "Apache-2.0",
        "Noto Emoji blobs, Google",
    ),
    set(
        "emojione",
        "@iconify-json/emojione@1.2.3",
        "26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e",
        "CC-BY-4.0",
        "EmojiOne 2",
    ),
    set(
        // The package says Apache-2.0, but its authors license the visual design under CC BY.
        "firefox",
        "@iconify-json/fxemoji@1.2.2",
        "f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef",
        "CC-BY-4.0",
        "FxEmojis, Mozilla",
    ),
    set(
        "3d",
        "@iconify-json/fluent-emoji@1.2.7",
        "8044210dbf11e016d4de85f15d01a243423bd832457e7e2491df1b751c0e272b",
        "MIT",
        "Fluent Emoji, Microsoft",
    ),
    set(
        "fluent flat",
        "@iconify-json/fluent-emoji-flat@1.2.6",
        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
        "MIT",
        "Fluent Emoji Flat, Microsoft",
    ),
    PictureSet {
        kind: PackageKind::Chosen,
        in_colour: false,
        ..set(
            "icon",
            "@iconify-json/icon-park@1.2.4",
            "c1a25212a31602aca93c3fa6f6b3288e89b9d7811afc132dfd78506e9d586b6f",
            "Apache-2.0",
            "IconPark, ByteDance",
        )
    },
    PictureSet {
        in_colour: false,
        ..set(
            "ink",
            "@iconify-json/fluent-emoji-high-contrast@1.2.6",
            "0b92d48c90d2200bd499e3cdd09a127ca6a8c8ddefd34c35eb5a1e4994012ae0",
            "MIT",
            "Fluent Emoji High Contrast, Microsoft",
        )
    },
    set(
        "noto",
        "@iconify-json/noto@1.2.9",
        "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
        "Apache-2.0",
        "Noto Emoji, Google",
    ),
    set(
        "outline",
        "@iconify-json/streamline-emojis@1.2.4",
        "5dac87c876b322500989828c5823143e0100d78881627a2e4081a4b897cbfdbc",
        "CC-BY-4.0",
        "Streamline Emojis, Streamline",
    ),
    PictureSet {
        kind: PackageKind::Chosen,
        in_colour: false,
        ..set(
            "plump",
            "@iconify-json/streamline-plump-color@1.2.2",
            "33ed8a9ebda9ed896125f1e01873105688d68d0b0c95ca1bcead5a41309afcf6",
            "CC-BY-4.0",
            "Plump icons, Streamline",
        )
    },
    PictureSet {
        kind: PackageKind::Chosen,
        in_colour: false,
        ..set(
            "silhouette",
            "@iconify-json/game-icons@1.2.4",
            "f5758efb34d91c4f50b941f355f16ee73938625e5996fabc25171288404460a4",
            "CC-BY-3.0",
            "Game-icons.net: Lorc, Delapouite and contributors",
        )
    },
    set(
        "twemoji",
        "@iconify-json/twemoji@1.2.5",
        "19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7",
        "CC-BY-4.0",
        "Twemoji, Twitter and contributors",
    ),
];

/// Unicode's names and keywords for emoji (MIT).
pub const EMOJIBASE: Package = Package {
    spec: "emojibase-data@17.0.0",
    sha256: "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn has_twelve_styles_and_short_names_of_packages() {
        let styles: BTreeSet<&str> = SETS.iter().map(|set| set.style).collect();
        assert_eq!(styles.len(), 12);
        assert_eq!(SETS[0].package.short(), "fluent-emoji-3d");
        assert_eq!(EMOJIBASE.short(), "emojibase-data");
    }
}
