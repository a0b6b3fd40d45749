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


def case(sampler, prediction, steps, *notes, eta=0.0, schedule="scheduler", **config):
    """A case; `notes` are words for its name that say what is particular about it."""
    flow = prediction == "flow"
    name = ".".join([sampler, SHORT[prediction], *notes, str(steps)])
    if not flow:
        config = {**VP, "prediction_type": prediction, **config}
    kind = FLOW_CLASSES[sampler] if flow and sampler in FLOW_CLASSES else CLASSES[sampler]
    return dict(name=name, scheduler=kind, sampler=sampler, prediction=prediction, steps=steps, eta=eta,
                schedule=schedule, config=config)


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


CASES = [*diffusion_cases(), *flow_cases()]
