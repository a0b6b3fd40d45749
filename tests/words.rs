//! The program's report of what words teach and how prompts are read.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;
use std::process::Command;

use patchwork::image::Image;

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/stickers");

/// Runs the program in a folder, and returns whether it succeeded, and all its output.
fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let program = env!("CARGO_BIN_EXE_patchwork");
    let output = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Makes a dataset of two of the user's own pictures.
fn dataset(folder: &Path) {
    std::fs::create_dir(folder.join("mine")).unwrap();
    let mut captions = String::new();
    for (name, caption) in [("a", "bee"), ("b", "tux, with\\na hat")] {
        let image = Image { width: 64, height: 64, pixels: [200, 160, 0, 255].repeat(64 * 64) };
        let path = folder.join(format!("mine/{name}.png"));
        std::fs::write(path, image.to_png(None).unwrap()).unwrap();
        captions += &format!("{{\"file_name\": \"{name}.png\", \"text\": \"{caption}\"}}\n");
    }
    std::fs::write(folder.join("mine/metadata.jsonl"), captions).unwrap();
    let (success, said) =
        run(folder, &["dataset", "--pictures", "mine", "-o", "stickers.safetensors"]);
    assert!(success, "{said}");
}

#[test]
fn reads_prompts_with_and_without_a_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let ask = ["words", "--model", SHIPPED, "A bee", "🍎", "a carott", "tank"];
    let (success, said) = run(folder.path(), &ask);
    assert!(!success && said.contains("patchwork dataset -o stickers.safetensors"), "{said}");
    for sentence in [
        "“A bee” is read as “honeybee”.",
        "“🍎” is read as “red apple”.",
        "not taught “carott”; the nearest words that it knows are carrot",
        "not taught “tank”",
    ] {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
    dataset(folder.path());
    let ask = ["words", "--model", SHIPPED, "tux, with a hat", "house"];
    let (success, said) = run(folder.path(), &ask);
    assert!(success && said.contains("1 picture of the dataset with the caption"), "{said}");
    assert!(said.contains("this caption show: tux, with a hat 100 %"), "{said}");
    assert!(said.contains("No picture of the dataset has exactly this caption"), "{said}");
}

#[test]
fn writes_tables_and_sheets() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path());
    let (success, said) = run(folder.path(), &["words", "--model", SHIPPED, "--all"]);
    assert!(success, "{said}");
    assert!(said.lines().any(|line| line.starts_with("bee\thoneybee\tright\t1.00")), "{said}");
    assert!(said.lines().any(|line| line.starts_with("cat\tcat,")), "{said}");
    assert!(said.contains("Of 0 held-out pictures 0"), "{said}");
    let (success, said) = run(folder.path(), &["words", "--model", SHIPPED, "--sheets", "out"]);
    assert!(success, "{said}");
    let sheet = std::fs::read(folder.path().join("out/everyday-words.png")).unwrap();
    assert!(Image::from_png(&sheet).unwrap().width > 1000);
    let (success, said) = run(folder.path(), &["words", "--model", SHIPPED]);
    assert!(!success && said.contains("PROMPT"), "{said}");
}
