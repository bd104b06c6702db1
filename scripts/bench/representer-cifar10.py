"""Trains a small convolutional network on CIFAR-10 with PyTorch and exports it: a model that onnx-explain did not train.

Run: python scripts/bench/representer-cifar10.py <folder with train/ and test/> <model.onnx> [epochs]
The folder holds one folder of images a class below train/ and test/. The model takes (x / 255 - 0.5) / 0.5.
"""

import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

MEAN, STD = 0.5, 0.5


def load(folder):
    classes = sorted(path.name for path in folder.iterdir())
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return pixels, torch.tensor(labels)


def network():
    def block(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(
        *block(3, 16), *block(16, 32), *block(32, 64), nn.Flatten(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 10)
    )


def prepared(pixels):
    return (pixels.float() / 255 - MEAN) / STD


def accuracy(model, pixels, labels):
    with torch.no_grad():
        right = sum(
            (model(prepared(pixels[start : start + 500])).argmax(1) == labels[start : start + 500]).sum().item()
            for start in range(0, len(labels), 500)
        )
    return right / len(labels)


def main(folder, target, epochs):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    train, train_labels = load(folder / "train")
    test, test_labels = load(folder / "test")
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, epochs=epochs, steps_per_epoch=-(-len(train) // 128))
    for epoch in range(epochs):
        started, total = time.time(), 0.0
        for rows in torch.randperm(len(train)).split(128):
            batch = prepared(train[rows])
            if torch.rand(()) < 0.5:
                batch = batch.flip(3)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(batch), train_labels[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        seconds = time.time() - started
        print(f"epoch {epoch + 1}: loss {total / len(train):.4f}, {seconds:.0f} s", flush=True)
    print(f"test accuracy {accuracy(model, test, test_labels):.4f}", flush=True)
    torch.onnx.export(
        model.eval(),
        (torch.zeros(2, 3, 32, 32),),
        target,
        dynamo=True,
        external_data=False,
        opset_version=18,
        input_names=["pixels"],
        output_names=["scores"],
        dynamic_shapes=[{0: torch.export.Dim("batch")}],
    )
    exported = onnx.load(target)
    # The exporter's notes hold stack traces with the folder that the script lay in.
    graph = exported.graph
    for item in [exported, graph, *graph.node, *graph.input, *graph.output, *graph.initializer]:
        del item.metadata_props[:]
    for key in ["onnx-explain.mean", "onnx-explain.std"]:
        exported.metadata_props.add(key=key, value="0.5")
    onnx.save(exported, target)


main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10)
