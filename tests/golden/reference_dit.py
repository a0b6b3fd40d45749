"""The paper's DiT in plain PyTorch, with the names and orders of its published checkpoints.

Diffusion Transformer of "Scalable Diffusion Models with Transformers" (arXiv 2212.09748):
adaLN-Zero blocks, fixed 2-D sin-cos positions over whatever grid the input has, timestep and
label embeddings. With `text_dim` it is the embedded model's network: the prompt's states follow
the patches as `text_tokens` further tokens (`pad_token` where there is none), and their mean,
brought to POOLED_LENGTH, joins the timestep and the label.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

# About sqrt(384), but 19.6 itself is what the embedded model was trained with: the root changes its
# latents by up to 0.006. A constant of the network, whatever the text's width.
POOLED_LENGTH = 19.6


def sincos(positions, width):
    """[n] positions -> [n, width]: the sines, then the cosines."""
    half = width // 2
    frequency = 10000.0 ** -(torch.arange(half, dtype=torch.float64) / half)
    angle = positions.double()[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def grid_positions(height, width, hidden):
    """[1, height * width, hidden]: the column's half first, then the row's."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    halves = [sincos(columns.flatten(), hidden // 2), sincos(rows.flatten(), hidden // 2)]
    return torch.cat(halves, dim=1).float()[None]


def norm(x, shift, scale):
    x = F.layer_norm(x, x.shape[-1:], eps=1e-6)
    return x * (1 + scale[:, None]) + shift[:, None]


class TimestepEmbedder(nn.Module):
    def __init__(self, hidden, frequencies=256):
        super().__init__()
        self.half = frequencies // 2
        self.mlp = nn.Sequential(nn.Linear(frequencies, hidden), nn.SiLU(), nn.Linear(hidden, hidden))

    def forward(self, t):
        frequency = torch.exp(-math.log(10000) * torch.arange(self.half, dtype=torch.float32) / self.half)
        angle = t.float()[:, None] * frequency
        return self.mlp(torch.cat([angle.cos(), angle.sin()], dim=1))


class LabelEmbedder(nn.Module):
    def __init__(self, rows, hidden):
        super().__init__()
        self.embedding_table = nn.Embedding(rows, hidden)

    def forward(self, y):
        return self.embedding_table(y)


class PatchEmbedder(nn.Module):
    def __init__(self, channels, patch, hidden):
        super().__init__()
        self.proj = nn.Conv2d(channels, hidden, patch, stride=patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.proj = nn.Linear(hidden, hidden)

    def forward(self, x):
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.fc1 = nn.Linear(hidden, 4 * hidden)
        self.fc2 = nn.Linear(4 * hidden, hidden)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.attn = Attention(hidden, heads)
        self.mlp = Mlp(hidden)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(hidden, 6 * hidden))

    def forward(self, x, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c).chunk(6, dim=1)
        x = x + gate1[:, None] * self.attn(norm(x, shift1, scale1))
        return x + gate2[:, None] * self.mlp(norm(x, shift2, scale2))


class FinalLayer(nn.Module):
    def __init__(self, hidden, outputs):
        super().__init__()
        self.linear = nn.Linear(hidden, outputs)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(hidden, 2 * hidden))

    def forward(self, x, c):
        return self.linear(norm(x, *self.adaLN_modulation(c).chunk(2, dim=1)))


class DiT(nn.Module):
    def __init__(self, in_channels, out_channels, patch_size, hidden_size, depth, num_heads, num_labels,
                 text_dim=0, text_tokens=0):
        """`num_labels` counts the null label, which comes last."""
        super().__init__()
        self.patch, self.out_channels, self.text_tokens = patch_size, out_channels, text_tokens
        self.x_embedder = PatchEmbedder(in_channels, patch_size, hidden_size)
        self.t_embedder = TimestepEmbedder(hidden_size)
        self.y_embedder = LabelEmbedder(num_labels, hidden_size)
        self.blocks = nn.ModuleList(Block(hidden_size, num_heads) for _ in range(depth))
        self.final_layer = FinalLayer(hidden_size, patch_size * patch_size * out_channels)
        if text_dim:
            self.context_embedder = nn.Linear(text_dim, hidden_size)
            self.pad_token = nn.Parameter(torch.zeros(hidden_size))
            self.pooled_embedder = nn.Linear(text_dim, hidden_size)

    def text(self, states):
        """List of [tokens, text_dim] -> tokens [b, text_tokens, hidden] and pooled [b, hidden]."""
        tokens, pooled = [], []
        for state in states:
            state = state[: self.text_tokens]
            padding = self.pad_token.expand(self.text_tokens - len(state), -1)
            tokens.append(torch.cat([self.context_embedder(state), padding]))
            pooled.append(F.normalize(state.mean(dim=0), dim=0) * POOLED_LENGTH)
        return torch.stack(tokens), self.pooled_embedder(torch.stack(pooled))

    def forward(self, x, t, y, states=None, skips=None):
        return self.denoise(x, t, y, *(self.text(states) if states is not None else (None, None)), skips)

    def denoise(self, x, t, y, tokens=None, pooled=None, skips=None):
        """What is left to do each step, once the text is embedded; without the blocks `skips`, [from, to)."""
        height, width = x.shape[2] // self.patch, x.shape[3] // self.patch
        x = self.x_embedder(x)
        x = x + grid_positions(height, width, x.shape[2])
        c = self.t_embedder(t) + self.y_embedder(y)
        if tokens is not None:
            x, c = torch.cat([x, tokens], dim=1), c + pooled
        left_out = range(*skips) if skips else ()
        for i, block in enumerate(self.blocks):
            x = x if i in left_out else block(x, c)
        x = self.final_layer(x[:, : height * width], c)
        x = x.unflatten(2, (self.patch, self.patch, self.out_channels)).unflatten(1, (height, width))
        return x.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)  # b, c, (h p), (w q)
