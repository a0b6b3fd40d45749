//! What is exact about changed pictures, and what the shipped model makes of them.

use patchwork::evaluate::edits::mended::{disc, half, seam};
use patchwork::evaluate::edits::round_trip;
use patchwork::image::Image;
use patchwork::image::mask::{Mask, composite};
use patchwork::pipeline::original::FEATHER;
use patchwork::pipeline::pixels::to_images;
use patchwork::pipeline::{Folder, Origin, Original, Pipeline, Start};
use patchwork::recipe::Recipe;
use patchwork::tools::progress::Unwatched;

use crate::support::{cpu, root};

const SIDE: usize = 128;

fn model() -> Pipeline {
    let source = Folder(root("www/models/stickers"));
    pollster::block_on(Pipeline::load_with_encoder(&source, &cpu())).unwrap()
}

fn recipe(prompt: &str, seed: u64) -> Recipe {
    Recipe { prompt: prompt.into(), style: "noto".into(), seed, steps: 8, ..Recipe::default() }
}

fn drawn(model: &Pipeline, recipe: &Recipe, start: Start) -> Image {
    let mut run = model.begin(recipe, start).unwrap();
    while run.step().is_some() {}
    pollster::block_on(to_images(model.autoencoder.decode(&run.latent()))).unwrap().remove(0)
}

fn whole(coverage: u8) -> Mask {
    Mask { width: SIDE, height: SIDE, coverage: vec![coverage; SIDE * SIDE] }
}

#[test]
fn a_mask_of_all_draws_as_without_one_and_a_mask_of_none_keeps_the_picture() {
    let model = model();
    let picture = drawn(&model, &recipe("red apple", 1), Start::default());
    let changed = Recipe { picture: "given".into(), strength: 0.75, ..recipe("green pear", 2) };
    let all = Original::new(picture.clone(), Some(&whole(255).to_image())).unwrap();
    let none = Original::new(picture.clone(), None).unwrap();
    let start =
        |original: &Original| Start { noise: None, from: Some(model.origin(original).unwrap()) };
    let by_mask = all.finished(drawn(&model, &changed, start(&all))).unwrap();
    let without = drawn(&model, &changed, start(&none));
    assert_eq!(by_mask, without);
    assert_ne!(without, picture);

    // Nothing is left to draw where a mask covers nothing: the run ends at the picture's own latent.
    let Origin { latent, .. } = model.origin(&none).unwrap();
    let kept = Origin { latent: latent.clone(), mask: Some(model.cells(&whole(0))) };
    let mut run = model.begin(&changed, Start { noise: None, from: Some(kept) }).unwrap();
    while run.step().is_some() {}
    let values = |latent: &patchwork::diffusion::Latent| -> Vec<f32> {
        latent.tensor().into_data().iter().collect()
    };
    assert_eq!(values(&run.latent()), values(&latent));
    assert!(Original::new(picture, Some(&whole(0).to_image())).is_err());
}

/// Twenty pictures are mended: the part takes the colour of its prompt, which pasted pixels of the picture
/// would not, and everything beyond the soft edge is the picture byte for byte.
#[test]
fn a_mended_part_follows_its_prompt_and_leaves_the_rest() {
    let model = model();
    let mask = disc([SIDE, SIDE]);
    let soft = mask.feathered(FEATHER);
    let (mut followed, mut pasted) = (0, 0);
    for (i, prompt) in PROMPTS.iter().cycle().take(20).enumerate() {
        let picture = drawn(&model, &recipe(&format!("red {prompt}"), i as u64), Start::default());
        let made = mended(&model, &picture, &recipe(&format!("blue {prompt}"), i as u64), &mask);
        for (pixel, coverage) in soft.coverage.iter().enumerate() {
            let of = |image: &Image| image.pixels[4 * pixel..4 * pixel + 4].to_vec();
            assert!(*coverage > 0 || of(&made) == of(&picture), "pixel {pixel} of picture {i}");
        }
        followed += usize::from(blueness(&made, &mask) > 0.0);
        pasted += usize::from(blueness(&picture, &mask) > 0.0);
    }
    assert!(followed >= 15, "{followed} of 20 became blue");
    assert!(pasted <= 3, "{pasted} of 20 were blue before");
}

/// If the part is drawn anew by the picture's own prompt, no seam shows in twenty pictures. A drawing of
/// the same prompt that is pasted there has one.
#[test]
fn a_mended_part_has_no_seam() {
    let model = model();
    let mask = half([SIDE, SIDE]);
    let mut seams = [Vec::new(), Vec::new()];
    for (i, prompt) in PROMPTS.iter().cycle().take(20).enumerate() {
        let [one, other] = [i as u64, 100 + i as u64].map(|seed| recipe(prompt, seed));
        let picture = drawn(&model, &one, Start::default());
        seams[0].push(seam(&mended(&model, &picture, &other, &mask), &mask));
        let pasted = drawn(&model, &other, Start::default());
        seams[1].push(seam(&composite(&picture, &pasted, &mask).unwrap(), &mask));
    }
    let [mended, pasted] = seams.each_ref().map(|seams| seams.iter().sum::<f64>() / 20.0);
    assert!(mended <= 1.5 && pasted > 3.0, "{seams:?}: {mended} {pasted}");
}

