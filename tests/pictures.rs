//! Pictures that the program reads and writes: formats, latents, steps, sheets, and the user's own pictures
//! for training.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use patchwork::diffusion::Generator;
use patchwork::image::file::{Format, read};
use patchwork::image::{Attachments, Image};
use safetensors::tensor::{Dtype, TensorView};

fn run(arguments: &[&dyn AsRef<OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchwork"));
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

/// Draws with one step, and returns its messages and its standard output.
#[track_caller]
fn draw(more: &[&dyn AsRef<OsStr>]) -> (String, Vec<u8>) {
    let fixed: [&dyn AsRef<OsStr>; 5] = [&"generate", &"--prompt", &"red apple", &"--steps", &"1"];
    let Output { status, stdout, stderr } = run(&[&fixed, more].concat());
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    (said, stdout)
}

/// Draws a prompt with one step, and returns the messages and the standard output.
#[track_caller]
fn draw_with(prompt: &str, output: &str) -> (String, Vec<u8>) {
    let Output { status, stdout, stderr } =
        run(&[&"generate", &"--prompt", &prompt, &"--steps", &"1", &"-o", &output]);
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    (said, stdout)
}

#[test]
fn the_extension_chooses_the_format_and_a_dash_the_standard_output() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let (_, printed) = draw(&[&"-o", &at("a.png")]);
    assert!(String::from_utf8(printed).unwrap().ends_with("a.png\n"));
    let png = fs::read(at("a.png")).unwrap();
    let (recipe, unknown) = Image::recipe_of_png(&png).unwrap().unwrap();
    assert_eq!(
        (recipe.model.as_str(), recipe.model_hash.len(), unknown.len()),
        ("stickers", 16, 0)
    );
    // The standard output holds exactly these bytes.
    for dash in ["-", "/dev/stdout"] {
        assert!(draw(&[&"-o", &dash]).1 == png, "{dash}");
    }

    let picture = read(&png).unwrap();
    let (said, _) = draw(&[&"-o", &at("a.webp")]);
    assert!(said.contains("does not carry its recipe"), "{said}");
    assert!(read(&fs::read(at("a.webp")).unwrap()).unwrap() == picture);
    let (said, _) = draw(&[&"-o", &at("a.JPG")]);
    assert!(said.contains("on white"), "{said}");
    let jpeg = fs::read(at("a.JPG")).unwrap();
    assert!(jpeg.starts_with(b"\xff\xd8\xff"));
    let jpeg = read(&jpeg).unwrap();
    assert_eq!((jpeg.width, jpeg.height), (picture.width, picture.height));
    assert!(jpeg.pixels[..3].iter().all(|value| *value > 240), "its ground is white");

    for (command, option) in [
        (vec!["generate", "-o"], "a.gif"),
        (vec!["sheet", "--prompts", "a", "--styles", "noto", "-o"], "a.bmp"),
        (vec!["dataset", "-o", "d.safetensors", "--sheet"], "a.tiff"),
        (vec!["evaluate", "--data", "none", "--beside"], "a.heic"),
    ] {
        let mut arguments: Vec<&dyn AsRef<OsStr>> = Vec::new();
        command.iter().for_each(|argument| arguments.push(argument));
        let target = at(option);
        arguments.push(&target);
        let Output { status, stderr, .. } = run(&arguments);
        let said = String::from_utf8(stderr).unwrap();
        assert!(status.code() == Some(1) && said.contains(".png, .webp or .jpg"), "{said}");
    }
}

/// Arguments that are evidently mistakes are refused before the model is read: a dash, an option in place
/// of a text, a name without an extension, a pattern.
#[test]
fn refuses_prompts_and_file_names_that_are_evidently_mistakes() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    for (option, value, output, word) in [
        ("--prompt", "-", "a.png", "a dash is no prompt"),
        ("--prompt", "--cat", "a.png", "begin it with a space"),
        ("--negative", "--seed", "a.png", "looks like an option"),
        ("--negative", "-", "a.png", "a dash is no prompt"),
        ("--prompt", "cat", "icons", "has no extension"),
        ("--prompt", "cat", "cat-%d.png", "a number as in C"),
        ("--prompt", "cat", "{i}.webp", "the placeholders of a name are {n:03}"),
        ("--prompt", "cat", "{n.webp", "without its }"),
    ] {
        let output = at(output);
        let Output { status, stderr, .. } =
            run(&[&"generate", &"--model", &"nowhere", &option, &value, &"-o", &output]);
        let said = String::from_utf8(stderr).unwrap();
        assert!(!status.success() && said.contains(word), "{option} {value} {output}: {said}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    // A text that begins with a dash and contains a space, or begins with a space, is a prompt like any
    // other.
    for prompt in ["- a cat", "-5 degrees", " --cat"] {
        let (_, _) = draw_with(prompt, &at("a.png"));
    }
}

/// Invisible characters and prompt weights are no part of the words: they give the same picture, and a
/// note.
#[test]
fn invisible_characters_and_prompt_weights_do_not_change_the_picture() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    let picture = |prompt: &str| {
        let (said, _) = draw_with(prompt, &at("a.png"));
        (read(&fs::read(at("a.png")).unwrap()).unwrap(), said)
    };
    let (bee, _) = picture("bee");
    // Shortcodes are read as emoji.
    let (drawn, said) = picture(":bee:");
    assert!(drawn == bee && said.contains("🐝 is read as “honeybee”"), "{said}");
    for (prompt, word) in [
        ("bee\u{200b}", "A character that cannot be seen"),
        ("\u{2066}b\u{ad}ee\u{2069}", "3 characters that cannot be seen"),
        ("bee\u{fe0f}", "cannot be seen"),
        ("(bee:1.3)", "“bee” in the prompt counts like the other words"),
    ] {
        let (drawn, said) = picture(prompt);
        assert!(drawn == bee && said.contains(word), "{prompt:?}: {said}");
        assert!(said.contains("“bee” is read as"), "it is looked up: {said}");
    }
}

/// `inspect` shows the recipe of a picture.
#[test]
fn inspect_prints_a_pictures_recipe() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    draw(&[&"--seed", &"41", &"--size", &"128", &"-o", &at("a.png")]);
    let inspected = |name: &str| {
        let Output { status, stdout, stderr } = run(&[&"inspect", &at(name)]);
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    };
    let said = inspected("a.png");
    for word in ["128×128 pixels", "\"prompt\": \"red apple\"", "\"seed\": \"41\""] {
        assert!(said.contains(word) || said.contains(&word.replace("\"41\"", "41")), "{said}");
    }
    let json = run(&[&"inspect", &"--json", &at("a.png")]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["width"], &json["recipe"]["seed"]), (&128.into(), &41.into()));
    draw(&[&"-o", &at("a.webp")]);
    let said = inspected("a.webp");
    assert!(said.contains("512×512 pixels") && said.contains("carries no recipe"), "{said}");
}

