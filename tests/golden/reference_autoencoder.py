"""The embedded model's RGBA autoencoder in plain PyTorch.

Residual in the sense of DC-AE (arXiv 2410.10733): a linear map of 8x8 patches, plus a small
convolutional path that adds what the map misses. Pictures are premultiplied RGBA in -1..1.
"""

import torch.nn.functional as F
from torch import nn


def conv(inputs, outputs, size=3):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


class Res(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.conv1, self.conv2 = conv(width, width), conv(width, width)

    def forward(self, x):
        return x + self.conv2(F.silu(self.conv1(F.silu(self.norm(x)))))


class Encoder(nn.Module):
    def __init__(self, width=64, latent=8):
        super().__init__()
        self.latent = latent
        self.stem, self.res1 = conv(4 * 16, width), Res(width)
        self.down = conv(4 * width, 2 * width, 1)
        self.res2, self.res3 = Res(2 * width), Res(2 * width)
        self.norm, self.head = nn.GroupNorm(8, 2 * width), conv(2 * width, 2 * latent)
        self.shortcut = conv(4 * 64, latent, 1)

    def forward(self, x):
        """-> mean and log-variance, [b, 8, h / 8, w / 8]."""
        y = self.res1(self.stem(F.pixel_unshuffle(x, 4)))
        y = self.res3(self.res2(self.down(F.pixel_unshuffle(y, 2))))
        y = self.head(F.silu(self.norm(y)))
        mean = y[:, : self.latent] + self.shortcut(F.pixel_unshuffle(x, 8))
        return mean, y[:, self.latent :].clamp(-12, 2)


class Decoder(nn.Module):
    def __init__(self, width=64, latent=8):
        super().__init__()
        self.stem = conv(latent, 2 * width)
        self.res1, self.res2, self.res3 = (Res(2 * width) for _ in range(3))
        self.up = conv(2 * width, 4 * width, 1)
        self.res4, self.res5, self.res6 = (Res(width) for _ in range(3))
        self.norm, self.head = nn.GroupNorm(8, width), conv(width, 4 * 16)
        self.shortcut = conv(latent, 4 * 64, 1)

    def forward(self, z):
        y = self.res3(self.res2(self.res1(self.stem(z))))
        y = self.res6(self.res5(self.res4(F.pixel_shuffle(self.up(y), 2))))
        y = F.pixel_shuffle(self.head(F.silu(self.norm(y))), 4)
        return y + F.pixel_shuffle(self.shortcut(z), 8)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()