/// What is drawn and mended.
const PROMPTS: [&str; 5] = ["apple", "balloon", "heart", "car", "flower"];

/// Mends a picture within a mask, as the page does.
fn mended(model: &Pipeline, picture: &Image, recipe: &Recipe, mask: &Mask) -> Image {
    let original = Original::new(picture.clone(), Some(&mask.to_image())).unwrap();
    let recipe =
        Recipe { picture: "given".into(), mask: "given".into(), strength: 0.9, ..recipe.clone() };
    let start = Start { noise: None, from: Some(model.origin(&original).unwrap()) };
    original.finished(drawn(model, &recipe, start)).unwrap()
}

/// Returns how much bluer than red the visible pixels under a mask are, from −255 to 255.
fn blueness(image: &Image, mask: &Mask) -> f64 {
    let pixels = image.pixels.as_chunks::<4>().0.iter().zip(&mask.coverage);
    let seen = pixels.filter(|(pixel, coverage)| pixel[3] > 128 && **coverage == 255);
    let (sum, count) = seen.fold((0.0, 0.0), |(sum, count), (pixel, _)| {
        (sum + f64::from(pixel[2]) - f64::from(pixel[0]), count + 1.0)
    });
    sum / f64::max(count, 1.0)
}

/// Without guidance, the noise that is found draws the picture again as well as the autoencoder can.
#[test]
fn inverted_pictures_come_back() {
    let model = model();
    let asked: Vec<_> = ["red apple", "owl"]
        .map(|prompt| patchwork::evaluate::Asked { prompt: prompt.into(), style: "noto".into() })
        .into();
    let pictures: Vec<Image> = asked
        .iter()
        .map(|asked| drawn(&model, &recipe(&asked.prompt, 3), Start::default()))
        .collect();
    let pictures: Vec<&Image> = pictures.iter().collect();
    let trip = round_trip::measure(&model, (&asked, &pictures), &Unwatched).unwrap();
    let [twelve, twenty, fifty] = trip.trips;
    assert!(trip.autoencoder - fifty < 1.0 && trip.autoencoder - twenty < 2.0, "{trip:?}");
    assert!(trip.autoencoder - twelve < 4.0, "{trip:?}");
}

#[test]
fn variations_begin_at_the_picture_and_go_to_that_of_the_other_seed() {
    let model = model();
    let at = |variation_strength| {
        let recipe = Recipe { variation_seed: 9, variation_strength, ..recipe("fox", 4) };
        drawn(&model, &recipe, Start::default())
    };
    assert_eq!(at(0.0), drawn(&model, &recipe("fox", 4), Start::default()));
    let far = |a: &Image, b: &Image| -> f64 {
        let both = a.pixels.iter().zip(&b.pixels);
        both.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.pixels.len() as f64
    };
    let other = drawn(&model, &recipe("fox", 9), Start::default());
    assert!(far(&at(1.0), &other) < 0.5, "{}", far(&at(1.0), &other));
    assert!(far(&at(0.1), &at(0.0)) < far(&at(1.0), &at(0.0)));
}

#[test]
fn a_morph_begins_and_ends_at_its_pictures() {
    let model = model();
    let [from, to] = [recipe("fox", 4), Recipe { style: "3d".into(), ..recipe("owl", 5) }];
    let frame = |share: f64| {
        let mut run = model.begin_between([&from, &to], share).unwrap();
        while run.step().is_some() {}
        pollster::block_on(to_images(model.autoencoder.decode(&run.latent()))).unwrap().remove(0)
    };
    let near =
        |a: &Image, b: &Image| a.pixels.iter().zip(&b.pixels).all(|(a, b)| a.abs_diff(*b) <= 2);
    assert!(near(&frame(0.0), &drawn(&model, &from, Start::default())));
    assert!(near(&frame(1.0), &drawn(&model, &to, Start::default())));
    assert!(!near(&frame(0.5), &frame(0.0)) && !near(&frame(0.5), &frame(1.0)));
}

/// A variation turns the noise that was found, not that of the seed.
#[test]
fn variations_of_a_restyled_picture_begin_at_it() {
    let model = model();
    let picture = drawn(&model, &recipe("fox", 4), Start::default());
    let original = Original::new(picture, None).unwrap();
    let origin = model.origin(&original).unwrap();
    let at = |variation_strength| {
        let recipe = Recipe {
            picture: "given".into(),
            inversion: true,
            source_prompt: "fox".into(),
            source_style: "noto".into(),
            variation_seed: 9,
            variation_strength,
            ..recipe("fox", 4)
        };
        let noise = model.inverted(&recipe, &origin).unwrap();
        drawn(&model, &recipe, Start { noise, from: Some(origin.clone()) })
    };
    let far = |a: &Image, b: &Image| -> f64 {
        let both = a.pixels.iter().zip(&b.pixels);
        both.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.pixels.len() as f64
    };
    let [none, near, wide] = [0.0, 0.1, 1.0].map(at);
    assert!(near != none && far(&near, &none) < far(&wide, &none) / 2.0);
}
