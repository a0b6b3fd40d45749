"""Writes a fixture: `<name>.json` and, when there are tensors, `<name>.safetensors`.

The JSON keeps whatever fits in a line on one line, so that manifests and lists of
timesteps stay readable and differences between versions stay small.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

FOLDER = Path(__file__).resolve().parent
LINE = 110


def layout(value, depth=0):
    """JSON text: containers that fit in a line are not broken up."""
    flat = json.dumps(value, allow_nan=False)
    if len(flat) + depth <= LINE or not isinstance(value, (dict, list)):
        return flat
    inner, outer = " " * (depth + 1), " " * depth
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {layout(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}"
    if all(isinstance(item, (int, float)) for item in value):
        return "[" + fill([json.dumps(item) for item in value], inner) + f"\n{outer}]"
    rows = [inner + layout(item, depth + 1) for item in value]
    return "[\n" + ",\n".join(rows) + f"\n{outer}]"


def fill(words, indent):
    """Comma-separated words, as many on a line as fit."""
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) > LINE:
            lines.append(line)
            line = ""
        line += ("" if not line else " ") + word + ","
    lines.append(line)
    return "".join(f"\n{indent}{line}" for line in lines)[:-1]


def save(name, document, tensors=None):
    path = FOLDER / f"{name}.json"
    path.write_text(layout(document) + "\n", encoding="utf-8")
    sizes = [path.stat().st_size]
    if tensors:
        path = path.with_suffix(".safetensors")
        save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()}, path)
        path.chmod(0o644)
        sizes.append(path.stat().st_size)
    print(f"{name}: {' + '.join(f'{size:,}' for size in sizes)} bytes")


def load_weights(path):
    """A file's tensors in f32; what is in bytes comes with scales, [rows, groups of a row]."""
    tensors = load_file(path)
    scales = {name: tensors.pop(f"{name}.scale") for name in [n for n, v in tensors.items() if v.dtype == torch.int8]}

    def scaled(value, scale):
        return (value.float().view(*scale.shape, -1) * scale.float()[..., None]).view(value.shape)

    return {name: scaled(value, scales[name]) if name in scales else value.float() for name, value in tensors.items()}


def numbers(tensor):
    """A tensor or array as JSON numbers; f32 values are written with every digit they have."""
    return np.asarray(tensor).astype(np.float64).tolist()


def generator(seed):
    return torch.Generator().manual_seed(seed)


def randn(seed, *shape):
    return torch.randn(shape, generator=generator(seed))
