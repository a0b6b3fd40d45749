"""Writes the embedded DiT (random weights) as ONNX, for `cargo xtask bench`.

Batch 2, text embedded beforehand, as a guided step of the page has it: latents [2, 8, 16, 16],
timesteps [2], labels [2], tokens [2, 16, 256], pooled [2, 256] -> [2, 8, 16, 16].

    python benches/export_onnx.py FILE
"""

import sys
from pathlib import Path

import torch

# The same network as that of the golden values.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "golden"))

from random_weights import fill
from reference_dit import DiT


class Step(torch.nn.Module):
    def __init__(self, dit):
        super().__init__()
        self.dit = dit

    def forward(self, x, t, labels, tokens, pooled):
        return self.dit.denoise(x, t, labels, tokens, pooled)


def main():
    dit = DiT(8, 8, patch_size=2, hidden_size=256, depth=12, num_heads=4, num_labels=13, text_dim=384,
              text_tokens=16)
    fill(dit, 51)
    inputs = {
        "x": torch.zeros(2, 8, 16, 16),
        "t": torch.tensor([500.0, 500.0]),
        "labels": torch.tensor([6, 9]),
        "tokens": torch.zeros(2, 16, 256),
        "pooled": torch.zeros(2, 256),
    }
    torch.onnx.export(Step(dit).eval(), tuple(inputs.values()), sys.argv[1], input_names=list(inputs),
                      output_names=["out"], opset_version=17, dynamo=False)


if __name__ == "__main__":
    main()
