"""`minilm` and `wordpiece_cases.json`: the text encoder and its tokenizer.

`minilm`: last hidden states ("<index>", [tokens, 384] f32) of each prompt by itself, with the
embedded model's f16 weights widened to f32. The JSON has config, prompts and ids.

`wordpiece_cases.json`: a list of {"text", "ids"}, ids with [CLS] and [SEP] and without truncation,
of transformers' uncased BertTokenizer made from vocab.txt (the one in Rust; texts in
wordpiece_texts.py). What it does that the papers do not say:

- Special tokens typed literally ([PAD] [UNK] [CLS] [SEP] [MASK], exactly so) become their ids, in
  the middle of a word too; they are found before the text is normalised, so "[mask]" is three tokens.
- Order: control characters go and whitespace becomes a space, CJK ideographs get spaces, then NFD
  without nonspacing marks (Mn), then lower case. Sharp s, final sigma and ligatures stay.
- Categories are those of Unicode 8.0, later characters having none: later marks stay, later
  punctuation does not split words. Lower case is today's; NFD leaves U+11938 as it is.
- Control means Cc (but tab, newline, carriage return), Cf, Co, NUL and U+FFFD. Unassigned code
  points and noncharacters stay (and become [UNK]); Python's older tokenizer dropped them.
- CJK means 3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2A700-2B81F 2B920-2CEAF 2F800-2FA1F.
- Punctuation means P* and ASCII's symbols; other symbols are letters to it.
- A word of more than 100 characters is [UNK], and so is one with any part not in the vocabulary.
"""

import random

import torch

from fixtures import save
from text_encoder import CONFIG, load_encoder, load_tokenizer
from wordpiece_texts import TEXTS

PROMPTS = ["red apple", "", "a small blue house with a red door, watercolour", "naïve café 東京 🍕"]


def random_texts(count, seed):
    """Strings over all planes, no surrogates; two thirds of the characters from the lowest planes."""
    source = random.Random(seed)
    ranges = [(0, 0x7F), (0x80, 0x24F), (0x250, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0xD7FF),
              (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x3FFFF), (0xE0000, 0xE01FF), (0, 0xD7FF),
              (0xE000, 0x10FFFF)]
    return [
        "".join(chr(source.randint(*source.choice(ranges))) for _ in range(source.randint(1, 24)))
        for _ in range(count)
    ]


def make(weights):
    tokenizer, encoder = load_tokenizer(weights), load_encoder(weights)
    texts = TEXTS + random_texts(150, seed=7)
    save("wordpiece_cases", [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in texts])

    ids = [tokenizer(prompt)["input_ids"] for prompt in PROMPTS]
    states = {str(i): encoder(torch.tensor([row])).last_hidden_state[0] for i, row in enumerate(ids)}
    prompts = [{"text": text, "ids": row} for text, row in zip(PROMPTS, ids)]
    save("minilm", {"config": CONFIG, "prompts": prompts}, states)
