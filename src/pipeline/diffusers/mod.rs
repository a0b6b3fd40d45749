//! Diffusers' layout of a class-conditional DiT: `model_index.json`, and a folder for each of
//! transformer, autoencoder and scheduler.

pub mod config;
mod honoured;
pub mod scheduler_classes;
pub mod scheduler_config;
pub mod scheduler_fields;

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;
use serde::Deserialize;
use serde_json::Value;

use super::source::{Hashing, read_json};
use super::{Autoencoder, ClassNames, Parts, Pipeline, PreviewMap, ShortPath, Source};
use crate::recipe::Defaults;
use crate::tools::foreign::is_plain;
use crate::weights::{Checkpoint, keys, load as load_weights};
use crate::{Error, Result};
use config::{TRANSFORMER, TransformerConfig, VAE, VaeConfig};
use scheduler_classes::SCHEDULER;
use scheduler_config::SchedulerConfig;

/// The file that identifies this layout.
pub const INDEX: &str = "model_index.json";

#[derive(Debug, Deserialize)]
struct ModelIndex {
    #[serde(rename = "_class_name")]
    class_name: String,
    /// The library and the class of the scheduler.
    #[serde(default)]
    scheduler: Option<(Option<String>, Option<String>)>,
    /// The names of classes, in any form.
    #[serde(default)]
    id2label: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct ShardIndex {
    weight_map: BTreeMap<String, String>,
}

/// The name of a component's weights in diffusers, without its ending.
pub const WEIGHTS: &str = "diffusion_pytorch_model";
/// The variants that diffusers saves beside or instead of the plain files, in order of preference.
const VARIANTS: [&str; 2] = ["bf16", "fp16"];

/// Loads a component's weights: one file, or several that an index lists. A variant is loaded only if there
/// are no plain files.
///
/// # Errors
/// Returns an error if a file is missing or malformed.
pub async fn checkpoint<S: Source>(source: &S, folder: &str) -> Result<Checkpoint> {
    let file = |variant: &str| format!("{folder}/{WEIGHTS}{variant}.safetensors");
    let index = |variant: &str| format!("{folder}/{WEIGHTS}.safetensors.index{variant}.json");
    let variants = VARIANTS.map(|variant| format!(".{variant}"));
    for variant in [""].into_iter().chain(variants.iter().map(String::as_str)) {
        let (file, index) = (file(variant), index(variant));
        if source.exists(&index).await {
            return sharded(source, folder, &index).await;
        }
        if source.exists(&file).await {
            return Checkpoint::new(file.clone(), vec![source.read(&file).await?]);
        }
    }
    let problem = "it is missing, and so are its variants fp16 and bf16; convert a model of .bin files \
                   in Python with save_pretrained(folder, safe_serialization=True)";
    Err(Error::model(file(""), problem))
}

/// Loads the weights in all files that an index lists.
async fn sharded<S: Source>(source: &S, folder: &str, index: &str) -> Result<Checkpoint> {
    let shards: ShardIndex = read_json(source, index).await?;
    let mut parts = Vec::new();
    for shard in shards.weight_map.into_values().collect::<BTreeSet<_>>() {
        if !is_plain(&shard) || !shard.ends_with(".safetensors") {
            let problem = format!("it lists “{shard}”, which is not a safetensors file beside it");
            return Err(Error::model(index, problem));
        }
        parts.push(source.read(&format!("{folder}/{shard}")).await?);
    }
    Checkpoint::new(index, parts)
}

/// Returns only a folder's own name, because recipes carry the name and must not reveal the path.
fn folder_name(path: &str) -> String {
    let mut parts = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    parts.next_back().unwrap_or("diffusers").to_owned()
}

/// Loads the model of `source`.
///
/// # Errors
/// Returns an error if a file is missing or malformed, or if the model is not a class-conditional DiT.
pub async fn load<S: Source>(source: &S, device: &Device, parts: Parts) -> Result<Pipeline> {
    let source = &Hashing::new(source);
    let index: ModelIndex = read_json(source, INDEX).await?;
    if index.class_name != "DiTPipeline" {
        let found = index.class_name;
        let problem = format!("it is a {found}, and only DiTPipeline is supported");
        return Err(Error::model(INDEX, problem));
    }
    let dit = read_json::<TransformerConfig>(source, TRANSFORMER).await?.dit()?;
    let classes = ClassNames::read(index.id2label.as_ref(), dit.num_classes);
    let vae: VaeConfig = read_json(source, VAE).await?;
    let autoencoder = vae.autoencoder()?;
    let named = index.scheduler.as_ref().and_then(|(_, class)| class.as_deref());
    let scheduler = SchedulerConfig::read(read_json(source, SCHEDULER).await?, named)?;
    let schedule = scheduler.schedule(dit.grid().iter().product())?;
    if vae.latent_channels != dit.in_channels {
        let (latent, wants) = (vae.latent_channels, dit.in_channels);
        let problem = format!("its latents have {latent} channels, and the transformer's {wants}");
        return Err(Error::model(VAE, problem));
    }

    let weights = checkpoint(source, "transformer").await?;
    weights.check_holds(dit.values_at_least())?;
    keys::DIFFUSERS_DIT
        .check_copies(&weights, dit.depth)
        .map_err(|problem| Error::model(weights.name(), problem))?;
    let dit = dit.with_shared_conditioner(keys::DIFFUSERS_DIT.copies_are_equal(&weights));
    let dit = load_weights(dit.init(device), &weights, &keys::DIFFUSERS_DIT)?;
    let mut weights = checkpoint(source, "vae").await?;
    weights.check_holds(autoencoder.values_at_least())?;
    let network = match parts {
        Parts::All => autoencoder.init(device),
        Parts::ForDrawing => {
            weights.leave_out("encoder.");
            weights.leave_out("quant_conv.");
            autoencoder.decoder(device)
        }
    };
    let network = load_weights(network, &weights, &keys::DIFFUSERS_AUTOENCODER_KL)?;
    let preview = PreviewMap::stable_diffusion();
    Ok(Pipeline {
        name: folder_name(&source.name()),
        hash: source.model_hash(),
        text: None,
        styles: Vec::new(),
        classes,
        dit,
        prediction: scheduler.prediction(),
        learned_variance: scheduler.learned_variance(),
        sampler: scheduler.sampler(),
        not_drawn: scheduler.not_drawn(&schedule),
        schedule,
        defaults: Defaults::default(),
        level_options: scheduler.level_options(),
        // `DiTPipeline` treats a guidance scale of 1 or below as no guidance.
        guides_above_1: true,
        short_path: ShortPath::default(),
        autoencoder: Autoencoder::Kl { network: Box::new(network), scale: vae.scaling_factor },
        upscaler: None,
        preview: preview.fits(vae.latent_channels).then_some(preview),
        device: device.clone(),
    })
}
