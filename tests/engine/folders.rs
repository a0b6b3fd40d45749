//! Folders in diffusers' layout as they occur in practice: variants, shards, byte order marks, Git LFS
//! pointers, damage.

use std::collections::BTreeMap;
use std::path::Path;

use patchwork::pipeline::{Folder, Pipeline, Start};
use patchwork::recipe::Recipe;
use patchwork::weights::Checkpoint;

use crate::pipeline::{Fixture, lay_out};
use crate::support::{assert_values_close, file, json, random_file, tensors};

/// Loads the folder of the first run after `change`, and returns the model or the error's message.
fn load_changed(change: impl FnOnce(&Path)) -> Result<Pipeline, String> {
    let Fixture { runs, manifests } = json("pipeline");
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), &runs[0], &manifests);
    change(folder.path());
    let source = Folder(folder.path().to_owned());
    let loaded = pollster::block_on(Pipeline::load(&source, &crate::support::cpu()));
    loaded.map_err(|error| error.to_string())
}

/// Returns the final latents of a short run, whose values distinguish one model from another.
fn drawn(pipeline: &Pipeline) -> Vec<f32> {
    let recipe = Recipe { class: Some(3), steps: 2, ..Recipe::default() };
    pipeline.draw(&recipe).unwrap().into_data().try_to_vec().unwrap()
}

const WEIGHTS: &str = "diffusion_pytorch_model.safetensors";

/// Splits a component's file into two shards with an index, named as diffusers names them in a variant.
fn shard(folder: &Path, variant: &str) {
    let bytes = std::fs::read(folder.join(WEIGHTS)).unwrap();
    let all = Checkpoint::new("whole", vec![bytes]).unwrap();
    let tensor =
        |key: &str| (key.to_owned(), all.shape(key).unwrap().to_vec(), all.values(key).unwrap());
    let (mut parts, mut map) = ([Vec::new(), Vec::new()], BTreeMap::new());
    let dot = if variant.is_empty() { String::new() } else { format!(".{variant}") };
    let name = |i: usize| format!("diffusion_pytorch_model{dot}-{:05}-of-00002.safetensors", i + 1);
    for (i, key) in all.keys().enumerate() {
        parts[i % 2].push(tensor(key));
        map.insert(key.to_owned(), name(i % 2));
    }
    for (i, part) in parts.into_iter().enumerate() {
        std::fs::write(folder.join(name(i)), file(part)).unwrap();
    }
    let index = serde_json::json!({"metadata": {}, "weight_map": map}).to_string();
    std::fs::write(folder.join(format!("{WEIGHTS}.index{dot}.json")), index).unwrap();
    std::fs::remove_file(folder.join(WEIGHTS)).unwrap();
}

#[test]
fn reads_variants_and_shards_of_any_component() {
    let whole = drawn(&load_changed(|_| ()).unwrap());
    let named = |variant: &'static str| {
        move |folder: &Path| {
            let to = format!("diffusion_pytorch_model.{variant}.safetensors");
            std::fs::rename(folder.join(WEIGHTS), folder.join(to)).unwrap();
        }
    };
    type Change = Box<dyn Fn(&Path)>;
    let changes: [(&str, Change); 5] = [
        ("fp16", Box::new(named("fp16"))),
        ("bf16", Box::new(named("bf16"))),
        ("shards", Box::new(|folder| shard(folder, ""))),
        ("shards of fp16", Box::new(|folder| shard(folder, "fp16"))),
        ("shards of bf16", Box::new(|folder| shard(folder, "bf16"))),
    ];
    for (what, change) in changes {
        for component in ["transformer", "vae"] {
            let loaded = load_changed(|folder| change(&folder.join(component)));
            assert_eq!(drawn(&loaded.unwrap()), whole, "{what} of {component}");
        }
        let both = load_changed(|folder| {
            for component in ["transformer", "vae"] {
                change(&folder.join(component));
            }
        });
        assert_eq!(drawn(&both.unwrap()), whole, "{what}");
    }
    let gone =
        load_changed(|folder| std::fs::remove_file(folder.join("vae").join(WEIGHTS)).unwrap());
    let message = gone.unwrap_err();
    assert!(message.contains("vae/") && message.contains("fp16"), "{message}");
}

