"""`schedulers`: every sampler step by step with a toy network, and timesteps alone.

The toy network sees what a real one would (after scale_model_input, so always of variance near 1)
and the timestep t as the scheduler gives it:
    out = tanh(0.5 * x + c * t / 1000)
with the fixed tensor "c"; for learned variances the channels double, the rest being tanh(0.3 * x - c).

Per case, in the JSON: name, scheduler (class), sampler, prediction, config, steps, eta, schedule,
`timesteps` (one a call of the network), `sigmas` (one more than timesteps; null where there are
none), `init_noise_sigma`, `raw_scale`, and `noise_draws`, how often a step took noise.
In the safetensors file:
    <name>.noise   the first randn of a generator with seed 3; its next ones are the step noise
    <name>.prev    [calls, 1, 2, 3, 3], the sample after every call of step
    <name>.x0      the same of pred_original_sample, where the scheduler returns one
`raw_scale` is "vp" (as the network sees it), "flow" ((1 - sigma) data + sigma noise), or "ve"
(data + sigma noise: Euler, Euler ancestral, Heun). `prev` of a "ve" scheduler is brought to the
VP scale: sample / sqrt(sigma_next^2 + 1), with sigma_next = sigmas[call + 1]. x0 is as returned.

schedule "scheduler": set_timesteps(steps), with the mu of `tokens` patches if the shift is dynamic. "uniform": sigmas are np.linspace(1, 1 / steps, steps)
in f32, shifted; FlowMatchEuler takes them as an argument, FlowMatchHeun (which takes none, and whose own go to
1 / 1000 in `steps` points, shifted twice) gets them by assignment, each but the first doubled.

`schedules`: timesteps alone per scheduler, spacing and number of steps.
`timesteps`: for schedulers of whole timesteps, per spacing, the sum of (i + 1) * t_i of every number of
steps from 1 to 1000: ties of rounding included. Where numpy's arange gives trailing spacing one timestep
too many, at -1, that is left out.
`scheduler_fields`: every field that a supported scheduler's constructor takes, by class.

"""

from inspect import signature

import diffusers
import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift as flux_shift

from fixtures import generator, numbers, randn, save
from scheduler_cases import CASES, CLASSES, FLOW_CLASSES, VP

SHAPE = (1, 2, 3, 3)
STEPS_ALONE = [1, 2, 3, 7, 20, 26, 27, 30, 46, 48, 50, 96, 150, 999, 1000]


def build(kind, config):
    scheduler = getattr(diffusers, kind)(**config)
    unknown = set(config) - set(scheduler.config)
    assert not unknown, f"{kind} does not know {unknown}"
    return scheduler


def calculate_shift(tokens, config):
    """The shift of a picture of so many patches, as the Flux pipeline finds it."""
    return flux_shift(tokens, config.base_image_seq_len, config.max_image_seq_len, config.base_shift, config.max_shift)


def set_timesteps(scheduler, case):
    steps = case["steps"]
    if case["schedule"] == "scheduler":
        if case["config"].get("use_dynamic_shifting"):
            return scheduler.set_timesteps(steps, mu=calculate_shift(case["tokens"], scheduler.config))
        return scheduler.set_timesteps(steps)
    sigmas = np.linspace(1, 1 / steps, steps)
    if case["sampler"] == "euler":
        return scheduler.set_timesteps(sigmas=sigmas)
    scheduler.set_timesteps(steps)
    sigmas = torch.from_numpy(sigmas.astype(np.float32))
    shift = scheduler.config.shift
    sigmas = shift * sigmas / (1 + (shift - 1) * sigmas)
    calls = torch.cat([sigmas[:1], sigmas[1:].repeat_interleave(2)])
    scheduler.timesteps = calls * 1000
    scheduler.sigmas = torch.cat([calls, torch.zeros(1)])


def step_arguments(scheduler, case, noise):
    """Only the stochastic samplers are given the generator."""
    if case["sampler"] in ("ddpm", "euler_ancestral"):
        return {"generator": noise}
    return {"generator": noise, "eta": case["eta"]} if case["sampler"] == "ddim" else {}


