//! Strict loading: every tensor must be there and have its shape, none may be left over, and three types
//! are read.

use patchwork::model::DitConfig;
use patchwork::weights::{Checkpoint, keys, load};
use safetensors::tensor::{Dtype, TensorView};

use crate::autoencoders::Case;
use crate::support::{assert_close, cases, cpu, file, random_checkpoint, tensor, tensors};

fn tiny() -> DitConfig {
    DitConfig::new([4, 4], 2, 2, 8, 1, 2, 3)
}

/// Returns a valid file for [`tiny`], from the names and shapes that the loader reports as missing one by
/// one.
fn right() -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let shapes: [(&str, &[usize]); 22] = [
        ("blocks.0.adaLN_modulation.1.bias", &[48]),
        ("blocks.0.adaLN_modulation.1.weight", &[48, 8]),
        ("blocks.0.attn.proj.bias", &[8]),
        ("blocks.0.attn.proj.weight", &[8, 8]),
        ("blocks.0.attn.qkv.bias", &[24]),
        ("blocks.0.attn.qkv.weight", &[24, 8]),
        ("blocks.0.mlp.fc1.bias", &[32]),
        ("blocks.0.mlp.fc1.weight", &[32, 8]),
        ("blocks.0.mlp.fc2.bias", &[8]),
        ("blocks.0.mlp.fc2.weight", &[8, 32]),
        ("final_layer.adaLN_modulation.1.bias", &[16]),
        ("final_layer.adaLN_modulation.1.weight", &[16, 8]),
        ("final_layer.linear.bias", &[16]),
        ("final_layer.linear.weight", &[16, 8]),
        ("pos_embed", &[1, 4, 8]),
        ("t_embedder.mlp.0.bias", &[8]),
        ("t_embedder.mlp.0.weight", &[8, 256]),
        ("t_embedder.mlp.2.bias", &[8]),
        ("t_embedder.mlp.2.weight", &[8, 8]),
        ("x_embedder.proj.bias", &[8]),
        ("x_embedder.proj.weight", &[8, 2, 2, 2]),
        ("y_embedder.embedding_table.weight", &[4, 8]),
    ];
    let tensor = |(name, shape): (&str, &[usize])| {
        (name.to_owned(), shape.to_vec(), vec![0.5; shape.iter().product()])
    };
    shapes.map(tensor).to_vec()
}

fn outcome(tensors: Vec<(String, Vec<usize>, Vec<f32>)>) -> Result<(), String> {
    let checkpoint = Checkpoint::new("tiny.safetensors", vec![file(tensors)]).unwrap();
    let loaded = load(tiny().init(&cpu()), &checkpoint, &keys::DIT);
    loaded.map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn refuses_missing_misshapen_and_unknown_tensors() {
    assert_eq!(outcome(right()), Ok(()));
    for i in 0..right().len() {
        let mut tensors = right();
        let (name, ..) = tensors.remove(i);
        if name != "pos_embed" {
            let message = outcome(tensors).unwrap_err();
            assert!(message.contains(&name) && message.contains("missing"), "{message}");
        }
        let mut tensors = right();
        tensors[i].1.push(1);
        if name != "pos_embed" {
            let message = outcome(tensors).unwrap_err();
            assert!(message.contains(&name) && message.contains("shape"), "{message}");
        }
    }
    let mut tensors = right();
    tensors.push(("blocks.1.attn.proj.bias".into(), vec![8], vec![0.0; 8]));
    let message = outcome(tensors).unwrap_err();
    assert!(message.contains("blocks.1.attn.proj.bias belongs to no part"), "{message}");
}

#[test]
fn reads_f16_and_bf16() {
    for (dtype, bits) in [(Dtype::F16, 0x3e00u16), (Dtype::BF16, 0x3fc0)] {
        let data = [bits, bits].map(u16::to_le_bytes).concat();
        let view = TensorView::new(dtype, vec![2], &data).unwrap();
        let bytes = safetensors::serialize([("x", view)], None).unwrap();
        let checkpoint = Checkpoint::new("halves", vec![bytes]).unwrap();
        assert_eq!(checkpoint.values("x").unwrap(), [1.5, 1.5]);
    }
}

#[test]
fn refuses_other_types_by_name() {
    let view = TensorView::new(Dtype::I64, vec![1], &[0; 8]).unwrap();
    let bytes = safetensors::serialize([("ids", view)], None).unwrap();
    let message = Checkpoint::new("ints", vec![bytes]).unwrap().values("ids").unwrap_err();
    assert!(message.to_string().contains("ids is of type I64"), "{message}");
}

/// The published sd-vae-ft files use the names that diffusers had for attention before 0.18.
#[test]
fn reads_the_autoencoders_older_tensor_names() {
    let tiny = cases("autoencoder_kl").into_iter().find(|case: &Case| case.name == "tiny");
    let Case { config, mut manifest, .. } = tiny.unwrap();
    let mut renamed = 0;
    for entry in &mut manifest {
        if let Some(alias) = keys::DIFFUSERS_AUTOENCODER_KL.alias(&entry.name) {
            entry.name = alias;
            renamed += 1;
        }
    }
    // Four layers in each half have a weight and a bias.
    assert_eq!(renamed, 16);
    let network = config.autoencoder().unwrap().init(&cpu());
    let checkpoint = random_checkpoint(&manifest);
    let network = load(network, &checkpoint, &keys::DIFFUSERS_AUTOENCODER_KL).unwrap();
    let file = tensors("autoencoder_kl");
    let decoded = network.decode(tensor(&file, "tiny.latent", &cpu()));
    assert_close("older names", decoded, &file, "tiny.decoded", 1e-4);
}
