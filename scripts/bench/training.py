"""PyTorch's side of training.ts: prints milliseconds a step of a network. Takes the request as JSON."""
import json
import sys
import time

import numpy as np
import torch
from torch import nn

request = json.loads(sys.argv[1])
clock = time.process_time if request["processor"] else time.perf_counter
torch.set_num_threads(request["threads"])
torch.manual_seed(0)


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )


def vgg16() -> nn.Module:
    """As `create vgg16` makes it: no biases, batch norm without scale and shift, dropout between the dense layers."""
    layers: list[nn.Module] = []
    before = 3
    for channels in [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]:
        if channels == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [
            nn.Conv2d(before, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels, affine=False), nn.ReLU()
        ]
        before = channels
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(512, 4096, bias=False), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096, bias=False), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 10, bias=False),
    )


class BasicBlock(nn.Module):
    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential() if stride == 1 and before == channels else nn.Sequential(
            nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(h)) + self.shortcut(x))


def resnet18() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    before = 64
    for channels, stride in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
        layers.append(BasicBlock(before, channels, stride))
        before = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, patches, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(rows, patches, 3, self.heads, width // self.heads)
        attended = nn.functional.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4).unbind(0))
        x = x + self.proj(attended.transpose(1, 2).reshape(rows, patches, width))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    def __init__(self, patches: int = 64, width: int = 192, heads: int = 3, depth: int = 6) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, 4, 4)
        self.pos_embed = nn.Parameter(0.02 * torch.randn(patches, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.patch_embed(x).flatten(2).transpose(1, 2) + self.pos_embed
        return self.head(self.norm(self.blocks(h)).mean(1))


NETWORKS = {"lenet": lenet, "mlp": mlp, "vgg16": vgg16, "resnet18": resnet18, "vit-tiny": VisionTransformer}

model = NETWORKS[request["network"]]()
weights = sum(parameter.numel() for parameter in model.parameters())
assert weights == request["weights"], f"{weights} weights here, {request['weights']} in the other network"
arrays = np.load(request["data"])
images, labels = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9 if request["momentum"] else 0)
loss_function = nn.CrossEntropyLoss()
step = 0
for _ in range(request["epochs"]):
    for batch in torch.randperm(len(labels)).split(request["batch"]):
        if step == request["first"]:
            started = clock()
        step += 1
        inputs = (images[batch].float() / 255 - 0.5) / 0.5
        optimizer.zero_grad()
        loss_function(model(inputs), labels[batch]).backward()
        optimizer.step()
print(1000 * (clock() - started) / (step - request["first"]))
