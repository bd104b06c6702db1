"""The authors' procedure in PyTorch: every dense update is read from a cached file and applied to the input of its layer.

    python explain.py <folder> <threads>

<folder> holds layers.json (for each layer its operator and the shapes of weight and bias), raw float32 files
`f-<layer>.f32` [inputs, ...], `w-<layer>.f32`, and `deltas.f32`: step after step, layer after layer, weight and bias.
Prints a JSON line: seconds of one input (and of processor) and of all inputs, and the sums of gamma and of the norms by layer for the first input.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
spec = json.load(open(f"{folder}/layers.json"))
layers, steps = spec["layers"], spec["steps"]


def raw(name, dims):
    return torch.from_numpy(np.fromfile(f"{folder}/{name}.f32", dtype=np.float32)).reshape(dims)


def apply(layer, weight, bias, f):
    return F.conv2d(f, weight, bias, padding=1) if layer["op"] == "Conv" else F.linear(f, weight, bias)


def parts(layer, flat):
    count = int(np.prod(layer["weight"]))
    return flat[:count].reshape(layer["weight"]), flat[count:] if layer["bias"] else None


def explain(count):
    """Reads every update once, and gives gamma and the norm of every step, layer and input."""
    inputs = [raw(f"f-{i}", layer["input"])[:count] for i, layer in enumerate(layers)]
    outputs = [apply(layer, *parts(layer, raw(f"w-{i}", [-1])), inputs[i]) for i, layer in enumerate(layers)]
    gammas = np.zeros((steps, len(layers), count), dtype=np.float32)
    norms = np.zeros_like(gammas)
    with open(f"{folder}/deltas.f32", "rb") as file:
        for step in range(steps):
            for i, layer in enumerate(layers):
                flat = torch.from_numpy(np.fromfile(file, dtype=np.float32, count=layer["size"]))
                moved = apply(layer, *parts(layer, flat), inputs[i])
                gammas[step, i] = (moved * outputs[i]).flatten(1).sum(1).numpy()
                norms[step, i] = moved.flatten(1).norm(dim=1).numpy()
    return gammas, norms


with torch.inference_mode():
    began, worked = time.perf_counter(), time.process_time()
    gammas, norms = explain(1)
    one, processor = time.perf_counter() - began, time.process_time() - worked
    total = spec["inputs"]
    began = time.perf_counter()
    if total > 1:
        explain(total)
    many = time.perf_counter() - began if total > 1 else one
print(
    json.dumps(
        {"one": one, "processor": processor, "many": many, "gamma": gammas[:, :, 0].sum(0).tolist(), "norm": norms[:, :, 0].sum(0).tolist()}
    )
)