/// Programs that scale straight alpha mix in the colours of transparent pixels, so these have the edge's
/// colour in every file with alpha.
#[test]
fn transparent_pixels_have_the_colour_of_the_edge() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    let files: [(&[&dyn AsRef<OsStr>], &str); 6] = [
        (&[&"--size", &"128"], "a.png"),
        (&[], "b.png"),
        (&[], "b.webp"),
        (&[&"--count", &"3", &"--size", &"128"], "sheet.png"),
        (&[&"--size", &"64"], "small.webp"),
        (&[&"--steps-out", &at("steps"), &"--size", &"128"], "c.png"),
    ];
    for (options, name) in files {
        draw(&[options, &[&"-o", &at(name)]].concat());
    }
    let sheet = run(&[&"sheet", &"--prompts", &"fox,cat", &"--steps", &"1", &"-o", &at("d.png")]);
    assert!(sheet.status.success());
    let all = files.iter().map(|(_, name)| *name).chain(["d.png", "steps/step-001.png"]);
    for name in all {
        let picture = read(&fs::read(at(name)).unwrap()).unwrap();
        let width = picture.width;
        let pixels = picture.pixels.as_chunks::<4>().0;
        // No transparent pixel beside a bright visible one is black.
        let beside = |i: usize| if (i + 1).is_multiple_of(width) { 0 } else { i + 1 };
        let edges = (0..pixels.len()).filter(|&i| {
            let (a, b) = (pixels[i], pixels[beside(i)]);
            a[3] == 0 && b[3] > 0 && b[..3].iter().any(|value| *value > 120)
        });
        let edges: Vec<usize> = edges.collect();
        let black = edges.iter().filter(|&&i| pixels[i][..3] == [0; 3]).count();
        assert!(edges.len() > 10 && black == 0, "{name}: {black} of {}", edges.len());
    }
}