/// Only files in the index's own folder are read, whatever paths it lists.
#[test]
fn an_index_can_only_name_files_beside_it() {
    let names = [
        "../secret.safetensors",
        "/etc/secret.safetensors",
        "deep/x.safetensors",
        "..\\x.safetensors",
        "C:x.safetensors",
        "..",
        "",
        "x.bin",
    ];
    for component in ["transformer", "vae"] {
        for name in names {
            let message = load_changed(|folder| {
                let folder = folder.join(component);
                std::fs::copy(folder.join(WEIGHTS), folder.join("../secret.safetensors")).unwrap();
                std::fs::remove_file(folder.join(WEIGHTS)).unwrap();
                let index = serde_json::json!({"weight_map": {"a": name}}).to_string();
                std::fs::write(folder.join(format!("{WEIGHTS}.index.json")), index).unwrap();
            });
            let message = message.unwrap_err();
            assert!(message.contains("not a safetensors file beside it"), "{name}: {message}");
        }
    }
}

#[test]
fn ignores_byte_order_marks_and_names_files_of_other_kinds() {
    let whole = load_changed(|_| ()).unwrap();
    let configs = [
        "model_index.json",
        "transformer/config.json",
        "vae/config.json",
        "scheduler/scheduler_config.json",
    ];
    for file in configs {
        let marked = load_changed(|folder| {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            std::fs::write(folder.join(file), format!("\u{feff}{text}")).unwrap();
        });
        let marked = marked.unwrap();
        assert_eq!(drawn(&marked), drawn(&whole), "{file}");
        // A different file makes a different model.
        assert_ne!(marked.hash, whole.hash);
    }
    assert!(whole.hash.len() == 16 && whole.hash.chars().all(|c| c.is_ascii_hexdigit()));
    let weights = ["transformer", "vae"].map(|component| format!("{component}/{WEIGHTS}"));
    for file in configs.iter().map(|file| (*file).to_owned()).chain(weights) {
        for (bytes, word) in [
            (
                &b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"[..],
                "git lfs pull",
            ),
            (b"<!DOCTYPE html><html>not here</html>", "web page"),
            (b"PK\x03\x04 and so on", "ZIP"),
        ] {
            let change = |folder: &Path| std::fs::write(folder.join(&file), bytes).unwrap();
            let message = load_changed(change).unwrap_err();
            assert!(message.contains(&file) && message.contains(word), "{message}");
        }
    }
}

#[test]
fn names_tensors_that_are_missing_or_not_finite() {
    let Fixture { manifests, .. } = json("pipeline");
    type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;
    let change = |component: &str, change: &dyn Fn(&mut Tensors)| {
        let bytes = random_file(&manifests[component], Vec::new());
        let all = Checkpoint::new("whole", vec![bytes]).unwrap();
        let tensors = all.keys().map(|key| {
            (key.to_owned(), all.shape(key).unwrap().to_vec(), all.values(key).unwrap())
        });
        let mut tensors: Vec<_> = tensors.collect();
        change(&mut tensors);
        load_changed(|folder| {
            std::fs::write(folder.join(component).join(WEIGHTS), file(tensors)).unwrap();
        })
    };
    for (component, i, bad) in [
        ("transformer", 0, f32::NAN),
        ("transformer", 7, f32::INFINITY),
        ("vae", 3, f32::NEG_INFINITY),
        ("vae", 20, f32::NAN),
    ] {
        let name = std::cell::RefCell::new(String::new());
        let message = change(component, &|tensors| {
            tensors[i].2[0] = bad;
            name.borrow_mut().clone_from(&tensors[i].0);
        });
        let message = message.unwrap_err();
        assert!(message.contains(&*name.borrow()), "{message}");
        assert!(message.contains("are not finite") && message.contains(component), "{message}");
    }
    // Each block has its own copy of the embedders. A block without it is incomplete.
    let lost = "transformer_blocks.1.norm1.emb.timestep_embedder.linear_1.bias";
    let message = change("transformer", &|tensors| tensors.retain(|(name, ..)| name != lost));
    let message = message.unwrap_err();
    assert!(message.contains(lost) && message.contains("missing"), "{message}");
}

/// Replaces the scheduler of a folder, in its index and in its file.
fn with_scheduler(folder: &Path, class: &str, fields: &serde_json::Value) {
    let index = folder.join("model_index.json");
    let text = std::fs::read_to_string(&index).unwrap().replace("DDIMScheduler", class);
    std::fs::write(index, text).unwrap();
    std::fs::write(folder.join("scheduler/scheduler_config.json"), fields.to_string()).unwrap();
}

