"""`pipeline`: diffusers' whole DiTPipeline, from a folder on disk to a picture.

"files" of a run are the folder's JSON files, each as one string, the very text that save_pretrained
writes (for DPM-Solver it holds "-Infinity", so it is not strict JSON). "manifests" give the two
safetensors files beside them (diffusion_pytorch_model.safetensors), whose names and shapes are
checked here against what was saved.

The runs have the same weights and noise: "ddim" (the pipeline's own scheduler), and others made from its
config by from_config. Those have spacing "linspace" where the former has "leading": what a config has only
by its class's default is not carried over. Guidance of 1 and below guides nothing. In "index_wins" the index
names another scheduler than the scheduler's own file, and that is what from_pretrained makes. The flows are
drawn by multistep solvers: DiTPipeline cannot run the FlowMatch schedulers, and begins with too little noise for
Euler, Euler ancestral and Heun, whose init_noise_sigma it leaves out.

Tensors per run: <run>.latents, after the last step and before the division by the scaling factor
(large, for a random network takes no noise away), and <run>.image in 0..1, [2, 3, 16, 16].
"""

import tempfile
from pathlib import Path

import torch
from diffusers import (AutoencoderKL, DDIMScheduler, DiTPipeline, DiTTransformer2DModel,
                       DPMSolverMultistepScheduler, UniPCMultistepScheduler)
from safetensors import safe_open

from fixtures import generator, save
from random_weights import fill

TRANSFORMER = dict(num_attention_heads=2, attention_head_dim=8, in_channels=4, out_channels=8, num_layers=2,
                   sample_size=8, patch_size=2, num_embeds_ada_norm=1000, norm_type="ada_norm_zero",
                   norm_elementwise_affine=False, activation_fn="gelu-approximate")
AUTOENCODER = dict(block_out_channels=[16, 32], layers_per_block=1, latent_channels=4, norm_num_groups=2,
                   sample_size=16, scaling_factor=0.18215, down_block_types=["DownEncoderBlock2D"] * 2,
                   up_block_types=["UpDecoderBlock2D"] * 2)
LABELS, GUIDANCE, SEED, STEPS = [207, 360], 4.0, 7, 20


def saved_files(pipe, manifests):
    """The JSON files that save_pretrained writes; what it writes besides must be as the manifests say."""
    with tempfile.TemporaryDirectory() as folder:
        pipe.save_pretrained(folder, safe_serialization=True)
        root = Path(folder)
        for part, entries in manifests.items():
            with safe_open(root / part / "diffusion_pytorch_model.safetensors", "pt") as file:
                saved = {name: file.get_slice(name).get_shape() for name in file.keys()}
            assert saved == {entry["name"]: entry["shape"] for entry in entries}
        paths = sorted(root.rglob("*.json"))
        return {str(path.relative_to(root)): path.read_text() for path in paths}


def index_wins(pipe, kind):
    """The pipeline that from_pretrained makes where only the index names the scheduler `kind`."""
    with tempfile.TemporaryDirectory() as folder:
        pipe.save_pretrained(folder, safe_serialization=True)
        index = Path(folder, "model_index.json")
        text = index.read_text().replace(type(pipe.scheduler).__name__, kind)
        index.write_text(text)
        return DiTPipeline.from_pretrained(folder), text


def latents_and_image(pipe, guidance, steps):
    """Runs the pipeline and keeps the sample of the last step, first half of the guided batch."""
    seen = []
    step = pipe.scheduler.step

    def recorded(*args, **kwargs):
        result = step(*args, **kwargs)
        seen.append(result.prev_sample)
        return result

    pipe.scheduler.step = recorded
    image = pipe(LABELS, guidance_scale=guidance, generator=generator(SEED), num_inference_steps=steps,
                 output_type="pt").images
    return seen[-1][: len(LABELS)], image


def make(weights):
    transformer, autoencoder = DiTTransformer2DModel(**TRANSFORMER), AutoencoderKL(**AUTOENCODER)
    # DiTPipeline leaves a shift of latents out.
    shifted = AutoencoderKL(**AUTOENCODER, shift_factor=0.3)
    fill(shifted, 42)
    manifests = {"transformer": fill(transformer, 41), "vae": fill(autoencoder, 42)}
    ddim = DDIMScheduler(beta_schedule="linear", prediction_type="epsilon", clip_sample=False,
                         num_train_timesteps=1000)
    solver, unipc = DPMSolverMultistepScheduler, UniPCMultistepScheduler
    flow = dict(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
    schedulers = {
        "ddim": (ddim, GUIDANCE, STEPS),
        "dpmpp_2m": (solver.from_config(ddim.config), GUIDANCE, STEPS),
        "dpmpp_2m.karras": (solver.from_config(ddim.config, use_karras_sigmas=True), GUIDANCE, STEPS),
        "ddim.shift_factor": (ddim, GUIDANCE, 4),
        "ddim.guidance1": (ddim, 1.0, 4),
        "ddim.guidance0.5": (ddim, 0.5, 4),
        "ddim.guidance0": (ddim, 0.0, 4),
        "unipc": (unipc.from_config(ddim.config), GUIDANCE, 8),
        "unipc.karras": (unipc.from_config(ddim.config, use_karras_sigmas=True), GUIDANCE, 8),
        "unipc.index_wins": (UniPCMultistepScheduler, GUIDANCE, 6),
        "dpmpp_2m.flow": (solver(**flow), GUIDANCE, 8),
        "unipc.flow": (unipc(**flow), GUIDANCE, 8),
    }

    runs, tensors = [], {}
    for name, (scheduler, guidance, steps) in schedulers.items():
        own = ddim if isinstance(scheduler, type) else scheduler
        vae = shifted if "shift_factor" in name else autoencoder
        pipe = DiTPipeline(transformer=transformer, vae=vae, scheduler=own)
        files = saved_files(pipe, manifests)
        if own is not scheduler:
            pipe, files["model_index.json"] = index_wins(pipe, scheduler.__name__)
        pipe.set_progress_bar_config(disable=True)
        latents, image = latents_and_image(pipe, guidance, steps)
        tensors |= {f"{name}.latents": latents, f"{name}.image": image}
        runs.append({"name": name, "labels": LABELS, "guidance": guidance, "seed": SEED, "steps": steps,
                     "files": files})
    save("pipeline", {"runs": runs, "manifests": manifests}, tensors)