#[test]
fn enlarges_and_outlines_a_picture() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    draw(&[&"--size", &"300", &"--outline", &"-o", &at("a.webp")]);
    let sticker = read(&fs::read(at("a.webp")).unwrap()).unwrap();
    assert_eq!((sticker.width, sticker.height), (300, 300));
    let pixels = sticker.pixels.as_chunks::<4>().0;
    assert_eq!((pixels[0][3], pixels[300 * 300 - 1][3]), (0, 0));
    assert!(pixels.contains(&[255; 4]), "there is an outline");
    // A sheet holds each of several pictures, and its recipe draws them again.
    draw(&[&"--size", &"64", &"--count", &"2", &"-o", &at("a.png")]);
    let png = fs::read(at("a.png")).unwrap();
    let sheet = read(&png).unwrap();
    assert_eq!((sheet.width, sheet.height), (128, 64));
    assert!(Image::recipe_of_png(&png).unwrap().is_some());
    for size in ["0", "15", "4096"] {
        let output = run(&[&"generate", &"--size", &size, &"-o", &at("b.png")]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains("16 to 2048"), "{said}");
    }
    assert!(!at("b.png").exists());
}

#[test]
fn reads_and_writes_latents_steps_and_sheets() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    // The noise of another seed, given in a file, draws that seed's picture, without a recipe, which would
    // be wrong.
    let noise = Generator::new(7).randn(8 * 16 * 16);
    let bytes: Vec<u8> = noise.iter().flat_map(|value| value.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![1, 8, 16, 16], &bytes).unwrap();
    fs::write(at("in.st"), safetensors::serialize([("latents", view)], None).unwrap()).unwrap();
    draw(&[&"--seed", &"7", &"-o", &at("seven.png"), &"--latents-out", &at("seven.st")]);
    let given: [&dyn AsRef<OsStr>; 8] = [
        &"--seed",
        &"99",
        &"--latents-in",
        &at("in.st"),
        &"-o",
        &at("given.png"),
        &"--latents-out",
        &at("given.st"),
    ];
    let (said, _) = draw(&given);
    assert!(said.contains("carries no recipe"), "{said}");
    let [seven, given] = ["seven.png", "given.png"].map(|name| fs::read(at(name)).unwrap());
    assert!(read(&seven).unwrap() == read(&given).unwrap());
    // Without `--size` the picture has the upscaler's size, and the recipe says so.
    assert_eq!((read(&seven).unwrap().width, read(&seven).unwrap().height), (512, 512));
    assert!(Image::recipe_of_png(&seven).unwrap().unwrap().0.upscaled);
    assert!(fs::read(at("seven.st")).unwrap() == fs::read(at("given.st")).unwrap());
    assert!(Image::recipe_of_png(&given).unwrap().is_none());

    // Values that are not finite are reported.
    let bytes: Vec<u8> =
        [f32::NAN; 8 * 16 * 16].iter().flat_map(|value| value.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![1, 8, 16, 16], &bytes).unwrap();
    fs::write(at("nan.st"), safetensors::serialize([("latents", view)], None).unwrap()).unwrap();
    let refused = run(&[&"generate", &"--latents-in", &at("nan.st"), &"-o", &at("x.png")]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("latents") && said.contains("are not finite"), "{said}");

    // Picture i of several has seed + i.
    let size: [&dyn AsRef<OsStr>; 2] = [&"--size", &"128"];
    let drawn = |seed: &str, more: &[&dyn AsRef<OsStr>], name: &str| {
        draw(
            &[&[&"--seed" as &dyn AsRef<OsStr>, &seed, &"-o", &at(name)], &size[..], more].concat(),
        );
    };
    drawn("7", &[&"--count", &"3"], "all.png");
    drawn("8", &[], "eight.png");
    drawn("7", &[], "seven.png");
    let seven = fs::read(at("seven.png")).unwrap();
    let all = read(&fs::read(at("all.png")).unwrap()).unwrap();
    assert_eq!((all.width, all.height), (256, 256));
    let part = |left: usize, top: usize| -> Vec<u8> {
        let row = |y: usize| &all.pixels[4 * ((top + y) * 256 + left)..][..4 * 128];
        (0..128).flat_map(row).copied().collect()
    };
    // The colours of transparent pixels differ between files, so they are not compared.
    let seen = |pixels: &[u8]| -> Vec<u8> {
        let pixels = pixels.as_chunks::<4>().0.iter();
        pixels.flat_map(|pixel| if pixel[3] == 0 { [0; 4] } else { *pixel }).collect()
    };
    let far = |a: &[u8], b: &[u8]| {
        let (a, b) = (seen(a), seen(b));
        a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap()
    };
    assert!(far(&part(0, 0), &read(&seven).unwrap().pixels) <= 2);
    assert!(far(&part(128, 0), &read(&fs::read(at("eight.png")).unwrap()).unwrap().pixels) <= 2);
    assert!(seen(&part(128, 128)).iter().all(|value| *value == 0), "there is no fourth");

    let steps = at("steps");
    let arguments: [&dyn AsRef<OsStr>; 11] = [
        &"generate",
        &"--prompt",
        &"red apple",
        &"--steps",
        &"3",
        &"--size",
        &"128",
        &"--steps-out",
        &steps,
        &"-o",
        &at("three.png"),
    ];
    assert!(run(&arguments).status.success());
    let mut names: Vec<_> =
        fs::read_dir(&steps).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["step-001.png", "step-002.png", "step-003.png"]);
    let last = read(&fs::read(steps.join("step-003.png")).unwrap()).unwrap();
    // Euler's last step ends at its prediction of the clean latent.
    assert!(last == read(&fs::read(at("three.png")).unwrap()).unwrap());
}

