//! Untrusted files: whatever they contain, reading them ends in a model or in an error message, never in a
//! panic, and never takes more memory than the file justifies.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use patchwork::pipeline::diffusers::config::{TransformerConfig, VaeConfig};
use patchwork::pipeline::diffusers::scheduler_config::SchedulerConfig;
use patchwork::pipeline::stickers::Manifest;
use patchwork::pipeline::{Folder, Pipeline};
use patchwork::samplers;
use patchwork::weights::Checkpoint;
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};

/// The memory that reading may take besides a multiple of the file's size: for names and positions of
/// tensors, and messages.
const SLACK: u64 = 64 * 1024;

/// Reads a checkpoint and every tensor in it, and returns the peak memory that this took.
fn read_all(bytes: Vec<u8>) -> u64 {
    let size = bytes.len() as u64;
    let info = allocation_counter::measure(move || {
        if let Ok(file) = Checkpoint::new("hostile.safetensors", vec![bytes]) {
            for key in file.keys() {
                match file.values(key) {
                    Ok(values) => drop(values),
                    Err(error) => assert!(error.to_string().ends_with('.')),
                }
            }
        }
    });
    // A parsed header takes several times the size of its text, and half-precision values take twice
    // theirs.
    assert!(info.bytes_max <= 16 * size + SLACK, "{} bytes for {size}", info.bytes_max);
    info.bytes_max
}

fn good_file() -> Vec<u8> {
    let data = [1u8; 48];
    let view = |dtype, shape: &[usize], bytes: usize| {
        TensorView::new(dtype, shape.to_vec(), &data[..bytes]).unwrap()
    };
    let views = [
        ("a.weight", view(Dtype::F32, &[3, 4], 48)),
        ("b.weight", view(Dtype::BF16, &[2, 1, 3], 12)),
        ("c.weight", view(Dtype::F16, &[5], 10)),
        ("d.ids", view(Dtype::I64, &[2], 16)),
        ("e.scalar", view(Dtype::F32, &[], 4)),
        ("f.empty", view(Dtype::F32, &[0, 7], 0)),
        ("g.weight", view(Dtype::I8, &[2, 6], 12)),
        ("g.weight.scale", view(Dtype::F16, &[2, 3], 12)),
        ("h.weight", view(Dtype::I8, &[2, 6], 12)),
        ("h.weight.scale", view(Dtype::F16, &[2, 4], 16)),
        ("i.empty", view(Dtype::I8, &[0, 4], 0)),
        ("i.empty.scale", view(Dtype::F16, &[0, 1], 0)),
    ];
    safetensors::serialize(views, None).unwrap()
}

/// Returns a file with a given header and some data.
fn file_with_header(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; data]);
    bytes
}

fn refusal(bytes: Vec<u8>) -> String {
    let error = Checkpoint::new("hostile.safetensors", vec![bytes]).unwrap_err().to_string();
    assert!(error.contains("hostile.safetensors") && error.ends_with('.'), "{error}");
    error
}

#[test]
fn refuses_every_truncation() {
    let file = good_file();
    for length in 0..file.len() {
        read_all(file[..length].to_vec());
        refusal(file[..length].to_vec());
    }
    assert!(read_all(file) > 0);
}

#[test]
fn refuses_headers_out_of_range() {
    let huge = u64::MAX / 2;
    for header in [
        format!(r#"{{"a":{{"dtype":"F32","shape":[{huge},4],"data_offsets":[0,16]}}}}"#),
        format!(r#"{{"a":{{"dtype":"F32","shape":[{huge},0],"data_offsets":[0,16]}}}}"#),
        r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,99999999999]}}"#.into(),
        r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#.into(),
        r#"{"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}"#.into(),
        r#"{"a":{"dtype":"F99","shape":[4],"data_offsets":[0,16]}}"#.into(),
        r#"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}"#.into(),
        r#"{"a":{"shape":[4],"data_offsets":[0,16]}}"#.into(),
        r#"{"a":[[[[[[[[[["#.into(),
        "[".repeat(5000),
        "null".into(),
    ] {
        let file = file_with_header(&header, 16);
        read_all(file.clone());
        refusal(file);
    }
    for length in [0, 1, 17, 100_000_000, u64::from(u32::MAX), u64::MAX] {
        let mut file = good_file();
        file[..8].copy_from_slice(&length.to_le_bytes());
        read_all(file.clone());
        refusal(file);
    }
}

