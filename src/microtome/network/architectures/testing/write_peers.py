# SPDX-License-Identifier: Apache-2.0
"""Writes NAME.pth, weights by torch.save in its several forms, and NAME.npz, an input and the logits of it, for networks
with random weights of every architecture that is known by its weights. Usage: write_peers.py FOLDER [NAME ...]
With --programs, NAME.script.pt and NAME.trace.pt instead, TorchScript programs, also of architectures that are not known;
with --names, the file "names" alone."""
import math
import sys

import numpy
import torch
import torch.nn.functional as F
import torchvision
from torch import nn


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        read = (q @ k.transpose(-2, -1) / math.sqrt(c // self.heads)).softmax(-1)
        return self.proj((read @ v).transpose(1, 2).reshape(n, t, c))


class Scale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(width) + 0.5)

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    """timm's names of a block."""

    def __init__(self, width, heads, scaled):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.ls1 = Scale(width) if scaled else nn.Identity()
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential()
        self.mlp.add_module("fc1", nn.Linear(width, 4 * width))
        self.mlp.add_module("act", nn.GELU())
        self.mlp.add_module("fc2", nn.Linear(4 * width, width))
        self.ls2 = Scale(width) if scaled else nn.Identity()

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class VisionTransformer(nn.Module):
    """timm's and Meta's names. kind: "", "distilled", "meta" (DINOv2), "registers" (DINOv2 with registers)."""

    def __init__(self, width=192, heads=3, patch=16, side=64, kind=""):
        super().__init__()
        self.kind, self.patch = kind, patch
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, patch, patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        own = 1
        if kind == "distilled":
            self.dist_token = nn.Parameter(torch.randn(1, 1, width))
            own = 2
        self.pos_embed = nn.Parameter(torch.randn(1, (side // patch) ** 2 + own, width))
        if kind in ("meta", "registers"):
            self.mask_token = nn.Parameter(torch.randn(1, width))
        if kind == "registers":
            self.register_tokens = nn.Parameter(torch.randn(1, 4, width))
        self.blocks = nn.Sequential(*[Block(width, heads, kind in ("meta", "registers")) for _ in range(3)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        if kind in ("", "distilled"):
            self.head = nn.Linear(width, 10)
        if kind == "distilled":
            self.head_dist = nn.Linear(width, 10)

    def positions(self, own, length):
        old = math.isqrt(self.pos_embed.shape[1] - own)
        if old == length:
            return self.pos_embed
        grid = self.pos_embed[:, own:].reshape(1, old, old, -1).permute(0, 3, 1, 2)
        if self.kind == "meta":
            scale = (length + 0.1) / old
            grid = F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
        else:
            grid = F.interpolate(grid, size=(length, length), mode="bicubic", antialias=True)
        return torch.cat([self.pos_embed[:, :own], grid.permute(0, 2, 3, 1).reshape(1, length * length, -1)], 1)

    def forward(self, x):
        length = x.shape[3] // self.patch
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        own = [self.cls_token] + ([self.dist_token] if self.kind == "distilled" else [])
        x = torch.cat(own + [x], 1) + self.positions(len(own), length)
        if self.kind == "registers":
            x = torch.cat([x[:, :1], self.register_tokens, x[:, 1:]], 1)
        x = self.norm(self.blocks(x))
        if self.kind in ("meta", "registers"):
            return x[:, 0]
        if self.kind == "distilled":
            return (self.head(x[:, 0]) + self.head_dist(x[:, 1])) / 2
        return self.head(x[:, 0])


class SmallBlock(nn.Module):
    """ResNets for CIFAR with the shortcut that has no weights (option A), or with one that has."""

    def __init__(self, inputs, width, stride, weighted):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.more = stride, (width - inputs) // 2
        self.shortcut = nn.Sequential()
        if weighted and (stride != 1 or inputs != width):
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if len(self.shortcut) == 0 and self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more, self.more))
        return F.relu(y + self.shortcut(x))


class SmallResNet(nn.Module):
    def __init__(self, blocks, weighted):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        inputs = 16
        for stage, width in enumerate((16, 32, 64)):
            parts = []
            for block in range(blocks):
                parts.append(SmallBlock(inputs, width, 2 if stage and not block else 1, weighted))
                inputs = width
            self.add_module(f"layer{stage + 1}", nn.Sequential(*parts))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def torchvision_net(name, **settings):
    return lambda: torchvision.models.get_model(name, **settings) if hasattr(torchvision.models, "get_model") else getattr(
        torchvision.models, name)(**settings)


# name: how it is made, side of its pictures. Small pictures where the network takes any.
NETWORKS = {name: (torchvision_net(name), side) for name, side in {
    "resnet18": 64, "resnet50": 64, "resnext50_32x4d": 64, "wide_resnet50_2": 64, "alexnet": 224, "vgg11": 224,
    "vgg13_bn": 224, "squeezenet1_0": 96, "squeezenet1_1": 96, "densenet121": 64, "densenet161": 64,
    "mobilenet_v2": 64, "mobilenet_v3_large": 64, "mobilenet_v3_small": 64, "efficientnet_b0": 64,
    "efficientnet_b1": 64, "efficientnet_b2": 64, "efficientnet_b5": 64, "efficientnet_v2_s": 64, "convnext_tiny": 64,
    "vit_b_16": 224, "vit_b_32": 224}.items()}
NETWORKS["resnet34_scripted"] = (torchvision_net("resnet34"), 64)
NETWORKS["mobilenet_v2_half"] = (torchvision_net("mobilenet_v2", width_mult=0.5, num_classes=7), 64)
for name, side in {"googlenet": 96, "inception_v3": 139}.items():
    NETWORKS[name] = (torchvision_net(name, init_weights=False, transform_input=False), side)
NETWORKS["cifar_resnet20"] = (lambda: SmallResNet(3, False), 32)
NETWORKS["cifar_resnet8_weighted"] = (lambda: SmallResNet(1, True), 32)
NETWORKS["vit_tiny"] = (VisionTransformer, 64)
NETWORKS["vit_tiny_larger"] = (VisionTransformer, 96)
NETWORKS["deit_tiny_distilled"] = (lambda: VisionTransformer(kind="distilled"), 64)
NETWORKS["dinov2"] = (lambda: VisionTransformer(384, 6, 14, 98, "meta"), 56)
NETWORKS["dinov2_registers"] = (lambda: VisionTransformer(384, 6, 14, 98, "registers"), 56)

# Known by their programs alone.
FOREIGN = {name: (torchvision_net(name), side) for name, side in {
    "swin_t": 224, "swin_v2_t": 256, "regnet_y_400mf": 64, "mnasnet0_5": 64, "shufflenet_v2_x1_0": 64}.items()}


def randomize(network):
    """No two channels are alike, and sums of residuals do not grow so that rounding would decide the logits."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.3, 0.9)
            nn.init.normal_(module.bias, std=0.1)
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
        elif isinstance(module, nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)


def save(number, weights, file):
    """Each of the forms in which weights are found, in turn."""
    form = number % 4
    if form == 1:
        torch.save(weights, file, _use_new_zipfile_serialization=False)
    elif form == 2:
        torch.save({"epoch": 3, "state_dict": {"module." + name: value for name, value in weights.items()}}, file)
    elif form == 3:
        torch.save({"model": {name: nn.Parameter(value, requires_grad=False) for name, value in weights.items()}}, file)
    else:
        torch.save(weights, file)


def save_programs(network, image, path):
    """Those that PyTorch itself can trace or script."""
    for form, make in (("trace", lambda: torch.jit.trace(network, image, check_trace=False)),
                       ("script", lambda: torch.jit.script(network))):
        try:
            made = make()
        except Exception as failure:  # torch's own complaints have no class of their own
            print(f"{path}: no {form}: {failure}", file=sys.stderr)
            continue
        made.save(f"{path}.{form}.pt")


def main():
    folder, asked = sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("--")]
    programs = "--programs" in sys.argv
    torch.set_num_threads(1)
    networks = NETWORKS | FOREIGN if programs or "--names" in sys.argv else NETWORKS
    if "--names" in sys.argv:
        with open(f"{folder}/names", "w") as file:
            file.write("\n".join(networks) + "\n")
        return
    for number, (name, (make, side)) in enumerate(networks.items()):
        if asked and name not in asked:
            continue
        torch.manual_seed(number)
        network = make()
        randomize(network)
        network.eval()
        image = torch.randn(1, 3, side, side)
        with torch.no_grad():
            logits = network(image)
        if programs:
            save_programs(network, image, f"{folder}/{name}")
        elif name.endswith("_scripted"):
            torch.jit.script(network).save(f"{folder}/{name}.pth")
        else:
            save(number, network.state_dict(), f"{folder}/{name}.pth")
        numpy.savez(f"{folder}/{name}.npz", input=image.numpy(), logits=logits.numpy())


if __name__ == "__main__":
    main()
