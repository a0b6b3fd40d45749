//! The native program on pictures that are there: masks, restyling, cutting out, enlarging, tracing, morphs.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::fs;
use std::path::Path;
use std::process::Command;

use patchwork::image::{Attachments, Image};

/// Runs the program in a folder, with the shipped model, and returns whether it succeeds and what it says.
fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchwork"));
    command.args(arguments).current_dir(folder);
    command.env("PATCHWORK_MODEL", root.join("www/models/stickers"));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn done(folder: &Path, arguments: &[&str]) {
    let (is_done, said) = run(folder, arguments);
    assert!(is_done, "{arguments:?}: {said}");
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], word: &str) {
    let (is_done, said) = run(folder, arguments);
    assert!(!is_done && said.contains(word), "{arguments:?}: {said}");
}

fn picture(path: &Path) -> Image {
    Image::from_png(&fs::read(path).unwrap()).unwrap()
}

/// Returns the pixels of a picture; what colour a clear one has in a file cannot be seen.
fn seen(image: &Image) -> Vec<[u8; 4]> {
    let pixels = image.pixels.as_chunks::<4>().0.iter();
    pixels.map(|pixel| if pixel[3] == 0 { [0; 4] } else { *pixel }).collect()
}

/// Writes a mask of 128 pixels that covers the upper half.
fn write_mask(path: &Path) {
    let pixel = |i: usize| [0, 0, 0, if i < 128 * 64 { 255 } else { 0 }];
    let mask = Image { width: 128, height: 128, pixels: (0..128 * 128).flat_map(pixel).collect() };
    fs::write(path, mask.to_png(None).unwrap()).unwrap();
}

