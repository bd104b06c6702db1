"""PyTorch's side of representer.ts: the authors' procedure, written anew, in float32 on the processor.

Full-batch gradient descent from the given weights; each iteration starts at step 10 and halves it until
f(w - t g) < f(w) - t/2 |g|^2; stops at mean |g| < a 200th of the first, or after 3000 iterations. Then alpha, and the
values of all training points for the class that an input is given, with the ten largest and smallest of them: for one
input, and for many at once. Prints seconds (by the clock, and of all processors together) and errors as JSON.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

folder, lam, threads = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)


def timed(work):
    began, before = time.perf_counter(), time.process_time()
    result = work()
    return {"clock": time.perf_counter() - began, "processor": time.process_time() - before}, result


def median(times):
    return {key: sorted(each[key] for each in times)[len(times) // 2] for key in ("clock", "processor")}


def with_one(name):
    values = torch.from_numpy(np.load(folder / name))
    return torch.cat([values, torch.ones(len(values), 1)], 1)


features, queries = with_one("features.npy"), with_one("queries.npy")
flat = torch.from_numpy(np.load(folder / "weights.npy")).float()
n, width = features.shape
outputs = len(flat) // width
given = torch.cat([flat[: outputs * (width - 1)].reshape(outputs, -1).T, flat[outputs * (width - 1) :][None]])

began, before = time.perf_counter(), time.process_time()
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
fit = {"clock": time.perf_counter() - began, "processor": time.process_time() - before}

classes = (queries @ weights).argmax(1)


def values_of(query, chosen):
    return alpha[:, chosen] * (features @ query)


def strongest(query, chosen):
    values = values_of(query, chosen)
    return values.topk(10), values.topk(10, largest=False)


def all_strongest():
    for part, chosen in zip(queries.split(256), classes.split(256)):
        values = alpha[:, chosen] * (features @ part.T)
        values.topk(10, 0), values.topk(10, 0, largest=False)


one, vector, error = [], [], 0.0
for query, chosen in zip(queries[:25], classes[:25]):
    one.append(timed(lambda: strongest(query, chosen))[0])
    seconds, values = timed(lambda: values_of(query, chosen))
    vector.append(seconds)
    error = max(error, (values.double().sum() - (query @ weights[:, chosen]).double()).abs().item())

outcome = {
    "fit": fit,
    "one": median(one),
    "vector": median(vector),
    "all": timed(all_strongest)[0],
    "iterations": iterations,
    "gradientMaxNorm": gradient(weights)[1].abs().max().item(),
    "sumError": error,
}
print(json.dumps(outcome))
