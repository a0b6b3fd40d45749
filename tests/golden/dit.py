"""`dit_diffusers` and `dit_original`: the network in the two layouts its checkpoints come in.

Every case has its config, the manifest of its random weights, and in the safetensors file
"<case>.x", "<case>.out" and whatever else it takes in; timesteps and labels are in the JSON.

`dit_diffusers`: diffusers' DiTTransformer2DModel, config as its config.json says.
`dit_original`: the published checkpoints' layout, computed by reference_dit.py. Those checkpoints
also hold the fixed positions as `pos_embed`; "buffers" names the tensor of the fixture that has
them, since they are no random numbers.
"""

import json

import torch
from diffusers import DiTTransformer2DModel

from fixtures import randn, save
from random_weights import fill
from reference_dit import POOLED_LENGTH, DiT, grid_positions

DIFFUSERS = {
    "odd": dict(num_attention_heads=4, attention_head_dim=5, in_channels=3, out_channels=6, num_layers=3,
                sample_size=9, patch_size=3, num_embeds_ada_norm=11),
    "wide": dict(num_attention_heads=16, attention_head_dim=72, in_channels=4, out_channels=8, num_layers=2,
                 sample_size=8, patch_size=2, num_embeds_ada_norm=1000),
}
DIFFUSERS_RUNS = {"odd": ([999, 37], [4, 11]), "wide": ([999, 37], [207, 1000])}

# Sizes as the class takes them, the input's height and width, and whether pos_embed is saved.
ORIGINAL = {
    "rectangle": (dict(in_channels=3, out_channels=6, patch_size=2, hidden_size=24, depth=2, num_heads=3,
                       num_labels=8), (6, 10), True),
    "patch4": (dict(in_channels=4, out_channels=4, patch_size=4, hidden_size=32, depth=2, num_heads=2,
                    num_labels=6), (8, 8), True),
    "text": (dict(in_channels=8, out_channels=8, patch_size=2, hidden_size=32, depth=3, num_heads=4,
                  num_labels=10, text_dim=12, text_tokens=6), (8, 12), False),
}
ORIGINAL_RUNS = {
    "rectangle": ([999.0, 37.0], [2, 7]),
    "patch4": ([500.0, 0.0], [5, 0]),
    "text": ([0.71 * 1000, 0.05 * 1000], [3, 9]),
}


def make_diffusers(weights):
    cases, tensors = [], {}
    for k, (name, sizes) in enumerate(DIFFUSERS.items(), start=11):
        model = DiTTransformer2DModel(**sizes)
        entries = fill(model, k)
        timesteps, labels = DIFFUSERS_RUNS[name]
        x = randn(k, 2, sizes["in_channels"], sizes["sample_size"], sizes["sample_size"])
        out = model(x, timestep=torch.tensor(timesteps), class_labels=torch.tensor(labels)).sample
        tensors |= {f"{name}.x": x, f"{name}.out": out}
        cases.append({"name": name, "config": json.loads(model.to_json_string()), "timesteps": timesteps,
                      "labels": labels, "manifest": entries})
    save("dit_diffusers", {"cases": cases}, tensors)


def make_original(weights):
    cases, tensors = [], {}
    for k, (name, (sizes, (height, width), saved_positions)) in enumerate(ORIGINAL.items(), start=21):
        model = DiT(**sizes)
        entries = fill(model, k)
        timesteps, labels = ORIGINAL_RUNS[name]
        x = randn(k, 2, sizes["in_channels"], height, width)
        case = {"name": name, "config": sizes, "height": height, "width": width, "timesteps": timesteps,
                "labels": labels, "buffers": {}, "manifest": entries}
        states = None
        if "text_dim" in sizes:
            states = [randn(k + 100, 3, sizes["text_dim"]), randn(k + 200, 6, sizes["text_dim"])]
            case["pooled_length"] = POOLED_LENGTH
            tensors |= {f"{name}.states.{i}": state for i, state in enumerate(states)}
        if saved_positions:
            grid = height // sizes["patch_size"], width // sizes["patch_size"]
            tensors[f"{name}.pos_embed"] = grid_positions(*grid, sizes["hidden_size"])
            case["buffers"]["pos_embed"] = f"{name}.pos_embed"
        out = model(x, torch.tensor(timesteps), torch.tensor(labels), states)
        tensors |= {f"{name}.x": x, f"{name}.out": out}
        if name == "text":  # the second row by the short path
            short = model(x, torch.tensor(timesteps), torch.tensor(labels), states, skips=[1, 2])
            tensors[f"{name}.short"] = torch.cat([out[:1], short[1:]])
            case["skips"] = [1, 2]
        cases.append(case)
    save("dit_original", {"cases": cases}, tensors)
