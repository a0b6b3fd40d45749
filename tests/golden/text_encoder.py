"""The embedded model's text encoder (all-MiniLM-L6-v2 without its pooler) as transformers has it."""

from transformers import BertConfig, BertModel, BertTokenizer

from fixtures import load_weights

CONFIG = dict(vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
              intermediate_size=1536, hidden_act="gelu", layer_norm_eps=1e-12,
              max_position_embeddings=512, type_vocab_size=2)


def load_tokenizer(weights):
    lines = (weights / "vocab.txt").read_text(encoding="utf-8").split("\n")
    vocabulary = {token: index for index, token in enumerate(lines) if token}
    return BertTokenizer(vocab=vocabulary, do_lower_case=True)


def load_encoder(weights):
    tensors = load_weights(weights / "text_encoder.safetensors")
    rows = {size: tensors[f"embeddings.{table}_embeddings.weight"].shape[0]
            for size, table in (("vocab_size", "word"), ("max_position_embeddings", "position"))}
    model = BertModel(BertConfig(**CONFIG | rows), add_pooling_layer=False)
    model.load_state_dict(tensors, strict=True)
    return model.eval()
