"""Random weights that need no file: both sides draw them from PyTorch's CPU generator.

A manifest is a list, in sorted order of names, of {"name", "shape", "seed", "scale", "offset"}:

    tensor = offset + scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))

in f32 (scale is rounded, then the product, then the sum). seed = 1000 k + index, with another k for every
network, so no two tensors are alike. The scales keep activations near 1; no adaLN weight is
zero, as it would be at the start of a training, because then the blocks would do nothing.
"""

import math

import torch

from fixtures import randn
from reference_dit import POOLED_LENGTH


def manifest(shapes, k):
    """`shapes`: name -> shape, as a saved checkpoint has them."""
    assert len(shapes) < 1000
    entries = []
    for index, name in enumerate(sorted(shapes)):
        shape = list(shapes[name])
        scale, offset = 0.1, 0.0
        if name.endswith("embedding_table.weight"):
            scale = 0.5
        elif name == "pooled_embedder.weight":  # its input has a fixed length
            scale = 1 / POOLED_LENGTH
        elif len(shape) >= 2:
            scale = 1 / math.sqrt(math.prod(shape[1:]))
        elif name.endswith(".running_var"):  # never negative, and such that ReLU6 cuts at both of its ends
            scale, offset = 0.02, 0.5
        elif name.endswith(".weight"):  # of a norm
            offset = 1.0
        entries.append(
            {"name": name, "shape": shape, "seed": 1000 * k + index, "scale": scale, "offset": offset}
        )
    return entries


def tensors(entries):
    return {e["name"]: e["offset"] + e["scale"] * randn(e["seed"], *e["shape"]) for e in entries}


def fill(module, k):
    """Gives a module its random weights, strictly by name, and returns their manifest."""
    entries = manifest({name: value.shape for name, value in module.state_dict().items()}, k)
    module.load_state_dict(tensors(entries), strict=True)
    assert all(value.dtype == torch.float32 for value in module.state_dict().values())
    module.eval()
    return entries
