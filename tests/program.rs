//! The program under adverse conditions: bad folders, bad targets, closed pipes.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use patchwork::pipeline::export::export;
use patchwork::pipeline::stickers::{FILES, Manifest};

fn program(arguments: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchwork"));
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    command
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers")
}

/// Makes a folder of links to the shipped model's files, with a `model.json` that `change` may alter.
fn model(folder: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    fs::create_dir_all(folder).unwrap();
    for entry in fs::read_dir(shipped()).unwrap().map(Result::unwrap) {
        if entry.file_name() != "model.json" {
            symlink(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
    let bytes = fs::read(shipped().join("model.json")).unwrap();
    let mut json = serde_json::from_slice(&bytes).unwrap();
    change(&mut json);
    fs::write(folder.join("model.json"), json.to_string()).unwrap();
}

/// Returns the message of a failing program, which must be a sentence and not a panic.
#[track_caller]
fn refusal(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.trim_end().ends_with('.') && !said.contains("panicked"), "{said}");
    said
}

#[track_caller]
fn answer(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// Names in a manifest and in captions that lead out of their folder are never followed.
/// `engine/folders.rs` tests the same for the index of shards.
#[test]
fn refuses_file_names_that_lead_out_of_their_folder() {
    let place = tempfile::tempdir().unwrap();
    let evil = place.path().join("evil.txt");
    fs::write(&evil, "somebody's").unwrap();
    fs::set_permissions(&evil, fs::Permissions::from_mode(0o600)).unwrap();
    let absolute = evil.to_str().unwrap();
    let names = ["../evil.txt", absolute, "..", "sub/../../evil.txt", "..\\evil.txt", "C:evil", ""];
    for (i, name) in names.into_iter().enumerate() {
        let folder = place.path().join(format!("m{i}"));
        let facts = serde_json::json!({"bytes": 10, "sha256": "0"});
        model(&folder, |json| json["files"][name] = facts);
        let data = place.path().join("none.safetensors");
        let (run, new) = (place.path().join("run"), place.path().join("new"));
        let commands = [
            program(&[&"inspect", &folder]),
            program(&[&"generate", &"--model", &folder, &"-o", &place.path().join("a.png")]),
            program(&[&"quantise", &"--model", &folder, &"--data", &data, &"-o", &new]),
            program(&[
                &"train", &"dit", &"--model", &folder, &"--data", &data, &"--steps", &"1",
                &"--run", &run,
            ]),
        ];
        for mut command in commands {
            let said = refusal(&mut command);
            assert!(said.contains("model.json") && said.contains("not a name in its"), "{said}");
        }
        assert!(!new.exists() && !run.join("model").exists());
    }
    for (name, word) in [("../evil.txt", "not a file in its folder"), (absolute, "not a file in")] {
        let pictures = tempfile::tempdir_in(place.path()).unwrap();
        let line = serde_json::json!({"file_name": name, "text": "a"}).to_string();
        fs::write(pictures.path().join("metadata.jsonl"), line).unwrap();
        let output = place.path().join("d.safetensors");
        let said =
            refusal(&mut program(&[&"dataset", &"--pictures", &pictures.path(), &"-o", &output]));
        assert!(said.contains(word) && said.contains("line 1"), "{said}");
    }
    assert_eq!(fs::read_to_string(&evil).unwrap(), "somebody's");
    assert_eq!(fs::metadata(&evil).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Files that are no part of the layout are not copied, and a link in the new folder is not followed.
#[test]
fn exports_only_files_of_the_layout() {
    let place = tempfile::tempdir().unwrap();
    let [from, to, evil] = ["from", "to", "evil"].map(|name| place.path().join(name));
    fs::write(&evil, "somebody's").unwrap();
    model(&from, |json| {
        json["files"]["notes.txt"] = serde_json::json!({"bytes": 4, "sha256": "0"});
    });
    fs::write(from.join("notes.txt"), "note").unwrap();
    fs::create_dir(&to).unwrap();
    symlink(&evil, to.join("vocab.txt")).unwrap();
    export(&from, &to, &[], |_| ()).unwrap();
    let written: Manifest =
        serde_json::from_slice(&fs::read(to.join("model.json")).unwrap()).unwrap();
    let names: Vec<&str> = written.files.keys().map(String::as_str).collect();
    assert!(names.iter().all(|name| FILES.contains(name)), "{names:?}");
    assert!(!to.join("notes.txt").exists());
    assert_eq!(fs::read_to_string(&evil).unwrap(), "somebody's");
    assert_eq!(fs::read(to.join("vocab.txt")).unwrap(), fs::read(from.join("vocab.txt")).unwrap());
}

/// Targets are checked before anything is loaded: the model here does not exist.
#[test]
fn refuses_targets_before_loading_the_model() {
    let place = tempfile::tempdir().unwrap();
    let locked = place.path().join("locked.png");
    fs::write(&locked, "x").unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o400)).unwrap();
    symlink("a.png", place.path().join("link.png")).unwrap();
    let at = |name: &str| place.path().join(name);
    let none = at("no-model");
    let draw = |more: &[&dyn AsRef<OsStr>]| {
        let mut command = program(&[&"generate", &"--model", &none]);
        refusal(command.args(more.iter().map(|argument| argument.as_ref())))
    };
    let a = at("a.png");
    for bad in
        [Path::new("/dev/full"), place.path(), &locked, &at("no/a.png"), Path::new("/proc/a.png")]
    {
        assert!(draw(&[&"-o", &bad]).contains("Cannot write"));
        assert!(draw(&[&"-o", &a, &"--latents-out", &bad]).contains("Cannot write"));
    }
    for other in ["a.png", "./a.png", "link.png"] {
        let said = draw(&[&"-o", &a, &"--latents-out", &at(other)]);
        assert!(said.contains("--output") && said.contains("--latents-out"), "{said}");
    }
    fs::create_dir(at("steps")).unwrap();
    let said = draw(&[&"-o", &at("steps/step-002.png"), &"--steps-out", &at("steps")]);
    assert!(said.contains("step's name"), "{said}");
    assert!(draw(&[&"-o", &a, &"--steps-out", &locked]).contains("it is a file"));
    fs::write(at("in.safetensors"), "x").unwrap();
    fs::write(at("in.png"), "x").unwrap();
    let said = draw(&[&"-o", &at("in.png"), &"--latents-in", &at("in.png")]);
    assert!(said.contains("which is an input"), "{said}");
    let said = refusal(&mut program(&[
        &"evaluate",
        &"--data",
        &at("in.safetensors"),
        &"--output",
        &at("in.safetensors"),
    ]));
    assert!(said.contains("which is an input"), "{said}");
    let said = refusal(&mut program(&[
        &"dataset",
        &"-o",
        &at("d.png"),
        &"--sheet",
        &at("../").join(place.path()).join("d.png"),
    ]));
    assert!(said.contains("--sheet"), "{said}");
    let said = refusal(&mut program(&[&"known-answer", &at("no-model")]));
    assert!(said.contains("no such folder"), "{said}");
    // Latents are not written over a file of the model that is read, whatever path leads to it.
    fs::create_dir(at("m")).unwrap();
    fs::write(at("m/model.json"), "{}").unwrap();
    fs::write(at("words"), "word").unwrap();
    symlink(at("words"), at("m/vocab.txt")).unwrap();
    fs::write(at("m/emoji.tsv"), "x").unwrap();
    let emoji = at("m/emoji.tsv");
    let report: [&dyn AsRef<OsStr>; 7] =
        [&"evaluate", &"--data", &at("none"), &"--model", &at("m"), &"-o", &emoji];
    assert!(refusal(&mut program(&report)).contains("a part of"));
    let (m, words) = (at("m"), at("words"));
    let arguments: [&dyn AsRef<OsStr>; 7] =
        [&"generate", &"--model", &m, &"-o", &a, &"--latents-out", &words];
    let said = refusal(&mut program(&arguments));
    assert!(said.contains("a part of"), "{said}");
    assert_eq!(fs::read_to_string(at("in.safetensors")).unwrap(), "x");
    assert_eq!(fs::read_to_string(at("words")).unwrap(), "word");
}

/// A limit on the size of files stands for a disk that is full while a picture is written.
#[test]
fn a_full_disk_leaves_the_old_picture() {
    let place = tempfile::tempdir().unwrap();
    let picture = place.path().join("a.png");
    fs::write(&picture, "a good picture").unwrap();
    let mut command = Command::new("bash");
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    let program = env!("CARGO_BIN_EXE_patchwork");
    command.args(["-c", limited, "bash", program, "generate", "--steps", "1", "--model"]);
    let said = refusal(command.arg(shipped()).arg("-o").arg(&picture));
    assert!(said.contains("Cannot write"), "{said}");
    assert_eq!(fs::read_to_string(&picture).unwrap(), "a good picture");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn inspect_follows_no_link_cycles_and_ignores_other_files() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("m");
    model(&folder, |json| {
        json["name"] = "\u{1b}[2Jstickers".into();
        json["defaults"]["stepz"] = 3.into();
    });
    symlink(".", folder.join("loop")).unwrap();
    symlink("..", folder.join("back")).unwrap();
    symlink("nowhere", folder.join("lost.safetensors")).unwrap();
    fs::write(folder.join("broken.safetensors"), "no header").unwrap();
    let said = answer(&mut program(&[&"inspect", &folder]));
    assert_eq!(said.matches("dit.safetensors").count(), 1, "{said}");
    for other in ["lost.safetensors", "broken.safetensors"] {
        assert!(said.contains(&format!("{other}: not a part of the model.")), "{said}");
    }
    assert!(said.contains("model.json: this version does not know “stepz”."), "{said}");
    assert!(said.contains("every tensor is there") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn a_closed_pipe_ends_the_program_without_an_error() {
    let commands: [&[&str]; 2] = [&["inspect", "--tensors"], &["known-answer", "--help"]];
    for arguments in commands {
        let mut command = program(&[]);
        command.args(arguments);
        if arguments[0] == "inspect" {
            command.arg(shipped());
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    }
    // The output file is still written.
    let place = tempfile::tempdir().unwrap();
    let picture = patchwork::image::Image { width: 8, height: 8, pixels: vec![200; 256] };
    fs::write(place.path().join("a.png"), picture.to_png(None).unwrap()).unwrap();
    fs::write(place.path().join("metadata.jsonl"), "{\"file_name\": \"a.png\", \"text\": \"a\"}")
        .unwrap();
    let output = place.path().join("d.safetensors");
    let mut pack = program(&[&"dataset", &"--pictures", &place.path(), &"-o", &output]);
    let mut child = pack.stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success() && output.is_file());
    if let Ok(full) = fs::File::options().write(true).open("/dev/full") {
        let said = refusal(program(&[&"inspect", &shipped()]).stdout(full));
        assert!(said.contains("standard output"), "{said}");
    }
}

/// A model is added to a built page without Rust: it is copied, checked and listed.
#[test]
fn adds_a_model_to_a_built_page() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let said = refusal(&mut program(&[&"page", &place.path(), &"--add", &shipped()]));
    assert!(said.contains("is no built page"), "{said}");
    fs::create_dir_all(at("models")).unwrap();
    let first =
        "[{\"folder\":\"./models/stickers\",\"name\":\"stickers\",\"bytes\":1,\"more\":true}]";
    fs::write(at("models/index.json"), first).unwrap();
    let list = || -> Vec<serde_json::Value> {
        serde_json::from_slice(&fs::read(at("models/index.json")).unwrap()).unwrap()
    };
    answer(&mut program(&[&"page", &place.path(), &"--add", &shipped(), &"--name", &"a_copy-2"]));
    let models = list();
    assert_eq!((models.len(), &models[0]["more"]), (2, &true.into()), "what was there stays");
    let manifest: Manifest =
        serde_json::from_slice(&fs::read(shipped().join("model.json")).unwrap()).unwrap();
    assert_eq!(models[1]["folder"], "./models/a_copy-2");
    assert_eq!(models[1]["hash"], manifest.model_hash());
    assert_eq!(models[1]["bytes"], manifest.drawing_bytes());
    assert!(models[1]["quilt"]["tiles"].is_array());
    for file in ["dit.safetensors", "known_answer.json", "quilt.webp", "model.json"] {
        assert!(at("models/a_copy-2").join(file).is_file(), "{file}");
    }
    // A second model under one name, an invalid name and a damaged model are refused.
    let mut twice =
        program(&[&"page", &place.path(), &"--add", &shipped(), &"--name", &"a_copy-2"]);
    let said = refusal(&mut twice);
    assert!(said.contains("already"), "{said}");
    let mut odd = program(&[&"page", &place.path(), &"--add", &shipped(), &"--name", &"a b"]);
    let said = refusal(&mut odd);
    assert!(said.contains("letters, digits"), "{said}");
    let damaged = at("damaged");
    model(&damaged, |json| json["name"] = "damaged".into());
    fs::remove_file(damaged.join("words.tsv")).unwrap();
    let words = fs::read_to_string(shipped().join("words.tsv")).unwrap();
    fs::write(damaged.join("words.tsv"), words.replacen('a', "b", 1)).unwrap();
    let said = refusal(&mut program(&[&"page", &place.path(), &"--add", &damaged]));
    assert!(said.contains("words.tsv"), "{said}");
    assert_eq!(list().len(), 2, "it is not listed");
    // A model that was copied by hand is listed under its folder's name.
    let by_hand = at("models/by_hand");
    model(&by_hand, |json| json["name"] = "another".into());
    answer(&mut program(&[&"page", &place.path(), &"--add", &by_hand]));
    assert_eq!(list()[2]["folder"], "./models/by_hand");
}

#[test]
fn inspect_prints_json() {
    let json = answer(&mut program(&[&"inspect", &"--json", &shipped()]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["model"]["name"], "stickers");
    assert_eq!(json["model"]["dit"]["patch_size"], 2);
    assert_eq!(json["model"]["styles"].as_array().unwrap().len(), 12);
    let files = json["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["values"].as_u64() > Some(10_000_000)), "{files:?}");
    let file = shipped().join("vae.safetensors");
    let json = answer(&mut program(&[&"inspect", &"--json", &file]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["tensors"].as_array().unwrap().len() > 10 && json["bytes"].as_u64() > Some(1000));
}

/// Every command's help ends with one example.
#[test]
fn every_help_ends_with_an_example() {
    let help = |arguments: &[&str]| {
        let mut command = program(&[]);
        answer(command.args(arguments).arg("--help"))
    };
    let list = help(&[]);
    let listed = list.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = listed.take_while(|line| line.starts_with("  "));
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 14, "{commands:?}");
    let kinds = ["dit", "vae", "upscaler"].map(|kind| vec!["train", kind]);
    let all =
        commands.into_iter().filter(|command| *command != "help").map(|command| vec![command]);
    for arguments in all.chain(kinds).chain([vec![]]) {
        let text = help(&arguments);
        let (_, example) =
            text.rsplit_once("Example:\n").unwrap_or_else(|| panic!("{arguments:?}"));
        let begins = format!("  patchwork {}", arguments.join(" "));
        assert!(example.starts_with(begins.trim_end()), "{example}");
    }
}
