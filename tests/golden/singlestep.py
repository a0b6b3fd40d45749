"""`singlestep`: DPM-Solver++(2S) with the middle of each step in lambda, by diffusers' own arithmetic.

DPMSolverSinglestepScheduler evaluates the network at the levels of its grid alone. Here its update functions get the
levels of each step, the middle one being at (lambda + lambda') / 2, which is algorithm 1 of arXiv 2211.01095 with
r = 1/2. The grid is that of DPMSolverMultistepScheduler; a step that ends at 0 is of first order. The network and
the scales are those of `schedulers`. Timesteps between two levels are found by _sigma_to_t; those of flows are whole.

Per case, in the JSON: name, prediction, scheduler, config, steps. In the safetensors file <name>.noise and
<name>.prev, [steps, 1, 2, 3, 3].
"""

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, DPMSolverSinglestepScheduler

from fixtures import generator, randn, save
from scheduler_cases import case
from schedulers import SHAPE

FLOW = dict(use_flow_sigmas=True, prediction_type="flow_prediction")


def cases():
    for prediction in ("epsilon", "v_prediction"):
        for steps in (3, 12):
            yield case("dpmpp_2m", prediction, steps)
    yield case("dpmpp_2m", "epsilon", 12, "karras", use_karras_sigmas=True)
    for shift in (1.0, 3.0):
        flow = case("dpmpp_2m", "flow", 8, f"shift{shift:g}")
        yield {**flow, "config": {**FLOW, "flow_shift": shift}}


def run(item, c):
    flow = item["prediction"] == "flow"
    grid = DPMSolverMultistepScheduler(**item["config"])
    grid.set_timesteps(item["steps"])
    solver = DPMSolverSinglestepScheduler(**item["config"], solver_order=2)
    solver.set_timesteps(item["steps"])
    sigmas = grid.sigmas.double()
    trained = np.log(((1 - grid.alphas_cumprod) / grid.alphas_cumprod).sqrt().double().numpy())

    def timestep(sigma):
        return float(int(sigma * 1000)) if flow else float(grid._sigma_to_t(np.array([float(sigma)]), trained)[0])

    def lam(sigma):
        alpha, sigma = grid._sigma_to_alpha_sigma_t(sigma)
        return torch.log(alpha) - torch.log(sigma)

    def clean(x, t):
        return solver.convert_model_output(torch.tanh(0.5 * x + c * (t / 1000)), sample=x)

    first = torch.randn(SHAPE, generator=generator(3))
    sample, prev = first, []
    for i in range(item["steps"]):
        begin, end = sigmas[i], sigmas[i + 1]
        at_begin = float(grid.timesteps[i])
        if end == 0:
            solver.sigmas, solver._step_index = torch.stack([begin, end]), 0
            sample = solver.dpm_solver_first_order_update(clean(sample, at_begin), sample=sample)
        else:
            middle = (lam(begin) + lam(end)) / 2
            middle = torch.sigmoid(-middle) if flow else torch.exp(-middle)
            solver.sigmas, solver._step_index = torch.stack([begin, middle, end]), 0
            before = clean(sample, at_begin)
            ahead = solver.dpm_solver_first_order_update(before, sample=sample)
            solver._step_index = 1
            found = clean(ahead, timestep(middle))
            sample = solver.singlestep_dpm_solver_second_order_update([before, found], sample=sample)
        prev.append(sample)
    name = item["name"].replace("dpmpp_2m", "dpmpp_2s")
    document = {"name": name, "prediction": item["prediction"], "scheduler": item["scheduler"],
                "config": item["config"], "steps": item["steps"]}
    return document, {f"{name}.noise": first, f"{name}.prev": torch.stack(prev).float()}


def make(weights):
    tensors, documents = {"c": randn(5, *SHAPE)}, []
    for item in cases():
        document, results = run(item, tensors["c"])
        documents.append(document)
        tensors |= results
    save("singlestep", {"cases": documents}, tensors)
