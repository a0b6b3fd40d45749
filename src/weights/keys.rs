//! The key tables, one per layout: the names of our modules' tensors in files.
//!
//! Modules name their fields after the original checkpoints if Rust allows it; these tables hold
//! the rest. A `*` stands for one part of a name, such as a block's number.

use super::Checkpoint;

/// A table that maps the tensors of a module to those of a file.
#[derive(Debug, Clone, Copy)]
pub struct KeyTable {
    /// The name of the layout in error messages.
    pub layout: &'static str,
    /// Pairs of a prefix of our name and that of the file's names; the first rule that fits counts.
    /// Tensors of several names on the right are joined along their first dimension.
    pub rules: &'static [(&'static str, &'static [&'static str])],
    /// Pairs of a name and its older name, which is looked up if a file lacks the first.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Pairs of tensors that may be copies and their originals. Equal copies are not loaded again.
    pub copies: &'static [(&'static str, &'static str)],
    /// Tensors that a file may hold and that are not loaded, such as those that modules compute.
    pub computed: &'static [&'static str],
}

const NONE: KeyTable =
    KeyTable { layout: "", rules: &[], aliases: &[], copies: &[], computed: &[] };

/// The table of the paper's DiT and of the embedded model's, which adds text.
pub const DIT: KeyTable = KeyTable {
    layout: "original DiT",
    rules: &[
        ("conditioners.0.t_embedder.fc1", &["t_embedder.mlp.0"]),
        ("conditioners.0.t_embedder.fc2", &["t_embedder.mlp.2"]),
        ("blocks.*.adaln_modulation", &["blocks.*.adaLN_modulation.1"]),
        ("final_layer.adaln_modulation", &["final_layer.adaLN_modulation.1"]),
        ("conditioners.0.y_embedder", &["y_embedder"]),
        ("text.", &[""]),
    ],
    computed: &["pos_embed"],
    ..NONE
};

/// The table of DiT in diffusers' layout, where every block has its own embedders, or a copy of
/// one.
pub const DIFFUSERS_DIT: KeyTable = KeyTable {
    layout: "diffusers DiT",
    rules: &[
        ("x_embedder.proj", &["pos_embed.proj"]),
        (
            "conditioners.*.t_embedder.fc1",
            &["transformer_blocks.*.norm1.emb.timestep_embedder.linear_1"],
        ),
        (
            "conditioners.*.t_embedder.fc2",
            &["transformer_blocks.*.norm1.emb.timestep_embedder.linear_2"],
        ),
        ("conditioners.*.y_embedder", &["transformer_blocks.*.norm1.emb.class_embedder"]),
        ("blocks.*.adaln_modulation", &["transformer_blocks.*.norm1.linear"]),
        (
            "blocks.*.attn.qkv",
            &[
                "transformer_blocks.*.attn1.to_q",
                "transformer_blocks.*.attn1.to_k",
                "transformer_blocks.*.attn1.to_v",
            ],
        ),
        ("blocks.*.attn.proj", &["transformer_blocks.*.attn1.to_out.0"]),
        ("blocks.*.mlp.fc1", &["transformer_blocks.*.ff.net.0.proj"]),
        ("blocks.*.mlp.fc2", &["transformer_blocks.*.ff.net.2"]),
        ("final_layer.adaln_modulation", &["proj_out_1"]),
        ("final_layer.linear", &["proj_out_2"]),
    ],
    copies: &[("transformer_blocks.*.norm1.emb", "transformer_blocks.0.norm1.emb")],
    computed: &["pos_embed.pos_embed"],
    ..NONE
};

