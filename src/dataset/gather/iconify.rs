//! Iconify packages: a file `icons.json` maps names to SVG bodies.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::render::IconSource;
use super::sets::PictureSet;
use crate::{Error, Result};

/// The `icons.json` of a set.
#[derive(Deserialize)]
struct Icons {
    icons: BTreeMap<String, Icon>,
    #[serde(default)]
    aliases: BTreeMap<String, Alias>,
    width: Option<f32>,
    height: Option<f32>,
}

/// An icon: the body of an SVG, and its view box if that differs from the set's.
#[derive(Deserialize)]
struct Icon {
    body: String,
    left: Option<f32>,
    top: Option<f32>,
    width: Option<f32>,
    height: Option<f32>,
    #[serde(default)]
    hidden: bool,
}

/// Another name of an icon. A mirrored alias is a picture of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alias {
    parent: String,
    #[serde(default)]
    h_flip: bool,
}

/// Returns a set's visible icons by name, as complete SVGs.
///
/// # Errors
/// Returns an error if the package has no `icons.json`, or if the file is malformed.
pub(super) fn icons(
    set: &PictureSet,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<(String, IconSource)>> {
    let refuse = |problem: String| Error::dataset(set.package.spec, problem);
    let bytes = files.get("icons.json").ok_or_else(|| refuse("it has no icons.json".into()))?;
    let set: Icons =
        serde_json::from_slice(bytes).map_err(|problem| refuse(problem.to_string()))?;
    let side = (set.width.unwrap_or(16.0), set.height.unwrap_or(16.0));
    let own = set.icons.iter().filter(|(_, icon)| !icon.hidden);
    let own = own.map(|(name, icon)| (name.clone(), icon.svg(side, false)));
    let turned = set.aliases.iter().filter(|(_, alias)| alias.h_flip);
    let turned = turned.filter_map(|(name, alias)| {
        Some((name.clone(), set.icons.get(&alias.parent)?.svg(side, true)))
    });
    Ok(own.chain(turned).map(|(name, svg)| (name, IconSource::Svg(svg))).collect())
}

impl Icon {
    fn svg(&self, (width, height): (f32, f32), is_turned: bool) -> String {
        let (left, top) = (self.left.unwrap_or(0.0), self.top.unwrap_or(0.0));
        let (width, height) = (self.width.unwrap_or(width), self.height.unwrap_or(height));
        let body = match is_turned {
            true => {
                let middle = 2.0 * left + width;
                format!("<g transform=\"translate({middle} 0) scale(-1 1)\">{}</g>", self.body)
            }
            false => self.body.clone(),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \
             xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
             viewBox=\"{left} {top} {width} {height}\">{body}</svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::gather::SIDE;
    use crate::dataset::gather::render::svg;
    use crate::dataset::gather::sets::SETS;

    #[test]
    fn reads_rotated_icons_too() {
        let json = br#"{"width": 10, "height": 10,
            "icons": {"left": {"body": "<path d='M0 0h5v10H0z'/>"}, "old": {"body": "", "hidden": true}},
            "aliases": {"right": {"parent": "left", "hFlip": true}, "same": {"parent": "left"}}}"#;
        let files = BTreeMap::from([("icons.json".to_owned(), json.to_vec())]);
        let icons = icons(&SETS[1], &files).unwrap();
        let names: Vec<&str> = icons.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["left", "right"]);
        for ((_, source), [left, right]) in icons.iter().zip([[255, 0], [0, 255]]) {
            let IconSource::Svg(source) = source else { panic!("an SVG") };
            let image = svg(source, SIDE).unwrap();
            let alpha = |x: usize| image.pixels[4 * (64 * SIDE + x) + 3];
            assert_eq!([alpha(20), alpha(100)], [left, right]);
        }
    }
}
