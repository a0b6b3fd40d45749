"""`noise`: what PyTorch's CPU generator gives, for the reimplementation of it.

Tensors:
  <seed>.<shape>   torch.randn(shape), e.g. "7.2x3x5", from a generator fresh for each
  sequence.<i>     randn of SEQUENCE's shapes in turn from one generator, seed 7: under 16 elements
                   two normals are made at a time and the second waits for the next call (even when a
                   large call lies between), from 16 elements on they are made in blocks of 16
  raw.<seed>       700 numbers of torch.empty(700, dtype=int64).random_(0, 2**31)
  raw32.<seed>     700 numbers of torch.empty(700, dtype=int32).random_()
  rand.<seed>      torch.rand(700)

The generator is MT19937, seeded with the low 32 bits of the seed (so 2**32 + 5 is 5, 2**53 is 0,
and 2**64 - 1 is 2**32 - 1). With r its 32-bit stream:
  raw32[i] = r[i] & (2**31 - 1)
  raw[i]   = (r[2i] << 32 | r[2i + 1]) % 2**31 = r[2i + 1] & (2**31 - 1): a range of 2**28 or more
             takes two draws, the first of which is the high half
  rand[i]  = (r[i] & (2**24 - 1)) / 2**24
The checks at the end of `make` hold it to that.
"""

import torch

from fixtures import generator, save

SEEDS = [0, 7, 42, 2**32 + 5, 2**53, 2**64 - 1]
SHAPES = [[1], [2], [15], [16], [17], [31], [33], [100], [2, 3, 5], [4, 9, 9]]
SEQUENCE = [[3], [5], [17], [1], [2, 8]]


def make(weights):
    out = {}
    for seed in SEEDS:
        for shape in SHAPES:
            key = f"{seed}.{'x'.join(map(str, shape))}"
            out[key] = torch.randn(shape, generator=generator(seed))
        out[f"raw.{seed}"] = torch.empty(700, dtype=torch.int64).random_(0, 2**31, generator=generator(seed))
        out[f"raw32.{seed}"] = torch.empty(700, dtype=torch.int32).random_(generator=generator(seed))
        out[f"rand.{seed}"] = torch.rand(700, generator=generator(seed))
    one = generator(7)
    for index, shape in enumerate(SEQUENCE):
        out[f"sequence.{index}"] = torch.randn(shape, generator=one)

    for seed in SEEDS:
        raw32 = out[f"raw32.{seed}"].to(torch.int64)
        assert torch.equal(out[f"raw.{seed}"][:350], raw32[1::2])
        assert torch.equal(out[f"rand.{seed}"], (raw32 % 2**24).to(torch.float32) / 2**24)
    assert torch.equal(out[f"rand.{2**53}"], out["rand.0"])

    document = {
        "seeds": [str(seed) for seed in SEEDS],
        "shapes": SHAPES,
        "sequence": {"seed": "7", "shapes": SEQUENCE},
        "raw": "int64, random_(0, 2**31): two 32-bit draws each, value = second & (2**31 - 1)",
        "raw32": "int32, random_(): one draw each, value = draw & (2**31 - 1)",
        "rand": "f32: one draw each, value = (draw & (2**24 - 1)) / 2**24",
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }
    save("noise", document, out)