#[test]
fn refuses_one_tensor_in_two_files() {
    let error = Checkpoint::new("twice", vec![good_file(), good_file()]).unwrap_err().to_string();
    assert!(error.contains("in two of its files"), "{error}");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read_all(bytes);
    }

    #[test]
    fn changed_bytes_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = good_file();
        for (index, byte) in changes {
            let at = index.index(file.len());
            file[at] = byte;
        }
        read_all(file);
    }

    /// Any numbers anywhere in a configuration give a result quickly and take little memory.
    #[test]
    fn configurations_never_panic(
        numbers in proptest::collection::btree_map(0..KEYS.len(), number(), 1..12),
    ) {
        let fields = numbers.iter().map(|(key, value)| (KEYS[*key].to_owned(), value.clone()));
        let json = serde_json::Value::Object(fields.collect());
        let info = allocation_counter::measure(|| {
            if let Ok(config) = serde_json::from_value::<TransformerConfig>(json.clone())
                && let Ok(dit) = config.dit()
            {
                assert!(dit.check().is_ok());
                assert!(dit.values_at_least() > 0);
            }
            if let Ok(config) = serde_json::from_value::<VaeConfig>(json.clone()) {
                drop(config.autoencoder());
            }
            for class in [None, Some("FlowMatchEulerDiscreteScheduler"), Some("PNDMScheduler")] {
                let Ok(config) = SchedulerConfig::read(json.clone(), class) else { continue };
                let Ok(schedule) = config.schedule(64) else { continue };
                for sampler in samplers::ALL.iter().map(|new| new()) {
                    for steps in [1, 2, 7, 999, 1000] {
                        let options = config.level_options();
                        if let Ok(levels) = samplers::levels(&*sampler, &schedule, steps, options) {
                            assert_eq!(levels.steps.len(), steps);
                            let numbers = levels.steps.iter().flat_map(|s| [s.from, s.to]);
                            assert!(numbers.chain([levels.init_noise_sigma]).all(f64::is_finite));
                        }
                    }
                }
            }
        });
        // The maximum of a scheduler is 100,000 levels of f64, twice over.
        prop_assert!(info.bytes_max < 4 << 20, "{} bytes", info.bytes_max);
    }

    #[test]
    fn changed_manifests_never_panic(
        key in 0..MANIFEST_KEYS.len(),
        value in number(),
    ) {
        let mut json = manifest();
        json[MANIFEST_KEYS[key]] = value;
        if let Ok(manifest) = serde_json::from_value::<Manifest>(json) {
            drop(manifest.check());
        }
    }
}

const KEYS: [&str; 37] = [
    "shift_terminal",
    "base_shift",
    "max_shift",
    "base_image_seq_len",
    "max_image_seq_len",
    "clip_sample_range",
    "_class_name",
    "prediction_type",
    "use_flow_sigmas",
    "timestep_spacing",
    "set_alpha_to_one",
    "lambda_min_clipped",
    "variance_type",
    "sigma_min",
    "timestep_type",
    "lower_order_final",
    "solver_order",
    "steps_offset",
    "shift",
    "flow_shift",
    "use_karras_sigmas",
    "sample_size",
    "patch_size",
    "in_channels",
    "out_channels",
    "num_layers",
    "num_attention_heads",
    "attention_head_dim",
    "num_embeds_ada_norm",
    "norm_eps",
    "block_out_channels",
    "latent_channels",
    "layers_per_block",
    "norm_num_groups",
    "num_train_timesteps",
    "beta_start",
    "beta_end",
];

const MANIFEST_KEYS: [&str; 17] = [
    "name",
    "prediction",
    "shift",
    "defaults",
    "latent_std",
    "image_size",
    "latent",
    "patch_size",
    "hidden_size",
    "depth",
    "num_heads",
    "text_tokens",
    "text_dim",
    "styles",
    "latent_mean",
    "preview",
    "files",
];

fn manifest() -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers/model.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Returns a strategy for numbers of all sizes and kinds, and for values that are no numbers.
fn number() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        (0u64..40).prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        proptest::collection::vec(any::<u64>(), 0..5).prop_map(Into::into),
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        prop::sample::select(vec![
            "leading",
            "trailing",
            "linspace",
            "v_prediction",
            "flow_prediction",
            "DPMSolverMultistepScheduler",
            "EulerDiscreteScheduler",
            "FlowMatchEulerDiscreteScheduler",
        ])
        .prop_map(Into::into),
        ".*".prop_map(Into::into),
    ]
}

/// A configuration that claims a giant network beside tiny weights takes little memory.
#[test]
fn refuses_a_giant_configuration_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let files = BTreeMap::from([
        ("model_index.json", r#"{"_class_name": "DiTPipeline"}"#),
        (
            "transformer/config.json",
            r#"{"sample_size": 1024, "patch_size": 8, "num_layers": 512,
                "num_attention_heads": 128, "attention_head_dim": 128}"#,
        ),
        ("vae/config.json", r#"{"block_out_channels": [16384], "layers_per_block": 16}"#),
        ("scheduler/scheduler_config.json", r#"{"clip_sample": false}"#),
    ]);
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for component in ["transformer", "vae"] {
        let path = folder.path().join(component).join("diffusion_pytorch_model.safetensors");
        std::fs::write(path, good_file()).unwrap();
    }
    let source = Folder(folder.path().to_owned());
    let info = allocation_counter::measure(|| {
        let error = pollster::block_on(Pipeline::load(&source, &Device::flex())).unwrap_err();
        assert!(error.to_string().contains("at least"), "{error}");
    });
    assert!(info.bytes_max < 1 << 20, "{} bytes", info.bytes_max);
}

#[test]
fn refuses_damaged_files_of_the_embedded_model() {
    let manifest: Manifest = serde_json::from_value(manifest()).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers/vae.safetensors");
    let mut bytes = std::fs::read(path).unwrap();
    assert!(manifest.verify("vae.safetensors", &bytes).is_ok());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let error = manifest.verify("vae.safetensors", &bytes).unwrap_err().to_string();
    assert!(error.contains("SHA-256"), "{error}");
    bytes.pop();
    let error = manifest.verify("vae.safetensors", &bytes).unwrap_err().to_string();
    assert!(error.contains("fetch it again"), "{error}");
    assert!(manifest.verify("other.bin", &bytes).is_err());
}
