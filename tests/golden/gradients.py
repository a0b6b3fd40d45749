"""Gradients of one DiT block and of one residual block of the autoencoder, from PyTorch's autograd.

The loss is the sum of the output times fixed weights, so that every output counts differently. Names
are the Rust modules'.
"""

import torch

from fixtures import randn, save
from reference_autoencoder import Res
from reference_dit import Block


def record(prefix, module, inputs, tensors):
    """Parameters, inputs, output and all gradients of `module(*inputs)` under `prefix`."""
    for i, (name, parameter) in enumerate(module.named_parameters()):
        parameter.data = randn(100 + i, *parameter.shape) * 0.2
        parameter.grad = None
    for value in inputs.values():
        value.requires_grad_()
    with torch.enable_grad():
        output = module(*inputs.values())
        weights = randn(99, *output.shape)
        (output * weights).sum().backward()
    for name, value in inputs.items():
        tensors[f"{prefix}.input.{name}"] = value
        tensors[f"{prefix}.input_grad.{name}"] = value.grad
    tensors[f"{prefix}.output"], tensors[f"{prefix}.weights"] = output, weights
    for name, parameter in module.named_parameters():
        ours = name.replace("adaLN_modulation.1", "adaln_modulation")
        tensors[f"{prefix}.parameter.{ours}"] = parameter
        tensors[f"{prefix}.grad.{ours}"] = parameter.grad


def make(_weights):
    tensors = {}
    # Widths that are no multiple of a vector register, heads that are not square.
    record("dit", Block(24, 2), {"x": randn(1, 2, 7, 24), "c": randn(2, 2, 24)}, tensors)
    record("res", Res(16), {"x": randn(3, 2, 16, 6, 5)}, tensors)
    save("gradients", {"about": "one DiT block and one residual block"}, tensors)
