"""Times the gradient of one batch of the embedded DiT in PyTorch (random weights), for comparison
with Rust's: batch 128, 8x16x16 latents, 16 text tokens, no optimiser.

    python benches/train.py [--threads N] [--seconds S] [--device cuda] [--bf16]

Prints one line of JSON: {"torch": version, "threads": n, "images_per_second": median}.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

import torch

# The same network as that of the golden values.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "golden"))

from fixtures import randn
from random_weights import fill
from reference_dit import DiT

BATCH = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="products in bfloat16 (torch.autocast)")
    args = parser.parse_args()
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)

    model = DiT(8, 8, patch_size=2, hidden_size=256, depth=12, num_heads=4, num_labels=13, text_dim=384,
                text_tokens=16)
    fill(model, 51)
    model.to(device)
    x, flow = randn(1, BATCH, 8, 16, 16).to(device), randn(2, BATCH, 8, 16, 16).to(device)
    t, labels = torch.full((BATCH,), 500.0, device=device), torch.full((BATCH,), 3, device=device)
    states = [randn(3, 6, 384).to(device)] * BATCH
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    rates = []
    end = time.perf_counter() + args.seconds
    while len(rates) < 4 or time.perf_counter() < end:
        start = time.perf_counter()
        for parameter in model.parameters():
            parameter.grad = None
        with torch.autocast(device.type, torch.bfloat16, enabled=args.bf16):
            prediction = model(x, t, labels, states)
        (prediction.float() - flow).square().mean().backward()
        wait()
        rates.append(BATCH / (time.perf_counter() - start))
    median = round(statistics.median(rates[1:]), 3)
    print(json.dumps({"torch": torch.__version__, "threads": args.threads, "device": str(device),
                      "bf16": args.bf16, "images_per_second": median}))


if __name__ == "__main__":
    main()
