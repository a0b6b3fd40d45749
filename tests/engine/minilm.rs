//! MiniLM with its real weights, and its tokenizer on texts of many kinds.

use burn::tensor::Device;
use patchwork::pipeline::stickers::text_config;
use patchwork::text::{TextReader, Tokenizer, WordTable};
use patchwork::weights::{Checkpoint, keys, load};
use safetensors::SafeTensors;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::support::{assert_close, json, on_each_device, root, tensors};

/// The tolerance for six layers of f32, which are summed in another order.
const TOLERANCE: f32 = 2e-5;

on_each_device!(encodes_prompts_as_transformers_does);

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

fn encodes_prompts_as_transformers_does(device: &Device) {
    let path = root("www/models/stickers/text_encoder.safetensors");
    let checkpoint = Checkpoint::new("MiniLM", vec![std::fs::read(path).unwrap()]).unwrap();
    let encoder = text_config(&checkpoint).init(device);
    let encoder = load(encoder, &checkpoint, &keys::MINILM).unwrap();
    let device = device.clone();
    let words = WordTable::default();
    let reader = TextReader { tokenizer: tokenizer(), encoder, words, max_tokens: 512, device };
    let file = tensors("minilm");
    for (i, case) in json::<Fixture>("minilm").prompts.iter().enumerate() {
        let (got, tokens) = reader.read(&case.text).unwrap();
        assert_eq!((&tokens.ids, &tokens.cut), (&case.ids, &None));
        assert_close(&case.text, got, &file, &i.to_string(), TOLERANCE);
    }
}

#[test]
fn tokenises_as_the_reference_does() {
    let tokenizer = tokenizer();
    let cases: Vec<Case> = json("wordpiece_cases");
    assert!(cases.len() > 300);
    for case in cases {
        let tokens = tokenizer.encode(&case.text, usize::MAX).unwrap();
        assert_eq!(tokens.ids, case.ids, "{:?}", case.text);
    }
}

#[derive(Deserialize)]
struct Rows {
    rows_sha256: String,
}

/// Trimming the vocabulary has not changed ten thousand common words: they have the same word pieces as
/// with the whole vocabulary, and these have the same embedding rows, bit by bit.
#[test]
fn the_trimmed_vocabulary_keeps_common_words_unchanged() {
    let model = root("www/models/stickers");
    let vocabulary = std::fs::read_to_string(model.join("vocab.txt")).unwrap();
    let (lines, tokenizer) = (vocabulary.lines().collect::<Vec<_>>(), tokenizer());
    let weights = std::fs::read(model.join("text_encoder.safetensors")).unwrap();
    let weights = SafeTensors::deserialize(&weights).unwrap();
    let [table, scales] = ["", ".scale"].map(|part| {
        let name = format!("embeddings.word_embeddings.weight{part}");
        let tensor = weights.tensor(&name).unwrap();
        assert_eq!(tensor.shape()[0], lines.len());
        tensor.data().chunks_exact(tensor.data().len() / lines.len()).collect::<Vec<_>>()
    });
    let words = std::fs::read_to_string(root("tests/golden/vocabulary.txt")).unwrap();
    let (mut digest, mut count) = (Sha256::new(), 0);
    for line in words.lines() {
        let (word, pieces) = line.split_once(' ').unwrap_or((line, line));
        let ids = tokenizer.encode(word, usize::MAX).unwrap().ids;
        let ids: Vec<usize> = ids[1..ids.len() - 1].iter().map(|&id| id as usize).collect();
        let got: Vec<&str> = ids.iter().map(|&id| lines[id]).collect();
        assert_eq!(got.join(" "), pieces, "{word}");
        ids.iter().for_each(|&id| {
            digest.update(table[id]);
            digest.update(scales[id]);
        });
        count += 1;
    }
    assert_eq!(count, 10_000);
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, json::<Rows>("vocabulary").rows_sha256);
}
