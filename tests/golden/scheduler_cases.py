"""The list of cases for `schedulers`: which scheduler, which config, how many steps."""

VP = dict(num_train_timesteps=1000, beta_start=0.0001, beta_end=0.02, beta_schedule="linear")
SCALED = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")

CLASSES = {
    "ddpm": "DDPMScheduler",
    "ddim": "DDIMScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_ancestral": "EulerAncestralDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "dpmpp_2m": "DPMSolverMultistepScheduler",
    "unipc": "UniPCMultistepScheduler",
}
FLOW_CLASSES = {
    "euler": "FlowMatchEulerDiscreteScheduler",
    "heun": "FlowMatchHeunDiscreteScheduler",
}
SHORT = {"epsilon": "eps", "v_prediction": "v", "flow": "flow"}


def case(sampler, prediction, steps, *notes, eta=0.0, schedule="scheduler", tokens=256, **config):
    """A case; `notes` are words for its name that say what is particular about it. `tokens` is the number of
    patches of a picture, by which dynamic shifts are found."""
    flow = prediction == "flow"
    name = ".".join([sampler, SHORT[prediction], *notes, str(steps)])
    if not flow:
        config = {**({} if "beta_start" in config else VP), **config, "prediction_type": prediction}
    kind = FLOW_CLASSES[sampler] if flow and sampler in FLOW_CLASSES else CLASSES[sampler]
    return dict(name=name, scheduler=kind, sampler=sampler, prediction=prediction, steps=steps, eta=eta,
                schedule=schedule, tokens=tokens, config=config)


def diffusion_cases():
    leading = dict(timestep_spacing="leading")
    trailing = dict(timestep_spacing="trailing")
    linspace = dict(timestep_spacing="linspace")
    spacings = {"linspace": linspace, "leading": leading, "trailing": trailing}

    for prediction in ("epsilon", "v_prediction"):
        small = dict(variance_type="fixed_small", clip_sample=False)
        yield case("ddpm", prediction, 10, "leading", **leading, **small)
        yield case("ddpm", prediction, 10, "scaled_linear", **SCALED, **leading, **small)
        plain = dict(clip_sample=False, set_alpha_to_one=True, steps_offset=0)
        for eta in (0.0, 0.5, 1.0):
            yield case("ddim", prediction, 20, "leading", f"eta{eta:g}", eta=eta, **leading, **plain)
        yield case("ddim", prediction, 7, "leading", **leading, **plain)
        yield case("ddim", prediction, 10, "trailing", **trailing, **plain)
        yield case("ddim", prediction, 7, "trailing", "eta0.5", eta=0.5, **trailing, **plain)
        shifted = dict(clip_sample=False, set_alpha_to_one=False, steps_offset=1)
        yield case("ddim", prediction, 10, "alpha0", "offset1", **SCALED, **leading, **shifted)
        for name, spacing in spacings.items():
            yield case("euler", prediction, 10, name, **spacing)
            yield case("dpmpp_2m", prediction, 12, name, **spacing)
            yield case("dpmpp_2m", prediction, 20, name, **spacing)
        for name in ("linspace", "leading"):
            yield case("euler_ancestral", prediction, 10, name, **spacings[name])
        yield case("heun", prediction, 10, "linspace", **linspace)
        yield case("unipc", prediction, 8, "linspace", **linspace)
        yield case("unipc", prediction, 20, "linspace", **linspace)

    learned = dict(variance_type="learned_range", clip_sample=False)
    yield case("ddpm", "epsilon", 10, "learned", **leading, **learned)
    yield case("ddpm", "epsilon", 10, "learned", "scaled_linear", **SCALED, **leading, **learned)
    offset = dict(variance_type="fixed_small", clip_sample=False, steps_offset=1)
    yield case("ddpm", "epsilon", 10, "offset1", **leading, **offset)
    karras = dict(use_karras_sigmas=True, **linspace)
    yield case("euler", "epsilon", 10, "karras", **karras)
    yield case("heun", "epsilon", 10, "karras", **karras)
    yield case("dpmpp_2m", "epsilon", 12, "karras", **karras)
    yield case("dpmpp_2m", "epsilon", 20, "karras", **karras)


