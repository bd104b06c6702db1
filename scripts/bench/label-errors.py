"""ROC-AUC of cleanlab's label quality scores, for scripts/bench/label-errors.ts: `label-errors.py <folder of .npy files>`."""
import json
import sys
from pathlib import Path

import cleanlab
import numpy as np
import sklearn
from cleanlab.rank import get_label_quality_scores
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
labels = np.load(folder / "labels.npy").ravel().astype(int)
wrong = np.load(folder / "wrong.npy").ravel() > 0
features = np.load(folder / "features.npy")

regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
folds = StratifiedKFold(5, shuffle=True, random_state=0)
probabilities = {"last features": cross_val_predict(regression, features, labels, cv=folds, method="predict_proba")}
if (folder / "retrained.npy").exists():
    retrained = np.load(folder / "retrained.npy")
    probabilities["retrained networks"] = retrained / retrained.sum(axis=1, keepdims=True)

found: dict[str, float | str] = {}
for source, p in probabilities.items():
    for method in ("self_confidence", "normalized_margin"):
        quality = get_label_quality_scores(labels, p, method=method)
        found[f"cleanlab, {source}, {method}"] = roc_auc_score(wrong, -quality)
found["versions"] = f"cleanlab {cleanlab.__version__}, scikit-learn {sklearn.__version__}"
print(json.dumps(found))