/// The sampler can be chosen freely: a scheduler that is unsupported, or has unsupported options, is no
/// error if a sampler is named. Options that describe how the weights were trained are still obeyed or
/// refused.
#[test]
fn a_named_sampler_uses_the_levels_of_any_scheduler() {
    let levels = serde_json::json!({"num_train_timesteps": 1000, "beta_start": 0.00085,
        "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": "v_prediction"});
    let with = |more: serde_json::Value| {
        let mut fields = levels.clone();
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let recipe = |sampler: &str| Recipe {
        class: Some(3),
        steps: 3,
        sampler: sampler.into(),
        ..Recipe::default()
    };
    let euler = |pipeline: &Pipeline| -> Vec<f32> {
        pipeline.draw(&recipe("euler")).unwrap().into_data().try_to_vec().unwrap()
    };
    let load = |class: &str, fields: serde_json::Value| {
        load_changed(|folder| with_scheduler(folder, class, &fields))
    };
    let whole = euler(&load("EulerDiscreteScheduler", levels.clone()).unwrap());
    let nothing = serde_json::json!({});
    for (class, more, word) in [
        ("PNDMScheduler", nothing.clone(), "PNDMScheduler"),
        ("DEISMultistepScheduler", nothing, "DEISMultistepScheduler"),
        ("DPMSolverMultistepScheduler", serde_json::json!({"solver_order": 3}), "solver_order"),
        (
            "DPMSolverMultistepScheduler",
            serde_json::json!({"use_lu_lambdas": true}),
            "use_lu_lambdas",
        ),
        ("UniPCMultistepScheduler", serde_json::json!({"predict_x0": false}), "predict_x0"),
        ("HeunDiscreteScheduler", serde_json::json!({"use_beta_sigmas": true}), "use_beta_sigmas"),
        ("DDIMScheduler", serde_json::json!({"thresholding": true}), "thresholding"),
    ] {
        let pipeline = load(class, with(more)).unwrap();
        let message =
            pipeline.begin(&recipe(""), Start::default()).map(drop).unwrap_err().to_string();
        assert!(message.contains(word) && message.contains("--sampler"), "{message}");
        assert_eq!(
            pipeline.resolve(&recipe("").into()).unwrap().sampler,
            "",
            "no sampler is made up"
        );
        assert_eq!(euler(&pipeline), whole, "{class}");
    }
    for (class, more, word) in [
        (
            "PNDMScheduler",
            serde_json::json!({"rescale_betas_zero_snr": true}),
            "rescale_betas_zero_snr",
        ),
        ("DDIMScheduler", serde_json::json!({"trained_betas": [0.1]}), "trained_betas"),
        ("DDIMScheduler", serde_json::json!({"prediction_type": "sample"}), "prediction_type"),
    ] {
        let message = load(class, with(more)).unwrap_err();
        assert!(
            message.contains(word) && message.contains("weights were trained with"),
            "{message}"
        );
    }
    // This scheduler's configuration does not define its noise levels.
    let message = load("EDMEulerScheduler", serde_json::json!({"sigma_data": 0.5})).unwrap_err();
    assert!(message.contains("EDMEulerScheduler") && message.contains("beta_start"), "{message}");
}

#[test]
fn even_sigmas_work_for_flows_only() {
    let flow = |folder: &Path| {
        with_scheduler(
            folder,
            "FlowMatchEulerDiscreteScheduler",
            &serde_json::json!({"shift": 3.0}),
        );
    };
    let pipeline = load_changed(flow).unwrap();
    let draw = |even_sigmas: bool, pipeline: &Pipeline| {
        let recipe = Recipe { class: Some(3), steps: 3, even_sigmas, ..Recipe::default() };
        pipeline
            .begin(&recipe, Start::default())
            .map(|run| run.noise_levels())
            .map_err(|e| e.to_string())
    };
    // The expected values are 3·(1/3) / (1 + 2/3), and diffusers' own 3·s / (1 + 2·s) with s = 3/1000 / (1
    // + 2/1000).
    let (even, own) = (draw(true, &pipeline).unwrap(), draw(false, &pipeline).unwrap());
    let smallest = 0.003 / 1.002;
    assert!((even[2] - 0.6).abs() < 1e-9 && even[3] == 0.0, "{even:?}");
    assert!((own[2] - 3.0 * smallest / (1.0 + 2.0 * smallest)).abs() < 1e-9, "{own:?}");
    // The levels are even with every sampler. λ is infinite at level 1, so that some samplers begin
    // slightly below.
    for sampler in ["euler", "heun", "ddim", "unipc", "dpmpp_2m"] {
        let recipe = |even_sigmas| Recipe {
            class: Some(3),
            steps: 3,
            even_sigmas,
            sampler: sampler.into(),
            ..Recipe::default()
        };
        let levels = |even| pipeline.begin(&recipe(even), Start::default()).unwrap().noise_levels();
        let [found, custom] = [true, false].map(levels);
        let far = found.iter().zip(&even).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 2e-3 && (found[2] - even[2]).abs() < 1e-9, "{sampler}: {found:?}");
        assert!((custom[2] - even[2]).abs() > 1e-4, "{sampler}: {custom:?}");
    }
    let message = draw(true, &load_changed(|_| ()).unwrap()).unwrap_err();
    assert!(message.contains("Only flow models"), "{message}");
    // An unsupported scheduler still defines the shift.
    let fields = serde_json::json!({"use_dynamic_shifting": true, "time_shift_type": "linear",
        "base_shift": 4.0, "max_shift": 4.0});
    let other = load_changed(|folder| with_scheduler(folder, "FlowMatchLCMScheduler", &fields));
    assert_eq!(other.unwrap().shift(), Some(4.0));
}

