//! Untrusted input, changed at random: recipes, links, indexes, captions, pictures, words. Each ends soon
//! in a value or in an error message, and takes no more memory than it justifies.

#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::path::Path;

use burn::tensor::Device;
use patchwork::dataset::gather::{CAPTIONS, folder};
use patchwork::image::Image;
use patchwork::image::file as picture_file;
use patchwork::pipeline::{Folder, Pipeline};
use patchwork::recipe::address;
use patchwork::recipe::seed;
use patchwork::recipe::{Recipe, fields};
use patchwork::text::{EmojiNames, Tokenizer};
use patchwork::tools::words::meant;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Returns a strategy for the names of a recipe's fields, and one unknown name.
fn field() -> impl Strategy<Value = &'static str> {
    prop::sample::select([fields(), &["of_tomorrow"]].concat())
}

/// Returns a strategy for JSON values of all kinds.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0u64..40).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(Value::from("../../etc/passwd")),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(".{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Checks that an error is a sentence, and that the peak memory is at most a small multiple of the input's
/// size plus a constant.
fn bounded<T>(input: usize, work: impl FnOnce() -> patchwork::Result<T>) -> Option<T> {
    let mut found = None;
    let info = allocation_counter::measure(|| {
        found = match work() {
            Ok(found) => Some(found),
            Err(error) => {
                assert!(error.to_string().ends_with('.'), "{error}");
                None
            }
        };
    });
    assert!(info.bytes_max <= 64 * input as u64 + (256 << 10), "{} for {input}", info.bytes_max);
    found
}

