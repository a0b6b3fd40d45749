"""Times the embedded DiT's forward in PyTorch (f32, random weights), for comparison with Rust's.

Width 256, depth 12, 4 heads, a batch of two latents of 8x16x16 with 16 text tokens each. Prints
one line of JSON: {"torch": version, "threads": n, "forward_ms": median}.

    python benches/dit.py [--threads N] [--seconds S]
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    model = DiT(8, 8, patch_size=2, hidden_size=256, depth=12, num_heads=4, num_labels=13, text_dim=384,
                text_tokens=16)
    fill(model, 51)
    x, t, labels = randn(1, 2, 8, 16, 16), torch.tensor([500.0, 500.0]), torch.tensor([6, 9])
    states = [randn(2, 16, 384), randn(3, 16, 384)]
    times = []
    with torch.inference_mode():
        for _ in range(3):
            model(x, t, labels, states)
        end = time.perf_counter() + args.seconds
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            model(x, t, labels, states)
            times.append((time.perf_counter() - start) * 1000)
    median = round(statistics.median(times), 3)
    print(json.dumps({"torch": torch.__version__, "threads": args.threads, "forward_ms": median}))


if __name__ == "__main__":
    main()