#[test]
fn finds_classes_by_the_names_in_the_index() {
    let pipeline = load_changed(|folder| {
        let index = folder.join("model_index.json");
        let text = std::fs::read_to_string(&index).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["id2label"] = serde_json::json!({"207": "golden retriever", "360": "otter"});
        std::fs::write(index, json.to_string()).unwrap();
    });
    let pipeline = pipeline.unwrap();
    assert_eq!(pipeline.class("Golden Retriever").unwrap(), 207);
    assert_eq!(pipeline.class("207").unwrap(), 207);
    let message = pipeline.class("retriever").unwrap_err().to_string();
    assert!(message.contains("“golden retriever”"), "{message}");
    let nameless = load_changed(|_| ()).unwrap().class("dog").unwrap_err().to_string();
    assert!(nameless.contains("give a number, 0 to 999"), "{nameless}");
}

/// A folder in any state is exported with one file for each part under today's names, and draws the same.
#[test]
fn exported_models_draw_the_same() {
    let Fixture { runs, manifests } = json("pipeline");
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (place.path().join("from"), place.path().join("to"));
    lay_out(&from, &runs[0], &manifests);
    let load = |folder: &Path| {
        let source = Folder(folder.to_owned());
        pollster::block_on(Pipeline::load_with_encoder(&source, &crate::support::cpu())).unwrap()
    };
    let whole = drawn(&load(&from));
    shard(&from.join("transformer"), "fp16");
    // The names are those that torch.compile saves, and older diffusers' names of attention.
    let bytes = std::fs::read(from.join("vae").join(WEIGHTS)).unwrap();
    let all = Checkpoint::new("vae", vec![bytes]).unwrap();
    let renamed = all.keys().map(|key| {
        let old = key.replace("attentions.0.to_q", "attentions.0.query");
        let old =
            format!("_orig_mod.{}", old.replace("attentions.0.to_out.0", "attentions.0.proj_attn"));
        (old, all.shape(key).unwrap().to_vec(), all.values(key).unwrap())
    });
    std::fs::write(from.join("vae").join(WEIGHTS), file(renamed.collect())).unwrap();
    let program = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_patchwork"));
        let output = command.current_dir(place.path()).args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let export = ["export", "from", "--to", "diffusers", "-o", "to"];
    let (success, said) = program(&export);
    assert!(success, "{said}");
    assert_eq!(drawn(&load(&to)), whole);
    let header = std::fs::read(to.join("vae").join(WEIGHTS)).unwrap();
    let header = String::from_utf8_lossy(&header[8..4096]).into_owned();
    assert!(header.contains("\"format\":\"pt\"") && header.contains("to_q"), "{header}");
    assert!(!header.contains("_orig_mod") && !header.contains("query"), "{header}");
    let (success, said) = program(&export);
    assert!(!success && said.contains("There is a model_index.json in to already"), "{said}");
    let (success, said) = program(&["export", "from", "--to", "diffusers", "-o", "half", "--half"]);
    assert!(success, "{said}");
    let size = |folder: &str| {
        std::fs::metadata(place.path().join(folder).join("vae").join(WEIGHTS)).unwrap().len()
    };
    assert!(size("half") * 19 / 10 < size("to"), "{} {}", size("half"), size("to"));
    // A model in the other layout is refused with a reason.
    let embedded = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/stickers");
    let (success, said) = program(&["export", embedded, "--to", "diffusers", "-o", "no"]);
    assert!(!success && said.contains("reads text prompts"), "{said}");
    for command in [
        &["train", "dit", "--data", "x", "--run", "r", "--steps", "1", "--model", "from"][..],
        &["quantise", "--data", "x", "-o", "q", "--model", "from"],
        &["page", "dist", "--add", "from"],
    ] {
        std::fs::create_dir_all(place.path().join("dist/models")).unwrap();
        std::fs::write(place.path().join("dist/models/index.json"), "[]").unwrap();
        let (success, said) = program(command);
        assert!(!success && said.contains("diffusers' layout"), "{command:?}: {said}");
    }
}

