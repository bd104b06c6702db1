"""Two digits of MNIST as an .npz data set, for layered explanations (docs/attribute.md).

python scripts/data/mnist-pair.py <folder with the t10k files> <digit> <digit> <out.npz>
Every fifth image of a digit is held out for testing.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

folder, first, second, out = sys.argv[1:]
digits = [int(first), int(second)]


def idx(name, header):
    return np.frombuffer(gzip.decompress((Path(folder) / name).read_bytes()), np.uint8, offset=header)


images = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
labels = idx("t10k-labels-idx1-ubyte.gz", 8)
parts = {"x": [], "y": [], "x_test": [], "y_test": []}
for label, digit in enumerate(digits):
    mine = images[labels == digit]
    held_out = np.arange(len(mine)) % 5 == 4
    for suffix, chosen in (("", ~held_out), ("_test", held_out)):
        parts[f"x{suffix}"].append(mine[chosen])
        parts[f"y{suffix}"].append(np.full(chosen.sum(), label, np.int64))
arrays = {name: np.concatenate(part) for name, part in parts.items()}
np.savez_compressed(out, classes=np.array([str(digit) for digit in digits]), **arrays)
print({name: array.shape for name, array in arrays.items()})