#[test]
fn mends_within_a_mask_and_draws_it_again_from_the_png_alone() {
    let place = tempfile::tempdir().unwrap();
    let (at, folder) = (|name: &str| place.path().join(name), place.path());
    let fast = ["--steps", "2", "--size", "128"];
    let with = |more: &[&'static str]| [&["generate"], more, &fast].concat();
    done(folder, &with(&["--prompt", "fox", "--seed", "3", "-o", "fox.png"]));
    write_mask(&at("mask.png"));
    let mend = ["--from", "fox.png", "--mask", "mask.png", "--prompt", "owl", "-o", "mended.png"];
    done(folder, &with(&mend));
    let [fox, mended] = ["fox.png", "mended.png"].map(|name| picture(&at(name)));
    // Rows beyond the soft edge of eight pixels are those of the fox; above it, not all are.
    let rows = |image: &Image, from: usize, to: usize| seen(image)[128 * from..128 * to].to_vec();
    assert!(rows(&mended, 73, 128) == rows(&fox, 73, 128));
    assert!(rows(&mended, 0, 64) != rows(&fox, 0, 64));

    let bytes = fs::read(at("mended.png")).unwrap();
    let carried = Attachments::of_png(&bytes).unwrap();
    assert!(carried.picture.is_some() && carried.mask.is_some());
    fs::remove_file(at("fox.png")).unwrap();
    fs::remove_file(at("mask.png")).unwrap();
    done(folder, &["generate", "--recipe", "mended.png", "-o", "again.png"]);
    assert!(fs::read(at("again.png")).unwrap() == bytes);

    fs::write(
        at("empty.png"),
        Image { pixels: vec![0; 4 * 128 * 128], ..mended }.to_png(None).unwrap(),
    )
    .unwrap();
    let empty = [
        "generate",
        "--from",
        "again.png",
        "--mask",
        "empty.png",
        "--prompt",
        "owl",
        "-o",
        "x.png",
    ];
    refused(folder, &empty, "mask covers nothing");
}

#[test]
fn restyles_a_picture_by_its_own_recipe_or_by_words() {
    let place = tempfile::tempdir().unwrap();
    let (at, folder) = (|name: &str| place.path().join(name), place.path());
    done(
        folder,
        &[
            "generate", "--prompt", "fox", "--style", "noto", "--steps", "2", "--size", "128",
            "-o", "fox.png",
        ],
    );
    done(folder, &["restyle", "fox.png", "--style", "3d", "--steps", "2", "-o", "other.png"]);
    let bytes = fs::read(at("other.png")).unwrap();
    let (recipe, _) = Image::recipe_of_png(&bytes).unwrap().unwrap();
    assert_eq!((recipe.source_prompt.as_str(), recipe.source_style.as_str()), ("fox", "noto"));
    assert!(recipe.inversion && recipe.style == "3d" && recipe.prompt == "fox");
    // The PNG alone draws it again.
    done(folder, &["generate", "--recipe", "other.png", "--size", "128", "-o", "again.png"]);
    assert!(picture(&at("again.png")) == picture(&at("other.png")));
    done(folder, &["restyle", "fox.png", "--style", "3d,noto", "--steps", "1", "-o", "two.png"]);
    assert_eq!(picture(&at("two.png")).width, 256);
    write_mask(&at("plain.png"));
    refused(folder, &["restyle", "plain.png", "--style", "3d", "-o", "x.png"], "--source-prompt");
    refused(
        folder,
        &["restyle", "fox.png", "--style", "cubism", "-o", "x.png"],
        "There is no style",
    );
}

#[test]
fn cuts_out_enlarges_traces_and_morphs() {
    let place = tempfile::tempdir().unwrap();
    let (at, folder) = (|name: &str| place.path().join(name), place.path());
    for (prompt, file) in [("fox", "fox.png"), ("owl", "owl.png")] {
        done(
            folder,
            &["generate", "--prompt", prompt, "--steps", "2", "--size", "128", "-o", file],
        );
    }
    done(folder, &["enlarge", "fox.png", "-o", "large.png"]);
    assert_eq!(picture(&at("large.png")).width, 512);
    done(folder, &["enlarge", "large.png", "--size", "2048", "-o", "larger.png"]);
    assert_eq!(picture(&at("larger.png")).width, 2048);
    refused(folder, &["enlarge", "larger.png", "-o", "x.png"], "choose a larger size");
    refused(folder, &["enlarge", "fox.png", "--size", "900", "-o", "x.png"], "512 or 2048");

    done(folder, &["trace", "fox.png", "--colours", "8", "-o", "fox.svg"]);
    let svg = fs::read_to_string(at("fox.svg")).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("viewBox=\"0 0 128 128\"") && !svg.contains("NaN")
    );
    refused(folder, &["trace", "fox.png", "--colours", "1", "-o", "x.svg"], "2 to 64");

    done(folder, &["morph", "fox.png", "owl.png", "--frames", "3", "-o", "way.png"]);
    assert!(fs::read(at("way.png")).unwrap().windows(4).any(|chunk| chunk == b"acTL"));
    done(folder, &["morph", "fox.png", "owl.png", "--frames", "2", "--back", "-o", "way.gif"]);
    assert!(fs::read(at("way.gif")).unwrap().starts_with(b"GIF89a"));
    refused(
        folder,
        &["morph", "fox.png", "larger.png", "-o", "x.png"],
        "larger.png: it holds no recipe",
    );
    refused(folder, &["morph", "fox.png", "owl.png", "-o", "x.webp"], "a .png or a .gif");

    let white = Image { width: 64, height: 64, pixels: [255; 4].repeat(64 * 64) };
    let mut dot = white.clone();
    for y in 20..44 {
        dot.pixels[4 * (64 * y + 20)..4 * (64 * y + 44)]
            .copy_from_slice(&[200, 30, 30, 255].repeat(24));
    }
    fs::write(at("dot.png"), dot.to_png(None).unwrap()).unwrap();
    done(folder, &["cutout", "dot.png", "--ground", "plain", "-o", "cut.png"]);
    let cut = picture(&at("cut.png"));
    assert_eq!((cut.pixels[3], cut.pixels[4 * (64 * 32 + 32) + 3]), (0, 255));
    refused(folder, &["cutout", "dot.png", "-o", "x.jpg"], "no transparency");
}
