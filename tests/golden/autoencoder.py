"""`autoencoder_kl`: diffusers' AutoencoderKL, both ways.

"sd" has the config of sd-vae-ft-ema (the autoencoder of the published DiTs), "tiny" one of two
levels, for a quick test with a batch. Per case: config, manifest of the random weights, and
"<case>.image" -> "<case>.mean", "<case>.logvar" (of the encoder, log-variance clamped to [-30, 20]);
"<case>.latent" -> "<case>.decoded". No scaling factor is applied on either side.
"""

import json

from diffusers import AutoencoderKL

from fixtures import randn, save
from random_weights import fill


def config(channels, layers, groups, sample_size):
    return dict(
        act_fn="silu", block_out_channels=channels, latent_channels=4, layers_per_block=layers,
        norm_num_groups=groups, sample_size=sample_size, scaling_factor=0.18215,
        in_channels=3, out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * len(channels),
        up_block_types=["UpDecoderBlock2D"] * len(channels),
    )


CASES = {
    "sd": (config([128, 256, 512, 512], 2, 32, 256), (1, 3, 16, 24), (1, 4, 2, 3)),
    "tiny": (config([8, 16], 1, 4, 16), (2, 3, 10, 14), (2, 4, 5, 3)),
}


def make(weights):
    cases, tensors = [], {}
    for k, (name, (sizes, image_shape, latent_shape)) in enumerate(CASES.items(), start=31):
        model = AutoencoderKL(**sizes)
        entries = fill(model, k)
        image, latent = randn(k, *image_shape), randn(k + 100, *latent_shape)
        posterior = model.encode(image).latent_dist
        tensors |= {f"{name}.image": image, f"{name}.mean": posterior.mean, f"{name}.logvar": posterior.logvar,
                    f"{name}.latent": latent, f"{name}.decoded": model.decode(latent).sample}
        cases.append({"name": name, "config": json.loads(model.to_json_string()), "manifest": entries})
    save("autoencoder_kl", {"cases": cases}, tensors)