fn picture(recipe: &str) -> Vec<u8> {
    let pixels = (0..4 * 32 * 32).map(|i| (i * 7 % 251) as u8).collect();
    Image { width: 32, height: 32, pixels }.to_png(Some(recipe)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_recipe_is_valid_or_refused(fields in proptest::collection::btree_map(field(), value(), 0..8)) {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        let text = Value::Object(fields.collect()).to_string();
        if let Some((recipe, unknown)) = bounded(text.len(), || Recipe::from_json(&text)) {
            prop_assert!(recipe.check().is_ok());
            prop_assert_eq!(unknown.contains(&"of_tomorrow".to_owned()), text.contains("of_tomorrow"));
        }
    }

    #[test]
    fn any_text_as_a_recipe_or_seed_never_panics(text in ".{0,200}") {
        drop(bounded(text.len(), || Recipe::from_json(&text)));
        prop_assert_eq!(meant(&text, ["noto", "fluent flat", &text]), Some(text.as_str()));
        if let Ok(seed) = seed(&text) {
            prop_assert!(text.trim().parse::<f64>().is_ok_and(|number| number >= 0.0), "{seed}");
        }
    }

    #[test]
    fn any_link_gives_a_recipe_that_round_trips(pairs in proptest::collection::vec((field(), ".{0,30}|[-0-9.e ]{0,12}"), 0..10)) {
        let address = address::read(&pairs);
        prop_assert!(address.recipe.guidance.is_none_or(f64::is_finite));
        prop_assert!(address.unknown.len() <= pairs.len());
        let mut whole = address.recipe.onto(address::standard());
        // Links name a model by its hash.
        if whole.model_hash.is_empty() {
            whole.model.clear();
        }
        let again = address::read(&address::pairs(&whole));
        prop_assert!(again.unknown.is_empty(), "{:?}", again.unknown);
        prop_assert_eq!(again.recipe.onto(address::standard()), whole);
    }

    #[test]
    fn any_index_without_weights_is_refused(
        index in prop_oneof![Just(Value::Null), value()],
        shards in prop_oneof![
            value(),
            proptest::collection::btree_map(".{0,4}", "[./\\\\a:]{0,6}(\\.safetensors)?", 0..4)
                .prop_map(|map| json!(map)),
        ],
    ) {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        for part in ["transformer", "vae", "scheduler"] {
            std::fs::create_dir(at(part)).unwrap();
        }
        let config = json!({"num_layers": 1, "num_attention_heads": 1, "attention_head_dim": 8,
            "clip_sample": false, "block_out_channels": [32]}).to_string();
        for file in ["transformer/config.json", "vae/config.json", "scheduler/scheduler_config.json"] {
            std::fs::write(at(file), &config).unwrap();
        }
        let index = json!({"_class_name": "DiTPipeline", "scheduler": index});
        std::fs::write(at("model_index.json"), index.to_string()).unwrap();
        let shards = json!({"weight_map": shards});
        let name = "transformer/diffusion_pytorch_model.safetensors.index.json";
        std::fs::write(at(name), shards.to_string()).unwrap();
        let source = Folder(place.path().to_owned());
        let loaded = bounded(config.len(), || {
            pollster::block_on(Pipeline::load(&source, &Device::flex()))
        });
        prop_assert!(loaded.is_none());
    }

    #[test]
    fn any_captions_are_read_or_refused(
        lines in proptest::collection::vec((value(), "a\\.png|[./a\\\\]{0,9}", value()), 0..4),
        rest in ".{0,60}",
    ) {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.png"), picture("{}")).unwrap();
        let line = |(text, file, more): (Value, String, Value)| {
            json!({"file_name": file, "text": text, "style": more, "tags": more}).to_string()
        };
        let text: Vec<String> = lines.into_iter().map(line).chain([rest]).collect();
        std::fs::write(place.path().join(CAPTIONS), text.join("\n")).unwrap();
        match folder::read(place.path()) {
            Ok((dataset, _)) => prop_assert_eq!(dataset.entries.len(), dataset.pictures.len()),
            Err(error) => prop_assert!(error.to_string().ends_with('.'), "{}", error),
        }
    }

    #[test]
    fn changed_pngs_take_bounded_memory(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut png = picture("{\"prompt\": \"fish\"}");
        for (index, byte) in changes {
            let at = index.index(png.len());
            png[at] = byte;
        }
        png.truncate(end.index(png.len()) + 1);
        // Deflate expands a byte to at most 1032. Decoders keep a few rows and copies besides.
        let most = 4 * 1100 * png.len() as u64 + (1 << 20);
        let info = allocation_counter::measure(|| {
            for outcome in [
                Image::recipe_of_png(&png).map(drop),
                Image::from_png(&png).map(drop),
                picture_file::read(&png).map(drop).map_err(patchwork::Error::Recipe),
            ] {
                if let Err(error) = outcome {
                    assert!(error.to_string().ends_with('.'), "{error}");
                }
            }
        });
        prop_assert!(info.bytes_max < most, "{} for {}", info.bytes_max, png.len());
    }

    #[test]
    fn any_text_gives_tokens_within_the_limit(names in "(\\PC{1,3}\t[a-z]{1,5}\n){0,4}", text in "\\PC{0,40}") {
        let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\n";
        let tokenizer = Tokenizer::new(vocabulary).unwrap();
        let tokenizer = match EmojiNames::new(&names) {
            Ok(names) => tokenizer.with_emoji(names),
            Err(error) => {
                prop_assert!(error.to_string().contains("line"), "{}", error);
                tokenizer
            }
        };
        let tokens = tokenizer.encode(&text, 8).unwrap();
        prop_assert!(tokens.ids.len() <= 8 && tokens.ids.len() >= 2);
        prop_assert_eq!(tokens.cut.is_some(), tokenizer.encode(&text, 10_000).unwrap().ids.len() > 8);
    }

    #[test]
    fn any_vocabulary_keeps_its_lines_or_is_refused(lines in proptest::collection::vec("\\PC{0,6}", 0..12)) {
        let special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
        let all = format!("{special}{}", lines.join("\n"));
        if let Some(tokenizer) = bounded(all.len(), || Tokenizer::new(&all)) {
            prop_assert_eq!(tokenizer.vocabulary_size(), all.lines().count());
        }
    }
}

/// A PNG of a hundred bytes whose header claims four thousand million pixels takes little memory.
#[test]
fn refuses_a_giant_png_header_in_little_memory() {
    let mut png = picture("{}");
    png[16..24].copy_from_slice(&[0, 0, 255, 255, 0, 0, 255, 255]);
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let info = allocation_counter::measure(|| {
        let error = Image::from_png(&png).unwrap_err().to_string();
        assert!(error.contains("too large") || error.contains("limit"), "{error}");
        assert!(picture_file::read(&png).is_err());
    });
    assert!(info.bytes_max < 4 << 20, "{}", info.bytes_max);
}

/// The texts in the shipped folder are valid.
#[test]
fn the_shipped_vocabulary_knows_every_emoji_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let names = EmojiNames::new(&read("emoji.tsv")).unwrap();
    let tokenizer = Tokenizer::new(&read("vocab.txt")).unwrap();
    assert!(names.names().count() > 1900);
    for name in names.names() {
        let tokens = tokenizer.encode(name, 64).unwrap();
        assert!(tokens.unknown.is_empty(), "{name}: {:?}", tokens.unknown);
    }
}
