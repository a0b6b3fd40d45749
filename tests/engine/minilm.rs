//! MiniLM with its real weights, and its tokenizer on texts of all kinds.

use burn::tensor::Device;
use patchwork::model::MiniLmConfig;
use patchwork::text::{self, Tokenizer, Tokens};
use patchwork::weights::{Checkpoint, keys, load};
use serde::Deserialize;

use crate::support::{assert_close, json, on_each_device, root, tensors};

/// Six layers of f32 in another order of summing.
const TOLERANCE: f32 = 2e-5;

on_each_device!(states);

#[derive(Deserialize)]
struct Fixture {
    prompts: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
}

fn tokenizer() -> Tokenizer {
    let vocabulary = root("www/models/stickers/vocab.txt");
    Tokenizer::new(&std::fs::read_to_string(vocabulary).unwrap()).unwrap()
}

fn states(device: &Device) {
    let path = root("www/models/stickers/text_encoder.safetensors");
    let checkpoint = Checkpoint::new("MiniLM", vec![std::fs::read(path).unwrap()]).unwrap();
    let encoder = load(MiniLmConfig::new().init(device), &checkpoint, &keys::MINILM).unwrap();
    let (file, tokenizer) = (tensors("minilm"), tokenizer());
    for (i, case) in json::<Fixture>("minilm").prompts.iter().enumerate() {
        let tokens = tokenizer.encode(&case.text, 512).unwrap();
        assert_eq!(tokens, Tokens { ids: case.ids.clone(), cut: None });
        let got = text::encode(&encoder, &tokens, device);
        assert_close(&case.text, got, &file, &i.to_string(), TOLERANCE);
    }
}

#[test]
fn any_text_becomes_the_references_tokens() {
    let tokenizer = tokenizer();
    let cases: Vec<Case> = json("wordpiece_cases");
    assert!(cases.len() > 300);
    for case in cases {
        let tokens = tokenizer.encode(&case.text, usize::MAX).unwrap();
        assert_eq!(tokens.ids, case.ids, "{:?}", case.text);
    }
}