/// An autoencoder whose configuration claims far more than its file holds takes little memory.
#[test]
fn refuses_a_giant_autoencoder_in_little_memory() {
    let mut message = String::new();
    let info = allocation_counter::measure(|| {
        let giant = r#"{"block_out_channels": [16384, 16384], "layers_per_block": 16, "latent_channels": 4}"#;
        let change = |folder: &Path| std::fs::write(folder.join("vae/config.json"), giant).unwrap();
        message = load_changed(change).unwrap_err();
    });
    assert!(message.contains("vae/") && message.contains("at least"), "{message}");
    assert!(info.bytes_max < 64 << 20, "{}", info.bytes_max);
}

/// A note reports what a recipe asks for and does not get. Here it is guidance, which `DiTPipeline` applies
/// only above 1.
#[test]
fn reports_guidance_without_effect() {
    let pipeline = load_changed(|_| ()).unwrap();
    let notes = |guidance: f64, interval: (f64, f64)| {
        let recipe = Recipe {
            class: Some(1),
            steps: 4,
            guidance,
            guidance_interval: interval,
            ..Recipe::default()
        };
        pipeline.begin(&recipe, Start::default()).unwrap().notes().join(" ")
    };
    for guidance in [0.0, 0.5] {
        assert!(notes(guidance, (0.0, 1.0)).contains("has no effect on this model"));
    }
    assert_eq!(notes(1.0, (0.0, 1.0)) + &notes(4.0, (0.0, 1.0)), "");
    assert!(notes(4.0, (0.9, 1.0)).contains("No step lies in the guidance interval"));
}

/// The program draws a class and writes its latents and a recipe, whose model is named after the folder.
#[test]
fn the_program_draws_a_class_as_diffusers_does() {
    let Fixture { runs, manifests } = json("pipeline");
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("DiT-tiny");
    std::fs::create_dir(&folder).unwrap();
    lay_out(&folder, &runs[0], &manifests);
    let [picture, latents] = ["a.png", "a.safetensors"].map(|name| place.path().join(name));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_patchwork"));
    let fixed = ["generate", "--class", "207", "--guidance", "4", "--steps", "20", "--seed", "7"];
    command.args(fixed).arg("--model").arg(&folder);
    let output =
        command.arg("-o").arg(&picture).arg("--latents-out").arg(&latents).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = Checkpoint::new("latents", vec![std::fs::read(latents).unwrap()]).unwrap();
    let found = found.values("latents").unwrap();
    let wanted = tensors("pipeline").values("ddim.latents").unwrap();
    assert_values_close("latents", &found, &wanted[..found.len()], 2e-5);
    let png = std::fs::read(&picture).unwrap();
    let (recipe, _) = patchwork::image::Image::recipe_of_png(&png).unwrap().unwrap();
    assert_eq!((recipe.class, recipe.model.as_str()), (Some(207), "DiT-tiny"));
    assert_eq!(recipe.model_hash.len(), 16);
}
