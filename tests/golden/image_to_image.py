"""`image_to_image`: runs that begin with a picture, as diffusers' image-to-image pipelines begin them.

The network, the process scales (`raw_scale`) and the fixed "c" are those of `schedulers`. The first timestep is
found by the pipelines' own get_timesteps: Stable Diffusion's for discrete schedules, Flux's for flows. The picture
is the tensor "clean", and its noise is <name>.noise, which add_noise (scale_noise of flows) mixes in. With a mask,
every step is followed by the blending of StableDiffusionInpaintPipeline: what the mask (the tensor "mask", 1 where
the picture changes) leaves is the picture with the noise of the next level.

Per case, in the JSON: what `schedulers` has, `strength`, `masked` and `begin`, the index of the first step. In the
safetensors file <name>.prev, [calls, 1, 2, 3, 3], as there, after the blending.
"""

from types import SimpleNamespace

import torch
from diffusers import FluxImg2ImgPipeline, StableDiffusionImg2ImgPipeline

from fixtures import generator, numbers, randn, save
from scheduler_cases import VP, case
from schedulers import SHAPE, build, set_timesteps, step_arguments


def cases():
    linspace, leading = dict(timestep_spacing="linspace"), dict(timestep_spacing="leading")
    plain = dict(clip_sample=False, set_alpha_to_one=True, steps_offset=0)
    trailing = dict(timestep_spacing="trailing")
    for strength in (0.3, 0.55, 0.8):
        yield case("euler", "epsilon", 10, "linspace", **linspace), strength, False
        yield case("heun", "epsilon", 10, "linspace", **linspace), strength, False
        for eta in (0.0, 1.0):
            yield case("ddim", "v_prediction", 20, "leading", f"eta{eta:g}", eta=eta, **leading, **plain), strength, False
        yield case("ddim", "epsilon", 7, "trailing", **trailing, **plain), strength, False
        yield case("dpmpp_2m", "epsilon", 12, "linspace", **linspace), strength, False
        yield case("dpmpp_2m", "epsilon", 20, "karras", use_karras_sigmas=True), strength, False
        yield case("unipc", "epsilon", 12, "linspace", **linspace), strength, False
        yield case("euler", "flow", 10, "uniform", schedule="uniform", shift=3.0), strength, False
        yield case("euler", "flow", 12, "scheduler", shift=1.0), strength, False
    yield case("euler", "epsilon", 10, "linspace", **linspace), 0.8, True
    yield case("ddim", "epsilon", 20, "leading", **leading, **plain), 0.5, True
    yield case("dpmpp_2m", "epsilon", 12, "linspace", **linspace), 0.7, True
    yield case("euler", "flow", 10, "uniform", schedule="uniform", shift=1.0), 0.7, True


def run(case, strength, masked, tensors):
    c, clean, mask = tensors["c"], tensors["clean"], tensors["mask"]
    scheduler = build(case["scheduler"], case["config"])
    set_timesteps(scheduler, case)
    flow = case["prediction"] == "flow"
    ve = not flow and case["sampler"] in ("euler", "heun")
    pipeline = FluxImg2ImgPipeline if flow else StableDiffusionImg2ImgPipeline
    parts = SimpleNamespace(scheduler=scheduler)
    timesteps, steps = pipeline.get_timesteps(parts, case["steps"], strength, "cpu")
    begin = case["steps"] - int(steps)
    noise_like = scheduler.scale_noise if flow else scheduler.add_noise
    noisy = (lambda t: noise_like(clean, t, noise)) if flow else (lambda t: noise_like(clean, noise, t))
    stream = generator(3)
    noise = torch.randn(SHAPE, generator=stream)
    arguments = step_arguments(scheduler, case, stream)
    order = 2 if case["sampler"] == "heun" else 1

    sample, prev = noisy(timesteps[:1]), []
    for call, t in enumerate(timesteps):
        scaled = scheduler.scale_model_input(sample, t) if hasattr(scheduler, "scale_model_input") else sample
        out = torch.tanh(0.5 * scaled + c * (t / 1000))
        sample = scheduler.step(out, t, sample, **arguments).prev_sample
        if masked:
            known = noisy(timesteps[call + 1 : call + 2]) if call + 1 < len(timesteps) else clean
            sample = (1 - mask) * known + mask * sample
        sigma = scheduler.sigmas[order * begin + call + 1] if ve else 0
        prev.append(sample / (sigma**2 + 1) ** 0.5 if ve else sample)
    name = f"{case['name']}.{strength:g}" + (".masked" if masked else "")
    document = {**case, "name": name, "strength": strength, "masked": masked, "begin": begin,
                "timesteps": numbers(timesteps)}
    return document, {f"{name}.noise": noise, f"{name}.prev": torch.stack(prev)}


def make(weights):
    mask = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.25], [1.0, 1.0, 0.0]]).expand(1, 1, 3, 3)
    tensors, documents = {"c": randn(5, *SHAPE), "clean": randn(6, *SHAPE), "mask": mask}, []
    assert VP["num_train_timesteps"] == 1000
    for item, strength, masked in cases():
        document, results = run(item, strength, masked, tensors)
        documents.append(document)
        tensors |= results
    assert len({document["name"] for document in documents}) == len(documents)
    save("image_to_image", {"cases": documents}, tensors)
