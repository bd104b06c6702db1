"""How well a PyTorch network that was exported as the README says trains here, beside the same training in PyTorch.

Run: python scripts/bench/samplers.py <folder with train/ and test/, images a class below> <work folder> [options]
from the repository's root, after `npm run build`. For each seed PyTorch initialises a small convolutional network with batch
norm, exports it, and trains it with shuffled batches; then `onnx-explain train` trains the exported file, once for each set of
flags in FLAGS. Of "defaults", initial weights, batches and their order, optimizer, rate, momentum, epochs and preprocessing are
PyTorch's too. Printed is the test accuracy of each, by seed and in the mean.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

# What is tried of ours. "defaults" are what PyTorch trains with; "large steps" were the defaults of single-class batches once,
# "no rest" are today's without the lower rate at the end.
FLAGS = {
    "defaults": "--batch-size {batch_size} --lr {lr}",
    "single-class": "--sampler single-class",
    "single-class, large steps": "--sampler single-class --batch-size 128 --ghost-size 40 --lr 0.01 --lr-factor 1",
    "single-class, no rest": "--sampler single-class --lr-factor 1",
}

parser = argparse.ArgumentParser()
parser.add_argument("data", type=Path)
parser.add_argument("work", type=Path)
parser.add_argument("--train-per-class", type=int, default=176)
parser.add_argument("--test-per-class", type=int, default=200)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--batch-size", type=int, default=128)
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--flags", action="append", help="name=flags of onnx-explain train, instead of FLAGS")


def network():
    def block(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(*block(3, 16), *block(16, 32), *block(32, 64), nn.Flatten(), nn.Linear(1024, 10))


def subset(source, target, split, count):
    """Links the first images of each class; returns them as bytes with their labels."""
    images, labels = [], []
    for label, folder in enumerate(sorted(path for path in (source / split).iterdir() if path.is_dir())):
        below = target / split / folder.name
        below.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir())[:count]:
            link = below / path.name
            if not link.exists():
                link.symlink_to(path.resolve())
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(label)
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def prepared(pixels):
    """As `onnx-explain train` feeds pixels by default."""
    return pixels.float() / 255


def accuracy(model, pixels, labels):
    model.eval()
    with torch.no_grad():
        right = sum(
            (model(prepared(pixels[i : i + 500])).argmax(1) == labels[i : i + 500]).sum().item()
            for i in range(0, len(labels), 500)
        )
    return right / len(labels)


def planned_batches(count, seed, args):
    """The batches of each epoch, as ours draws them."""
    options = f"{{ ...TRAIN_DEFAULTS, batchSize: {args.batch_size}, ghostSize: 0, seed: {seed} }}"
    script = f"""
      import {{ TRAIN_DEFAULTS }} from './dist/train/options.js';
      import {{ planEpoch }} from './dist/train/schedule.js';
      const task = {{ labels: new Int32Array({count}), classes: 1 }};
      const epochs = Array.from({{ length: {args.epochs} }}, (_, epoch) => planEpoch({options}, task, epoch, 1));
      console.log(JSON.stringify(epochs.map((steps) => steps.map(({{ examples }}) => [...examples]))));
    """
    command = ["node", "--input-type=module", "-e", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def train_in_pytorch(model, train, train_labels, seed, args):
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    model.train()
    for batches in planned_batches(len(train_labels), seed, args):
        total = 0
        for chosen in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(prepared(train[chosen])), train_labels[chosen])
            loss.backward()
            optimizer.step()
            total += loss.item()
    return total / len(batches)


def export(model, path):
    """The README's way."""
    model.eval()
    torch.onnx.export(
        model,
        torch.zeros(1, 3, 32, 32),
        str(path),
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}},
        do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        dynamo=False,
    )


def train_here(path, data, out, seed, flags, args):
    command = ["node", "dist/cli/main.js", "train", "--model", path, "--data", data, "--out", out, "--force", "--json"]
    command += flags.format(**vars(args)).split() + ["--epochs", args.epochs, "--seed", seed, "--threads", args.threads]
    command += ["--quiet", "--no-log"]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if ended.returncode != 0:
        print(ended.stderr, file=sys.stderr)
        return float("nan"), float("nan")
    last = json.loads(ended.stdout)["epochs"][-1]
    return last["testAccuracy"], last["trainLoss"]


def main():
    args = parser.parse_args()
    flags = dict(entry.split("=", 1) for entry in args.flags) if args.flags else FLAGS
    torch.set_num_threads(args.threads)
    data = args.work / f"data-{args.train_per_class}-{args.test_per_class}"
    train, train_labels = subset(args.data, data, "train", args.train_per_class)
    test, test_labels = subset(args.data, data, "test", args.test_per_class)
    print(f"torch {torch.__version__}, onnx {onnx.__version__}; {len(train)} + {len(test)} images, {vars(args)}")
    results = {}
    for seed in range(args.seeds):
        torch.manual_seed(seed)
        model = network()
        path = args.work / f"network-{seed}.onnx"
        export(model, path)
        began = time.perf_counter()
        loss = train_in_pytorch(model, train, train_labels, seed, args)
        rows = {"PyTorch": (accuracy(model, test, test_labels), loss)}
        seconds = {"PyTorch": time.perf_counter() - began}
        for name, given in flags.items():
            began = time.perf_counter()
            rows[name] = train_here(path, data, args.work / "run", seed, given, args)
            seconds[name] = time.perf_counter() - began
        for name, (reached, loss) in rows.items():
            results.setdefault(name, []).append(reached)
            print(f"seed {seed}: {name}: {100 * reached:.2f} %, training loss {loss:.3f}, {seconds[name]:.1f} s", flush=True)
    for name, reached in results.items():
        spread = np.std(reached, ddof=1) if len(reached) > 1 else float("nan")
        print(f"{name}: {100 * np.mean(reached):.2f} ± {100 * spread:.2f} %  {flags.get(name, '')}")


if __name__ == "__main__":
    main()
