"""PyTorch's side of training.ts: prints milliseconds a step of a LeNet on Fashion-MNIST."""
import gzip
import sys
import time

import numpy as np
import torch

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(0)


def read(name: str, skip: int) -> np.ndarray:
    return np.frombuffer(gzip.open(f"{folder}/{name}").read(), np.uint8)[skip:].copy()


images = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16)).reshape(-1, 1, 28, 28)
labels = torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8)).long()
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 6, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
    torch.nn.Linear(400, 120), torch.nn.ReLU(), torch.nn.Linear(120, 84), torch.nn.ReLU(), torch.nn.Linear(84, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
loss_function = torch.nn.CrossEntropyLoss()
order = torch.randperm(len(labels)).split(128)
for step, batch in enumerate(order):
    if step == 8:
        started = time.perf_counter()
    inputs = (images[batch].float() / 255 - 0.5) / 0.5
    optimizer.zero_grad()
    loss_function(model(inputs), labels[batch]).backward()
    optimizer.step()
print(1000 * (time.perf_counter() - started) / (len(order) - 8))
