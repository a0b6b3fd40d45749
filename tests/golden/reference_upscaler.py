"""The upscaler in plain PyTorch: a small U-Net between pixel shuffles, four times as wide and high.

Pictures are premultiplied RGBA in -1..1, [b, 4, h, w] -> [b, 4, 4 h, 4 w], h and w multiples of 4.
"""

import torch.nn.functional as F
from torch import nn

from reference_autoencoder import conv


class Res(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.conv2 = conv(width, width), conv(width, width)

    def forward(self, x):
        return x + self.conv2(F.silu(self.conv1(F.silu(x))))


class Upscaler(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.down, self.up = conv(16, 48), conv(192, 96, 1), conv(96, 192, 1)
        self.enc, self.mid, self.dec = (nn.Sequential(*(Res(w) for _ in range(n))) for n, w in ((1, 48), (3, 96), (2, 48)))
        self.up2, self.skip, self.fine, self.head = conv(48, 128), conv(4, 32), Res(32), conv(32, 64)

    def forward(self, x):
        half = self.enc(self.stem(F.pixel_unshuffle(x, 2)))
        y = self.mid(self.down(F.pixel_unshuffle(half, 2)))
        y = self.dec(F.pixel_shuffle(self.up(y), 2) + half)
        y = self.fine(F.pixel_shuffle(self.up2(F.silu(y)), 2) + self.skip(x))
        y = F.pixel_shuffle(self.head(F.silu(y)), 4)
        return y + F.interpolate(x, scale_factor=4, mode="bilinear", align_corners=False)