def draws_between(start, end):
    """How often a tensor of SHAPE was drawn between two states of a generator (at most 100 times)."""
    probe = torch.Generator()
    probe.set_state(start)
    for count in range(100):
        if torch.equal(probe.get_state(), end):
            return count
        torch.randn(SHAPE, generator=probe)
    raise AssertionError("the generator gave something else")


def run(case, c):
    scheduler = build(case["scheduler"], case["config"])
    set_timesteps(scheduler, case)
    noise = generator(3)
    first = torch.randn(SHAPE, generator=noise)
    before = noise.get_state()
    sigmas = getattr(scheduler, "sigmas", None)
    flow = case["prediction"] == "flow"
    ve = not flow and case["sampler"] in ("euler", "euler_ancestral", "heun")
    init = float(getattr(scheduler, "init_noise_sigma", 1.0))
    arguments = step_arguments(scheduler, case, noise)

    sample, prev, x0 = first * init, [], []
    for call, t in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(sample, t) if hasattr(scheduler, "scale_model_input") else sample
        out = torch.tanh(0.5 * scaled + c * (t / 1000))
        if case["config"].get("variance_type") == "learned_range":
            out = torch.cat([out, torch.tanh(0.3 * scaled - c)], dim=1)
        result = scheduler.step(out, t, sample, **arguments)
        sample = result.prev_sample
        prev.append(sample / (sigmas[call + 1] ** 2 + 1) ** 0.5 if ve else sample)
        if getattr(result, "pred_original_sample", None) is not None:
            x0.append(result.pred_original_sample)

    tensors = {"noise": first, "prev": torch.stack(prev)}
    if x0:
        tensors["x0"] = torch.stack(x0)
    assert all(value.isfinite().all() and value.dtype == torch.float32 for value in tensors.values())
    document = {
        **case,
        "timesteps": numbers(scheduler.timesteps),
        "sigmas": None if sigmas is None else numbers(sigmas),
        "init_noise_sigma": init,
        "raw_scale": "flow" if flow else "ve" if ve else "vp",
        "noise_draws": draws_between(before, noise.get_state()),
    }
    return document, tensors


def schedules():
    rows = []
    for sampler in ("ddim", "ddpm", "euler", "dpmpp_2m", "unipc"):
        for spacing in ("leading", "trailing", "linspace"):
            for steps in STEPS_ALONE:
                scheduler = build(CLASSES[sampler], {**VP, "timestep_spacing": spacing})
                scheduler.set_timesteps(steps)
                rows.append({"sampler": sampler, "spacing": spacing, "steps": steps,
                             "timesteps": numbers(scheduler.timesteps)})
    return rows


def sums():
    rows = []
    for sampler in ("ddim", "dpmpp_2m"):
        for spacing in ("leading", "trailing", "linspace"):
            found = []
            for steps in range(1, 1001):
                scheduler = build(CLASSES[sampler], {**VP, "timestep_spacing": spacing})
                scheduler.set_timesteps(steps)
                timesteps = [int(t) for t in scheduler.timesteps if t >= 0]
                found.append(sum((i + 1) * t for i, t in enumerate(timesteps)))
            rows.append({"sampler": sampler, "spacing": spacing, "sums": found})
    return rows


def make(weights):
    c = randn(5, *SHAPE)
    assert len({case["name"] for case in CASES}) == len(CASES)
    tensors, documents = {"c": c}, []
    for case in CASES:
        document, results = run(case, c)
        documents.append(document)
        tensors |= {f"{case['name']}.{key}": value for key, value in results.items()}
    save("schedulers", {"cases": documents}, tensors)
    save("schedules", schedules())
    save("timesteps", sums())
    save("scheduler_fields", {kind: sorted(set(signature(getattr(diffusers, kind)).parameters))
                              for kind in [*CLASSES.values(), *FLOW_CLASSES.values()]})