#[test]
fn reads_seeds_and_refuses_unknown_names() {
    let place = tempfile::tempdir().unwrap();
    let a = place.path().join("a.png");
    draw(&[&"--seed", &"1e5", &"-o", &a]);
    let (recipe, _) = Image::recipe_of_png(&fs::read(&a).unwrap()).unwrap().unwrap();
    assert_eq!(recipe.seed, 100_000);
    for (flags, word) in [
        (["--seed", "-5"], "“-5” is no seed"),
        (["--seed", "1.5"], "“1.5” is no seed"),
        (["--class", "3"], "choose a prompt and a style instead"),
        (["--style", "cubism"], "There is no style “cubism”"),
        (["--sampler", "nonsense"], "There is no sampler “nonsense”"),
    ] {
        let refused = run(&[&"generate", &flags[0], &flags[1], &"-o", &a]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && said.contains(word), "{said}");
    }
}

/// A camera's picture of 24 megapixels, rotated by its EXIF orientation, is packed as JPEG, beside a WebP
/// and a PNG.
#[test]
fn packs_own_pictures_of_any_format_and_checks_captions() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    // The upper half is red, the lower half blue.
    let halves = |width: usize, height: usize| {
        let pixel =
            |i: usize| if i < width * height / 2 { [220, 20, 20, 255] } else { [20, 20, 220, 255] };
        Image { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
    };
    let photograph = Format::Jpeg.encode(&halves(6000, 4000), &Attachments::default()).unwrap();
    let exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let photograph = [&photograph[..2], &exif[..], &photograph[2..]].concat();
    fs::write(at("camera.jpg"), photograph).unwrap();
    fs::write(
        at("small.webp"),
        Format::WebP.encode(&halves(40, 30), &Attachments::default()).unwrap(),
    )
    .unwrap();
    fs::write(
        at("small.png"),
        Format::Png.encode(&halves(200, 200), &Attachments::default()).unwrap(),
    )
    .unwrap();
    let long = "a very small red apple with two green leaves and a worm on a";
    let lines = [
        ("camera.jpg", String::new(), "Noto"),
        ("small.webp", format!("{long} blue plate"), ""),
        ("small.png", format!("{long} white plate"), "cubism"),
        ("small.png", "🍎 ♙".into(), ""),
    ];
    let line = |(file, text, style): (&str, String, &str)| {
        serde_json::json!({"file_name": file, "text": text, "style": style}).to_string()
    };
    fs::write(at("metadata.jsonl"), lines.map(line).join("\n")).unwrap();
    let output = at("d.safetensors");
    let packed = run(&[&"dataset", &"--pictures", &place.path(), &"-o", &output]);
    let said = String::from_utf8(packed.stderr).unwrap();
    assert!(packed.status.success(), "{said}");
    for word in [
        "empty for 1 of 4 pictures",
        "camera.jpg (line 1)",
        "2 of 3 captions are longer than 16 tokens",
        "loses “blue plate”",
        "Captions that the model reads as the same text: “a very small",
        "“♙” in “🍎 ♙”",
        "no style “cubism”",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let dataset = patchwork::dataset::Dataset::read(&output).unwrap();
    let turned = &dataset.pictures[0];
    // The picture is turned clockwise by a quarter: its top is at the right.
    let at = |x: usize, y: usize| turned.pixels[4 * (y * 128 + x)..][..4].to_vec();
    let (left, right) = (at(40, 64), at(90, 64));
    assert!(left[2] > 180 && right[0] > 180, "{left:?} {right:?}");
    assert_eq!(at(4, 64)[3], 0, "it is upright now");
}

/// A file that training needs only after the last step is checked before the first.
#[test]
fn training_checks_the_models_files_before_the_first_step() {
    let place = tempfile::tempdir().unwrap();
    let (model, data) = (place.path().join("m"), place.path().join("d.safetensors"));
    fs::create_dir(&model).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers");
    let copy = |name: &str| fs::copy(shipped.join(name), model.join(name)).map(drop).unwrap();
    let weights =
        ["dit", "vae", "text_encoder", "upscaler"].map(|name| format!("{name}.safetensors"));
    weights.iter().for_each(|name| copy(name));
    ["model.json", "vocab.txt"].into_iter().for_each(copy);
    let refused = |what: &str| {
        let run_folder = place.path().join("run");
        let arguments: [&dyn AsRef<OsStr>; 10] = [
            &"train",
            &what,
            &"--model",
            &model,
            &"--data",
            &data,
            &"--run",
            &run_folder,
            &"--steps",
            &"1",
        ];
        let Output { status, stderr, .. } = run(&arguments);
        assert_eq!(status.code(), Some(1));
        String::from_utf8(stderr).unwrap()
    };
    for what in ["dit", "vae"] {
        assert!(refused(what).contains("emoji.tsv"), "the first that is missing is named");
    }
    copy("emoji.tsv");
    fs::write(model.join("vae_encoder.safetensors"), "short").unwrap();
    for what in ["dit", "vae"] {
        let said = refused(what);
        assert!(said.contains("vae_encoder.safetensors") && said.contains("5 bytes"), "{said}");
    }
}

/// A short run reaches its peak learning rate, reports what it did, and resumes as the same run.
#[test]
fn a_short_run_warms_up_for_a_fifth_of_it() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let picture = Image { width: 64, height: 64, pixels: [200, 30, 30, 255].repeat(64 * 64) };
    fs::write(at("a.png"), picture.to_png(None).unwrap()).unwrap();
    let lines: String = (0..4)
        .map(|i| format!("{{\"file_name\": \"a.png\", \"text\": \"square {i}\"}}\n"))
        .collect();
    fs::write(at("metadata.jsonl"), lines).unwrap();
    let (data, run_folder): (PathBuf, PathBuf) = (at("d.safetensors"), at("run"));
    assert!(run(&[&"dataset", &"--pictures", &place.path(), &"-o", &data]).status.success());
    let train = |steps: &str| {
        let arguments: [&dyn AsRef<OsStr>; 18] = [
            &"train",
            &"dit",
            &"--data",
            &data,
            &"--run",
            &run_folder,
            &"--steps",
            &steps,
            &"--batch",
            &"2",
            &"--part",
            &"2",
            &"--rate",
            &"0.0001",
            &"--errors",
            &"0",
            &"--samples",
            &"0",
        ];
        let Output { status, stderr, .. } = run(&arguments);
        let said = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{said}");
        said
    };
    let said = train("5");
    assert!(said.contains("The warm-up is shortened to 1, a fifth of the run's steps."), "{said}");
    let metrics = fs::read_to_string(run_folder.join("metrics.jsonl")).unwrap();
    let last: serde_json::Value = serde_json::from_str(metrics.lines().last().unwrap()).unwrap();
    assert_eq!(last["learning_rate"], 1e-4);
    // With more steps the default warm-up would fit, but it is still the same run.
    assert!(train("6").contains("Going on from step 5 of 6."));
}
