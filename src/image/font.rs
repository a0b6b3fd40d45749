//! The font of curves and sheets, which is the same on every machine.

use std::sync::{Arc, LazyLock};

use resvg::usvg::{self, fontdb};

/// The name of the font's family in SVG.
pub const FAMILY: &str = "DejaVu Sans";

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// Returns the options for an SVG that has text.
pub fn svg_options() -> usvg::Options<'static> {
    usvg::Options { fontdb: FONTS.clone(), ..usvg::Options::default() }
}