/// The table of Stable Diffusion's autoencoder in diffusers' layout.
pub const DIFFUSERS_AUTOENCODER_KL: KeyTable = KeyTable {
    layout: "diffusers AutoencoderKL",
    rules: &[
        ("encoder.down_blocks.*.resize", &["encoder.down_blocks.*.downsamplers.0.conv"]),
        ("decoder.up_blocks.*.resize", &["decoder.up_blocks.*.upsamplers.0.conv"]),
        ("encoder.mid_block.attentions.*.to_out", &["encoder.mid_block.attentions.*.to_out.0"]),
        ("decoder.mid_block.attentions.*.to_out", &["decoder.mid_block.attentions.*.to_out.0"]),
    ],
    // These names predate diffusers 0.18; the published sd-vae-ft files have them.
    aliases: &[
        ("*.mid_block.attentions.*.to_q", "*.mid_block.attentions.*.query"),
        ("*.mid_block.attentions.*.to_k", "*.mid_block.attentions.*.key"),
        ("*.mid_block.attentions.*.to_v", "*.mid_block.attentions.*.value"),
        ("*.mid_block.attentions.*.to_out.0", "*.mid_block.attentions.*.proj_attn"),
    ],
    ..NONE
};

/// The table of MiniLM as sentence-transformers saves it, without its pooler.
pub const MINILM: KeyTable = KeyTable {
    layout: "MiniLM",
    rules: &[
        ("layers.*.query", &["encoder.layer.*.attention.self.query"]),
        ("layers.*.key", &["encoder.layer.*.attention.self.key"]),
        ("layers.*.value", &["encoder.layer.*.attention.self.value"]),
        ("layers.*.attention_output", &["encoder.layer.*.attention.output.dense"]),
        ("layers.*.attention_norm", &["encoder.layer.*.attention.output.LayerNorm"]),
        ("layers.*.intermediate", &["encoder.layer.*.intermediate.dense"]),
        ("layers.*.output_norm", &["encoder.layer.*.output.LayerNorm"]),
        ("layers.*.output", &["encoder.layer.*.output.dense"]),
        ("norm", &["embeddings.LayerNorm"]),
        ("word_embeddings", &["embeddings.word_embeddings"]),
        ("position_embeddings", &["embeddings.position_embeddings"]),
        ("token_type_embeddings", &["embeddings.token_type_embeddings"]),
    ],
    computed: &["embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"],
    ..NONE
};

/// The table of the embedded model's residual autoencoder, whose names are the file's.
pub const STICKER_AUTOENCODER: KeyTable = KeyTable { layout: "sticker autoencoder", ..NONE };

/// The table of the upscaler, whose names are the file's.
pub const UPSCALER: KeyTable = KeyTable { layout: "upscaler", ..NONE };

/// The table of U²-Netp, whose names are the file's.
pub const U2NETP: KeyTable = KeyTable { layout: "U²-Netp", ..NONE };

/// The table of an upscaler with its discriminators, in snapshots.
pub const CONTEST: KeyTable = KeyTable { layout: "upscaler in training", ..NONE };

impl KeyTable {
    /// Returns a file's names for the tensor that we call `name`.
    pub fn sources(&self, name: &str) -> Vec<String> {
        let renamed = self.rules.iter().find_map(|(ours, theirs)| {
            theirs.iter().map(|theirs| rename(name, ours, theirs)).collect::<Option<Vec<_>>>()
        });
        renamed.unwrap_or_else(|| vec![name.to_owned()])
    }

    /// Returns the older name of a file's `key`, if there is one.
    pub fn alias(&self, key: &str) -> Option<String> {
        self.aliases.iter().find_map(|(new, old)| rename(key, new, old))
    }

    /// Returns the current name of a file's `key`, which may be an older one.
    pub fn newer(&self, key: &str) -> String {
        let renamed = self.aliases.iter().find_map(|(new, old)| rename(key, old, new));
        renamed.unwrap_or_else(|| key.to_owned())
    }

    /// Returns the key that `key` may be a copy of, if any.
    pub fn original(&self, key: &str) -> Option<String> {
        let original = self.copies.iter().find_map(|(copy, first)| rename(key, copy, first))?;
        (original != key).then_some(original)
    }