def field_cases():
    """Fields that are honoured and that no case above has, and fields that must make no difference."""
    for name, spacing in {"leading": "leading", "trailing": "trailing"}.items():
        more = dict(timestep_spacing=spacing, steps_offset=2 if name == "leading" else 0)
        for sampler in ("euler", "euler_ancestral", "heun", "dpmpp_2m", "unipc"):
            yield case(sampler, "epsilon", 6, name, "offset", **more)
    yield case("ddim", "epsilon", 6, "linspace", timestep_spacing="linspace", clip_sample=False)
    yield case("ddpm", "v_prediction", 6, "linspace", timestep_spacing="linspace", clip_sample=False)
    yield case("ddpm", "epsilon", 6, "trailing", timestep_spacing="trailing", clip_sample=False)
    yield case("ddim", "epsilon", 5, "alpha0", clip_sample=False, set_alpha_to_one=False)
    yield case("euler_ancestral", "epsilon", 6, "scaled_linear", **SCALED)
    yield case("heun", "v_prediction", 6, "own_betas", num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012)
    yield case("unipc", "epsilon", 10, "karras", use_karras_sigmas=True)
    yield case("unipc", "v_prediction", 6, "karras", use_karras_sigmas=True, **SCALED)
    for sampler in ("ddim", "ddpm"):
        yield case(sampler, "epsilon", 6, "train500", num_train_timesteps=500, clip_sample=False)
    for sampler in ("euler", "euler_ancestral", "heun", "dpmpp_2m", "unipc"):
        yield case(sampler, "epsilon", 6, "train500", num_train_timesteps=500)
    thresholds = dict(dynamic_thresholding_ratio=0.9, sample_max_value=3.0)
    shifts = dict(time_shift_type="linear")
    yield case("ddim", "epsilon", 4, "inert", clip_sample=False, clip_sample_range=0.1, **thresholds)
    yield case("ddpm", "epsilon", 4, "inert", clip_sample=False, clip_sample_range=0.1, **thresholds)
    yield case("heun", "epsilon", 4, "inert", clip_sample_range=0.1)
    yield case("euler", "epsilon", 4, "inert", sigma_min=0.1, sigma_max=10.0, timestep_type="continuous")
    yield case("dpmpp_2m", "epsilon", 4, "inert", euler_at_final=True, lower_order_final=False, flow_shift=5.0,
               lambda_min_clipped=-5.1, solver_type="bh2", **thresholds, **shifts)
    yield case("unipc", "epsilon", 4, "inert", sigma_min=0.1, sigma_max=10.0, flow_shift=5.0,
               solver_type="midpoint", **thresholds, **shifts)
    yield case("euler", "flow", 4, "inert", schedule="uniform", shift=2.0, base_shift=0.1, max_shift=3.0, base_image_seq_len=4,
               max_image_seq_len=8, shift_terminal=0, **shifts)


def flow_cases():
    for shift in (1.0, 3.0):
        multistep = dict(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift,
                         num_train_timesteps=1000)
        for steps in (12, 20):
            yield case("dpmpp_2m", "flow", steps, f"shift{shift:g}", **multistep)
        for steps in (8, 20):
            yield case("unipc", "flow", steps, f"shift{shift:g}", **multistep)
        single = dict(num_train_timesteps=1000, shift=shift)
        yield case("euler", "flow", 8, f"shift{shift:g}", schedule="uniform", **single)
        yield case("heun", "flow", 8, f"shift{shift:g}", schedule="uniform", **single)
        for steps in (1, 2, 8, 20):
            yield case("euler", "flow", steps, "own", f"shift{shift:g}", **single)
            yield case("heun", "flow", steps, "own", f"shift{shift:g}", **single)
        for curve in ("karras", "exponential", "beta"):
            curved = {f"use_{curve}_sigmas": True}
            yield case("euler", "flow", 8, curve, f"shift{shift:g}", **single, **curved)
        yield case("euler", "flow", 8, "terminal", f"shift{shift:g}", shift_terminal=0.1, **single)
        yield case("euler", "flow", 9, "terminal", "beta", f"shift{shift:g}", shift_terminal=0.02,
                   use_beta_sigmas=True, **single)
        yield case("euler", "flow", 6, "terminal", f"shift{shift:g}", schedule="uniform", shift_terminal=0.1, **single)
        terminal = dict(multistep, shift_terminal=0.1)
        yield case("unipc", "flow", 8, "terminal", f"shift{shift:g}", **terminal)
    # `shift` makes no difference where the shift is dynamic.
    for tokens in (16, 256, 1024, 4096):
        for kind in ("exponential", "linear"):
            dynamic = dict(use_dynamic_shifting=True, time_shift_type=kind, shift=3.0)
            yield case("euler", "flow", 7, "dynamic", kind, f"{tokens}tokens", tokens=tokens, **dynamic)
    yield case("euler", "flow", 6, "dynamic", "ends", tokens=100, use_dynamic_shifting=True, base_shift=0.2, max_shift=2.0,
               base_image_seq_len=16, max_image_seq_len=400, shift_terminal=0.05, use_karras_sigmas=True)


def clip_cases():
    """What diffusers' DDIM and DDPM do if a file does not say otherwise: clean latents are clipped to ±1."""
    for prediction in ("epsilon", "v_prediction"):
        for eta in (0.0, 0.5):
            yield case("ddim", prediction, 10, "clip", f"eta{eta:g}", eta=eta)
        yield case("ddim", prediction, 7, "clip", "range0.4", clip_sample=True, clip_sample_range=0.4)
        yield case("ddpm", prediction, 10, "clip")
        yield case("ddpm", prediction, 10, "clip", "range0.4", clip_sample=True, clip_sample_range=0.4)
        yield case("heun", prediction, 6, "clip", clip_sample=True, clip_sample_range=0.4)
    yield case("ddpm", "epsilon", 10, "clip", "learned", variance_type="learned_range")
    yield case("ddim", "epsilon", 5, "clip", "alpha0", clip_sample=True, set_alpha_to_one=False)


CASES = [*diffusion_cases(), *flow_cases(), *clip_cases(), *field_cases()]
