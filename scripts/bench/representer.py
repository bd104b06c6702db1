"""PyTorch's side of representer.ts: the authors' procedure, written anew, in float32 on the processor.

Full-batch gradient descent from the given weights; each iteration starts at step 10 and halves it until
f(w - t g) < f(w) - t/2 |g|^2; stops at mean |g| < a 200th of the first, or after 3000 iterations. Then alpha, and the
values of all training points: for one input and every class, and for many inputs and the class that each is given.
Prints seconds and errors as JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

folder, lam, threads = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)


def with_one(name):
    values = torch.from_numpy(np.load(folder / name))
    return torch.cat([values, torch.ones(len(values), 1)], 1)


features, queries = with_one("features.npy"), with_one("queries.npy")
flat = torch.from_numpy(np.load(folder / "weights.npy")).float()
n, width = features.shape
outputs = len(flat) // width
given = torch.cat([flat[: outputs * (width - 1)].reshape(outputs, -1).T, flat[outputs * (width - 1) :][None]])

started = time.perf_counter()
target = torch.softmax(features @ given, 1)


def objective(weights):
    loss = -(target * torch.log_softmax(features @ weights, 1)).sum() / n
    return loss + lam * (weights * weights).sum()


def gradient(weights):
    weights = weights.detach().requires_grad_()
    value = objective(weights)
    value.backward()
    return value.item(), weights.grad


weights, first, iterations = given.clone(), None, 0
for iterations in range(3000):
    value, slope = gradient(weights)
    first = first or slope.abs().mean().item()
    if slope.abs().mean() < first / 200:
        break
    step = 10.0
    with torch.no_grad():
        while step > 1e-12 and not objective(weights - step * slope) < value - step / 2 * (slope * slope).sum():
            step /= 2
    weights = weights - step * slope
alpha = (torch.softmax(features @ weights, 1) - target) / (-2 * lam * n)
fit = time.perf_counter() - started

times, error = [], 0.0
for query in queries[:25]:
    started = time.perf_counter()
    values = alpha * (features @ query)[:, None]
    times.append(time.perf_counter() - started)
    error = max(error, (values.double().sum(0) - (query @ weights).double()).abs().max().item())

started = time.perf_counter()
classes = (queries @ weights).argmax(1)
for part, chosen in zip(queries.split(256), classes.split(256)):
    values = alpha[:, chosen] * (features @ part.T)
    values.topk(10, 0), values.topk(10, 0, largest=False)
everything = time.perf_counter() - started

outcome = {
    "fit": fit,
    "one": sorted(times)[len(times) // 2],
    "all": everything,
    "iterations": iterations,
    "gradientMaxNorm": gradient(weights)[1].abs().max().item(),
    "sumError": error,
}
print(json.dumps(outcome))
