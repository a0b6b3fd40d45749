"""`stickers`: the embedded model from its own weights, prompt to picture, in f32.

Per recipe: "<i>.noise" (randn of the seed), "<i>.text_states" (of the prompt, f32), "<i>.latents"
(normalised, as the network leaves them), "<i>.rgba" (premultiplied, 0..1, stored as f16).
"encode.mean" and "encode.logvar": what the encoder makes of recipe 0's rgba, as stored, times 2
minus 1; not normalised. The JSON holds the recipes.

If the folder has a reference.safetensors (in the same form), the results are compared with it.
"""

import json

import torch
from safetensors.torch import load_file

from fixtures import load_weights, randn, save
from reference_autoencoder import Autoencoder
from reference_dit import DiT
from text_encoder import load_encoder, load_tokenizer

RECIPES = [
    {"prompt": "red apple", "style": "noto", "seed": 7, "steps": 20, "guidance": 3.0, "sampler": "euler"},
    {"prompt": "dog face", "style": "3d", "seed": 42, "steps": 20, "guidance": 3.0, "sampler": "euler"},
    {"prompt": "blue car", "style": "twemoji", "seed": 123456789, "steps": 8, "guidance": 4.5, "sampler": "euler",
     "shift": 1.0},
    {"prompt": "fish", "style": "noto", "seed": 3, "steps": 10, "guidance": 5.0, "sampler": "euler", "shift": 1.0,
     "negative": "blue", "guidance_interval": [0.3, 0.9], "guidance_channels": 3},
]


def load(module, path):
    module.load_state_dict(load_weights(path), strict=True)
    return module.eval()


class Stickers:
    def __init__(self, weights):
        self.model = model = json.loads((weights / "model.json").read_text(encoding="utf-8"))
        channels, self.text_tokens = model["latent"][0], model["text_tokens"]
        self.tokenizer, self.encoder = load_tokenizer(weights), load_encoder(weights)
        dit = DiT(channels, channels, model["patch_size"], model["hidden_size"], model["depth"],
                  model["num_heads"], model["null_style"] + 1, model["text_dim"], self.text_tokens)
        self.dit = load(dit, weights / "dit.safetensors")
        halves = [load_weights(weights / f"{name}.safetensors") for name in ("vae", "vae_encoder")]
        self.autoencoder = Autoencoder()
        self.autoencoder.load_state_dict(halves[0] | halves[1], strict=True)
        self.autoencoder.eval()

    def states(self, prompt):
        ids = self.tokenizer(prompt, truncation=True, max_length=self.text_tokens)["input_ids"]
        return self.encoder(torch.tensor([ids])).last_hidden_state[0]

    def latents(self, recipe, noise, states):
        """Euler with guidance; the prediction without the prompt may leave out blocks."""
        style, steps = self.model["styles"].index(recipe["style"]), recipe["steps"]
        shift = recipe.get("shift", self.model["shift"])
        times = [shift * t / (1 + (shift - 1) * t) for t in (1 - step / steps for step in range(steps + 1))]
        labels = torch.tensor([style, self.model["null_style"]])
        both, z = [states, self.states(recipe.get("negative", ""))], noise
        lowest, highest = recipe.get("guidance_interval", [0.0, 1.0])
        guided = recipe.get("guidance_channels", noise.shape[1])
        for step in range(steps):
            t, after = times[step], times[step + 1]
            at = torch.full([1], t * 1000)
            skips = self.model.get("guidance_skips")
            v = self.dit(z, at, labels[:1], both[:1], skips=skips if t < self.model.get("short_below", 0) - 1e-6 else None)
            v_null = self.dit(z, at, labels[1:], both[1:], skips=skips)
            # The levels are those that are typed, but for their last digits.
            if lowest - 1e-6 <= t <= highest + 1e-6:
                towards = v_null + recipe["guidance"] * (v - v_null)
                v = torch.cat([towards[:, :guided], v[:, guided:]], dim=1)
            z = z + (after - t) * v
        return z

    def rgba(self, latents):
        mean, std = (torch.tensor(self.model[key])[:, None, None] for key in ("latent_mean", "latent_std"))
        return (self.autoencoder.decoder(latents * std + mean) / 2 + 0.5).clamp(0, 1)


def compare(results, path):
    reference = load_file(path)
    for name in ("noise", "text_states", "latents", "rgba"):
        keys = [key for key in reference if key.endswith(name)]
        print(f"stickers: {name} differs by {max((results[k] - reference[k]).abs().max().item() for k in keys):.2e}")


def make(weights):
    stickers, results = Stickers(weights), {}
    for i, recipe in enumerate(RECIPES):
        noise, states = randn(recipe["seed"], 1, *stickers.model["latent"]), stickers.states(recipe["prompt"])
        latents = stickers.latents(recipe, noise, states)
        results |= {f"{i}.noise": noise, f"{i}.text_states": states, f"{i}.latents": latents,
                    f"{i}.rgba": stickers.rgba(latents)}
    if (weights / "reference.safetensors").exists():
        compare(results, weights / "reference.safetensors")

    stored = {key: value.half() if key.endswith("rgba") else value for key, value in results.items()}
    mean, logvar = stickers.autoencoder.encoder(stored["0.rgba"].float() * 2 - 1)
    save("stickers", RECIPES, stored | {"encode.mean": mean, "encode.logvar": logvar})
