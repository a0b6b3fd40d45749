"""`lite0`: the features of three small pictures, by EfficientNet-Lite0 with random weights.

"rgba" ([3, 4, h, w], 0..255) -> "subject", "texture", and "layer.0" to "layer.3". Sides are such that some strides
meet an odd number of rows and others an even one. The JSON holds the manifest.

The package's own weights are too large to be kept here. Run as a script, this compares them with what the program
made of a dataset's pictures, the features that `patchwork evaluate` keeps beside it in f16:

    python lite0.py efficientnet-lite0.pth stickers.safetensors
"""

import sys
from pathlib import Path

import torch
from safetensors import safe_open

from fixtures import generator, save
from random_weights import fill
from reference_lite0 import Lite0, on_white

HEIGHT, WIDTH = 37, 50
COMPARED = 3


def pictures():
    """A disc with a soft edge, on nothing; stripes behind a gradient of alpha; noise."""
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    edge = 255 - 40 * ((x - 25) ** 2 + (y - 18) ** 2).sub(160).div(10, rounding_mode="floor")
    disc = torch.stack([200 + 0 * x, 3 * x, 5 * y, edge])
    stripes = torch.stack([(x // 4 % 2) * 255, (y // 5 % 2) * 180, (x + y) % 256, 255 * x // (WIDTH - 1)])
    noise = torch.randint(0, 256, (4, HEIGHT, WIDTH), generator=generator(61))
    return torch.stack([disc, stripes, noise]).clamp(0, 255).to(torch.uint8)


def make(_weights):
    model = Lite0()
    entries = fill(model, 61)
    rgba = pictures()
    subject, texture, layers = model(on_white(rgba))
    layers = {f"layer.{i}": layer for i, layer in enumerate(layers)}
    save("lite0", {"manifest": entries}, {"rgba": rgba.half(), "subject": subject, "texture": texture, **layers})


def compare(weights, data):
    model = Lite0()
    values = torch.load(weights, weights_only=True)
    kept = {name: value for name, value in values.items() if not name.startswith("_fc.") and "num_batches" not in name}
    model.load_state_dict(kept, strict=True)
    model.eval()
    with safe_open(data, "pt") as file:
        images = file.get_slice("pictures")
        rows = [i * images.get_shape()[0] // COMPARED for i in range(COMPARED)]
        rgba = torch.stack([images[i] for i in rows]).permute(0, 3, 1, 2)
    with safe_open(data.with_suffix(".features.safetensors"), "pt") as file:
        features = file.get_slice("subject and manner")
        found = torch.stack([features[i] for i in rows]).float()
    subject, texture, _ = model(on_white(rgba))
    for name, want, got in [("subject", subject, found[:, :1280]), ("texture", texture, found[:, 1280 : 1280 + 224])]:
        apart = (got - want).abs().max()
        between = (want - want.roll(1, 0)).abs().max()
        print(f"{name}: off by {apart:.1e} at most; two pictures differ by {between:.1e}, the largest is {want.max():.1e}")


if __name__ == "__main__":
    with torch.no_grad():
        compare(*map(Path, sys.argv[1:]))
