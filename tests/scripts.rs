//! The program in scripts: lists, patterns of file names, recipes drawn again, JSON.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use patchwork::image::Image;
use patchwork::image::file::read;
use patchwork::recipe::Recipe;
use serde_json::Value;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/stickers");

/// Returns the command of the program in a folder, with the shipped model set in the environment.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchwork"));
    command.current_dir(folder).env("PATCHWORK_MODEL", MODEL).args(arguments);
    command
}

/// Draws with one step at 128 pixels, and returns the standard output and the messages.
#[track_caller]
fn draw(folder: &Path, arguments: &[&str]) -> (String, String) {
    let fixed = ["generate", "--steps", "1", "--size", "128"];
    let output = program(folder, &[&fixed, arguments].concat()).output().unwrap();
    let Output { status, stdout, stderr } = output;
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    (String::from_utf8(stdout).unwrap(), said)
}

/// Returns the message of a failing program, which must be sentences and not a panic.
#[track_caller]
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = program(folder, &[&["generate"], arguments].concat()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.trim_end().ends_with('.') && !said.contains("panicked"), "{said}");
    said
}

fn pixels(path: PathBuf) -> Image {
    read(&fs::read(path).unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn draws_a_list_in_styles_into_files_named_by_a_pattern() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    fs::write(
        at.join("list.txt"),
        "fox\r\n\nred apple\n{\"prompt\": \"ghost\", \"seed\": 4, \"style\": \"twemoji\", \"size\": 64}\n",
    )
    .unwrap();
    let pattern = "icons/{style}/{n:03}-{prompt}-{seed}.png";
    let list = ["--prompts", "list.txt", "--style", "noto,3d", "-o", pattern, "--json"];
    let (printed, said) = draw(at, &list);
    assert_eq!(said, "", "with --json all is in the lines");
    let lines: Vec<Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let files: Vec<&str> = lines.iter().map(|line| line["file"].as_str().unwrap()).collect();
    assert_eq!(
        files,
        [
            "icons/noto/001-fox-0.png",
            "icons/3d/002-fox-0.png",
            "icons/noto/003-red-apple-0.png",
            "icons/3d/004-red-apple-0.png",
            "icons/twemoji/005-ghost-4.png",
        ]
    );
    for line in &lines {
        assert!(line["seconds"].as_f64().unwrap() > 0.0 && line["notes"].is_array());
        let png = fs::read(at.join(line["file"].as_str().unwrap())).unwrap();
        let (recipe, _) = Image::recipe_of_png(&png).unwrap().unwrap();
        let told: Recipe = serde_json::from_value(line["recipe"].clone()).unwrap();
        assert_eq!(told, recipe);
    }
    assert_eq!(
        lines.iter().map(|line| line["line"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 1, 3, 3, 4]
    );
    assert_eq!(pixels(at.join(files[4])).width, 64, "a line goes before the options");
    // Each picture equals the one that is drawn alone.
    draw(at, &["--prompt", "red apple", "--style", "3d", "-o", "alone.png"]);
    assert_eq!(fs::read(at.join("alone.png")).unwrap(), fs::read(at.join(files[3])).unwrap());
}

#[test]
fn reads_a_list_from_the_standard_input_and_prints_notes() {
    let place = tempfile::tempdir().unwrap();
    let arguments =
        ["generate", "--steps", "1", "--size", "128", "--prompts", "-", "-o", "{prompt}.webp"];
    let mut command = program(place.path(), &arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all("bee\nfox\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(names(place.path()), ["bee.webp", "fox.webp"]);
    assert!(said.contains("bee.webp: “bee” is read as “honeybee”."), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "bee.webp\nfox.webp\n");
}

#[test]
fn names_invalid_lines_before_drawing() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let list = "fox\n--cat\n{\"steps\": 2000}\n{\"promt\": \"a\"}\n{\"style\": \"nota\"}\nghost\n";
    fs::write(at.join("list.txt"), list).unwrap();
    let said = refusal(at, &["--prompts", "list.txt", "-o", "{n}.png"]);
    assert!(said.starts_with("Line 2: it looks like an option"), "{said}");
    assert_eq!(names(at), ["list.txt"]);

    let going =
        ["--prompts", "list.txt", "-o", "{n}.png", "--keep-going", "--steps", "1", "--size", "128"];
    let said = refusal(at, &going);
    for words in [
        "Line 2: it looks like an option",
        "Line 3: Steps must be 1 to 1000",
        "Line 4: A recipe has no field promt",
        "Line 5: There is no style “nota”",
        "4 of 6 pictures failed.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(names(at), ["1.png", "6.png", "list.txt"], "numbers stay when a line is mended");
    // Lines of JSON report it too.
    let json = program(at, &[&["generate", "--json"], &going[..]].concat()).output().unwrap();
    let printed = String::from_utf8(json.stdout).unwrap();
    let errors = printed.lines().filter(|line| line.contains("\"error\"")).count();
    assert_eq!((errors, printed.lines().count()), (4, 6), "{printed}");
}

/// A picture fails while others are drawn, here because of a limit on the size of files. With
/// `--keep-going` the others are complete. Without it unfinished pictures are abandoned, and none is
/// written half-drawn.
#[cfg(unix)]
#[test]
fn a_failure_while_drawing_leaves_no_unfinished_picture() {
    let place = tempfile::tempdir().unwrap();
    let list: Vec<String> = (0..12)
        .map(|i| {
            format!(
                "{{\"prompt\": \"fox\", \"seed\": {i}, \"size\": {}}}",
                if i == 2 { 512 } else { 16 }
            )
        })
        .collect();
    fs::write(place.path().join("list.jsonl"), list.join("\n")).unwrap();
    let draw = |folder: &str, limit: &str, more: &[&str]| {
        let at = place.path().join(folder);
        fs::create_dir_all(&at).unwrap();
        let limited = format!("trap '' XFSZ; {limit}exec \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &limited, "bash", env!("CARGO_BIN_EXE_patchwork"), "generate"]);
        command.args(["--prompts", "../list.jsonl", "-o", "{n:02}.png", "--steps", "4", "--json"]);
        let output = command.args(more).current_dir(&at).env("PATCHWORK_MODEL", MODEL).output();
        let Output { status, stdout, stderr } = output.unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert!(!said.contains("panicked"), "{said}");
        (at, status.code(), String::from_utf8(stdout).unwrap(), said)
    };
    let (whole, code, ..) = draw("whole", "", &[]);
    assert_eq!((code, names(&whole).len()), (Some(0), 12));
    let small = "ulimit -f 8; ";
    for (folder, more) in [("going", &["--keep-going"][..]), ("stopping", &[])] {
        for threads in ["1", "4"] {
            let folder = format!("{folder}{threads}");
            let (at, code, printed, said) =
                draw(&folder, small, &[more, &["--threads", threads]].concat());
            assert_eq!(code, Some(1), "{said}");
            assert!(said.contains("Line 3: Cannot write 03.png"), "{said}");
            assert_eq!(said.matches("Line 3:").count(), 1, "it is told once: {said}");
            let made = names(&at);
            let all_others = made.len() == 11;
            assert!(!made.contains(&"03.png".into()) && all_others != more.is_empty(), "{made:?}");
            for name in &made {
                let same = fs::read(at.join(name)).unwrap() == fs::read(whole.join(name)).unwrap();
                assert!(same, "{folder}: {name}");
            }
            // Each picture is reported once, and so is the failed one.
            assert_eq!(printed.lines().count(), made.len() + 1, "{printed}");
            let failed = printed.lines().filter(|line| line.contains("\"error\""));
            assert_eq!(failed.count(), 1, "{printed}");
        }
    }
}

#[test]
fn checks_names_and_options_before_drawing() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    fs::write(at.join("list.txt"), "fox\ncat\nfox\n").unwrap();
    fs::write(at.join("empty.txt"), "\n \n").unwrap();
    fs::write(at.join("wrong.jsonl"), "fox\n{\"sampler\": \"dmp\"}\n").unwrap();
    fs::write(at.join("eta.jsonl"), "{\"eta\": 0.5}\n").unwrap();
    fs::write(at.join("list.json"), "[{\"prompt\": \"a\"}]").unwrap();
    for (arguments, words) in [
        (&["--prompts", "list.txt", "-o", "a.png"][..], "would all be written to a.png"),
        (
            &["--prompts", "list.txt", "-o", "{prompt}.png"],
            "Lines 1 and 3 would both be written to fox.png",
        ),
        (&["--prompt", "fox", "--count", "2", "-o", "{prompt}.png"], "put {n} into the name"),
        (&["--prompt", "fox", "--style", "noto,3d", "-o", "a.png"], "give -o placeholders"),
        (&["--prompts", "list.txt", "-o", "{n}.gif"], ".png, .webp or .jpg"),
        (&["--prompts", "list.txt", "-o", "{size}.png"], "{size}"),
        (&["--prompts", "empty.txt", "-o", "{n}.png"], "holds nothing to draw"),
        (&["--prompts", "list.json", "-o", "{n}.png"], "on a line of its own"),
        (&["--prompts", "none.txt", "-o", "{n}.png"], "Cannot read none.txt"),
        (
            &["--prompts", "list.txt", "--latents-out", "l.safetensors", "-o", "{n}.png"],
            "for a single run",
        ),
        (&["--prompt", "fox", "--steps-out", "s", "-o", "{n}.png"], "a name without placeholders"),
        (&["--prompt", "fox", "--json", "-o", "-"], "standard output"),
        (&["--prompt", "fox", "--threads", "0", "-o", "a.png"], "--threads must be"),
        (&["--class", "dog", "-o", "a.png"], "labels are styles"),
        (&["--prompts", "wrong.jsonl", "-o", "{n}.png"], "Line 2: There is no sampler “dmp”"),
        (&["--prompts", "eta.jsonl", "-o", "{n}.png"], "Line 1: Only ddim has an eta"),
    ] {
        let said = refusal(at, arguments);
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(names(at), ["empty.txt", "eta.jsonl", "list.json", "list.txt", "wrong.jsonl"]);
}

#[test]
fn draws_a_recipe_again_byte_by_byte_and_options_override_it() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let bytes = |name: &str| fs::read(at.join(name)).unwrap();
    let again = |more: &[&str]| {
        let output =
            program(at, &[&["generate", "-o", "again.png"], more].concat()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        (bytes("again.png"), said)
    };
    for (name, options) in [
        ("plain.png", &["--prompt", "fox"][..]),
        ("outlined.png", &["--prompt", "bee", "--outline", "--size", "200", "--seed", "7"]),
        (
            "sheet.png",
            &["--prompt", "red apple", "--count", "3", "--style", "3d", "--guidance", "2"],
        ),
        (
            "negative.png",
            &["--prompt", "ghost", "--negative", "blue", "--sampler", "unipc", "--steps", "2"],
        ),
        ("large.png", &["--prompt", "fox", "--size", "512"]),
    ] {
        let fixed = ["generate", "--steps", "1", "-o", name];
        // An option may be given only once.
        let arguments: Vec<&str> = if options.contains(&"--steps") {
            [&["generate", "-o", name], options].concat()
        } else {
            [&fixed, options].concat()
        };
        assert!(program(at, &arguments).output().unwrap().status.success());
        assert_eq!(again(&["--recipe", name]).0, bytes(name), "{name}");
    }
    // The recipe is drawn without its outline and with another seed.
    let (bare, _) = again(&["--recipe", "outlined.png", "--outline=false", "--seed", "8"]);
    let (recipe, _) = Image::recipe_of_png(&bare).unwrap().unwrap();
    assert_eq!(
        (recipe.seed, recipe.outline, recipe.size, recipe.prompt.as_str()),
        (8, false, Some(200), "bee")
    );
    assert_eq!(recipe.steps, 1, "all else is the recipe's");

    // A recipe in JSON may lack fields. Notes report fields of another version, and another model.
    fs::write(at.join("r.json"), "{\"prompt\": \"fox\", \"steps\": 1, \"lora\": 1, \"model\": \"big\", \"model_hash\": \"00\"}").unwrap();
    let (drawn, said) = again(&["--recipe", "r.json"]);
    let (recipe, _) = Image::recipe_of_png(&drawn).unwrap().unwrap();
    assert_eq!((recipe.style.as_str(), recipe.model.as_str()), ("fluent flat", "stickers"));
    assert!(said.contains("has lora") && said.contains("another model, big (00)"), "{said}");
    fs::write(at.join("bad.json"), "{\"steps\": \"many\"}").unwrap();
    Image { width: 1, height: 1, pixels: vec![0; 4] }
        .to_png(None)
        .map(|png| fs::write(at.join("none.png"), png))
        .unwrap()
        .unwrap();
    fs::write(at.join("a.webp"), b"RIFF\xff\xff").unwrap();
    for (file, words) in [
        ("bad.json", "steps cannot be read"),
        ("none.png", "holds no recipe"),
        ("a.webp", "neither a PNG nor the JSON"),
        ("missing.png", "Cannot read"),
    ] {
        let said = refusal(at, &["--recipe", file, "-o", "x.png"]);
        assert!(said.contains(words), "{said}");
    }
}

/// Pictures that are drawn in parallel have the same pixels as in a batch and as drawn alone, on any number
/// of threads.
#[test]
fn pictures_drawn_in_parallel_equal_those_drawn_alone() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let five = ["--prompt", "fox", "--count", "5", "--steps", "2"];
    let fixed = |more: &[&str]| {
        let arguments = [&["generate", "--size", "128"], &five[..], more].concat();
        let output = program(at, &arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    for threads in ["1", "2", "5"] {
        fixed(&["--threads", threads, "-o", &format!("sheet{threads}.png")]);
    }
    // A run that writes its latents is drawn as one batch.
    fixed(&["--latents-out", "l.safetensors", "-o", "batch.png"]);
    let sheet = fs::read(at.join("sheet1.png")).unwrap();
    for other in ["sheet2.png", "sheet5.png", "batch.png"] {
        assert!(fs::read(at.join(other)).unwrap() == sheet, "{other}");
    }
    fixed(&["-o", "{n}-{seed}.png"]);
    assert!(at.join("5-4.png").exists() && !at.join("6-5.png").exists());
    let one = pixels(at.join("2-1.png"));
    let sheet = pixels(at.join("sheet1.png"));
    let seen = |pixel: &[u8; 4]| if pixel[3] == 0 { [0; 4] } else { *pixel };
    let row =
        |y: usize| sheet.pixels.as_chunks::<4>().0[y * sheet.width + 128..][..128].iter().map(seen);
    let sheet: Vec<[u8; 4]> = (0..128).flat_map(row).collect();
    assert_eq!(one.pixels.as_chunks::<4>().0.iter().map(seen).collect::<Vec<_>>(), sheet);
}

#[test]
fn quiet_prints_only_errors() {
    let place = tempfile::tempdir().unwrap();
    let (printed, said) = draw(place.path(), &["--prompt", "bee", "-q", "-o", "a.webp"]);
    assert_eq!((printed.as_str(), said.as_str()), ("", ""));
    let said =
        refusal(place.path(), &["--quiet", "--prompt", "bee", "--style", "none", "-o", "a.png"]);
    assert!(said.contains("There is no style"), "{said}");
}

#[test]
fn begins_with_a_picture_and_a_recipe_names_it() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let run = |arguments: &[&str]| {
        let fixed = ["generate", "--steps", "4", "--size", "128", "--quiet"];
        let output = program(at, &[&fixed, arguments].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["--prompt", "fox", "--seed", "3", "-o", "fox.png"]);
    let from = ["--from", "fox.png", "--prompt", "bear", "--seed", "4"];
    let with = |more: &[&str]| run(&[&from[..], more].concat());
    with(&["--strength", "0", "-o", "none.png"]);
    with(&["--strength", "0.5", "--steps-out", "steps", "-o", "half.png"]);
    with(&["--strength", "1", "-o", "all.png"]);
    run(&["--prompt", "bear", "--seed", "4", "-o", "bear.png"]);
    let pixels = |name: &str| pixels(at.join(name));
    assert_eq!(pixels("all.png"), pixels("bear.png"));
    let alpha = |image: &Image, i: usize| i32::from(image.pixels[4 * i + 3]);
    let distance = |a: &Image, b: &Image| -> i32 {
        (0..128 * 128).map(|i| (alpha(a, i) - alpha(b, i)).abs()).sum()
    };
    let [fox, none, half, bear] = ["fox.png", "none.png", "half.png", "bear.png"].map(pixels);
    // The autoencoder alone changes little. The less noise, the nearer to the picture.
    assert!(distance(&fox, &none) < distance(&fox, &bear) / 4);
    assert!(distance(&fox, &half) < distance(&fox, &bear));
    assert_eq!(names(&at.join("steps")), ["step-001.png", "step-002.png"]);

    let again = ["--recipe", "half.png", "--from", "fox.png", "-o", "again.png"];
    run(&again);
    assert_eq!(fs::read(at.join("again.png")).unwrap(), fs::read(at.join("half.png")).unwrap());
    // The PNG carries the picture, so that it alone draws it again. Its recipe as JSON does not.
    run(&["--recipe", "half.png", "-o", "alone.png"]);
    assert_eq!(fs::read(at.join("alone.png")).unwrap(), fs::read(at.join("half.png")).unwrap());
    let (recipe, _) =
        Image::recipe_of_png(&fs::read(at.join("half.png")).unwrap()).unwrap().unwrap();
    fs::write(at.join("half.json"), serde_json::to_string(&recipe).unwrap()).unwrap();
    let message = refusal(at, &["--recipe", "half.json", "-o", "x.png"]);
    assert!(message.contains("give it with --from"), "{message}");
    let message = refusal(at, &["--strength", "0.5", "--prompt", "fox", "-o", "x.png"]);
    assert!(message.contains("--from"), "{message}");
    let message = refusal(at, &["--from", "fox.png", "--strength", "1.5", "-o", "x.png"]);
    assert!(message.contains("strength must be 0 to 1"), "{message}");
    fs::write(at.join("text.png"), "no picture").unwrap();
    let message = refusal(at, &["--from", "text.png", "--prompt", "fox", "-o", "x.png"]);
    assert!(message.starts_with("text.png: "), "{message}");
}