    /// Checks that each of `count` parts has a copy of every tensor that the first has.
    ///
    /// # Errors
    /// Returns a clause that names the first missing tensor.
    pub fn check_copies(&self, checkpoint: &Checkpoint, count: usize) -> Result<(), String> {
        for (copy, first) in self.copies {
            for i in 1..count {
                let place = copy.replace('*', &i.to_string());
                let missing = checkpoint
                    .keys()
                    .filter_map(|key| key.strip_prefix(first))
                    .map(|rest| format!("{place}{rest}"))
                    .find(|key| !checkpoint.contains(key));
                if let Some(key) = missing {
                    return Err(format!("the tensor {key} is missing"));
                }
            }
        }
        Ok(())
    }

    /// Returns whether every tensor in `checkpoint` that may be a copy equals its original.
    pub fn copies_are_equal(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint
            .keys()
            .filter_map(|key| Some((key, self.original(key)?)))
            .all(|(key, original)| checkpoint.are_equal(key, &original))
    }
}

/// Replaces the prefix `from` of `name` by `to`, or returns `None` if `name` has another. The parts
/// that match the stars of `from` replace the stars of `to`, in order.
fn rename(name: &str, from: &str, to: &str) -> Option<String> {
    let mut rest = name;
    let mut stars = Vec::new();
    let mut pieces = from.split('*');
    rest = rest.strip_prefix(pieces.next()?)?;
    for piece in pieces {
        let (star, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
        stars.push(star);
        rest = after.strip_prefix(piece)?;
    }
    // A rule matches whole parts: “norm” must not match “norm1”.
    let whole = from.ends_with('.') || rest.is_empty() || rest.starts_with('.');
    if !whole {
        return None;
    }
    let mut stars = stars.into_iter();
    let mut renamed = String::new();
    for (i, piece) in to.split('*').enumerate() {
        if i > 0 {
            renamed.push_str(stars.next()?);
        }
        renamed.push_str(piece);
    }
    Some(renamed + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_parameter_names_to_the_files_names() {
        assert_eq!(DIT.sources("conditioners.0.t_embedder.fc2.bias"), ["t_embedder.mlp.2.bias"]);
        assert_eq!(DIT.sources("text.pad_token"), ["pad_token"]);
        assert_eq!(DIT.sources("blocks.11.attn.qkv.weight"), ["blocks.11.attn.qkv.weight"]);
        assert_eq!(
            DIFFUSERS_DIT.sources("blocks.11.attn.qkv.weight")[1],
            "transformer_blocks.11.attn1.to_k.weight"
        );
        assert_eq!(
            MINILM.sources("layers.3.output_norm.bias"),
            ["encoder.layer.3.output.LayerNorm.bias"]
        );
    }

    #[test]
    fn finds_copies_and_aliases_of_tensors() {
        let copy = "transformer_blocks.5.norm1.emb.class_embedder.embedding_table.weight";
        let first = "transformer_blocks.0.norm1.emb.class_embedder.embedding_table.weight";
        assert_eq!(DIFFUSERS_DIT.original(copy).unwrap(), first);
        assert_eq!(DIFFUSERS_DIT.original(first), None);
        assert_eq!(
            DIFFUSERS_AUTOENCODER_KL.alias("decoder.mid_block.attentions.0.to_out.0.bias").unwrap(),
            "decoder.mid_block.attentions.0.proj_attn.bias"
        );
        for name in ["to_q.weight", "to_out.0.bias"] {
            let new = format!("encoder.mid_block.attentions.0.{name}");
            let old = DIFFUSERS_AUTOENCODER_KL.alias(&new).unwrap();
            assert_eq!(DIFFUSERS_AUTOENCODER_KL.newer(&old), new);
            assert_eq!(DIFFUSERS_AUTOENCODER_KL.newer(&new), new);
        }
    }
}
