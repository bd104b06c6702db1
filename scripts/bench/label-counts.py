"""How many labels cleanlab says are wrong, for scripts/bench/label-counts.ts: `label-counts.py <folder of .npy files>`."""
import sys
from pathlib import Path

import numpy as np
from cleanlab.count import num_label_issues

folder = Path(sys.argv[1])
labels = np.load(folder / "labels.npy").ravel().astype(int)
probabilities = np.load(folder / "probabilities.npy")
print(num_label_issues(labels, probabilities / probabilities.sum(axis=1, keepdims=True)))
