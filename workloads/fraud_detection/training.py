"""Trains and judges the platform's model: gradient-boosted trees (LightGBM), on CPU or in the GPU image.

The parameters have the names of the search and of NVIDIA's fraud-training container, which production uses
(``ferry:services.crossing.trained``): ``learning_rate``, ``hidden_dim`` and ``dropout``. For trees they mean
shrinkage, eight times the leaves of a tree, and the share of features that a tree does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

ROUNDS = 300
"""Trees; with a learning rate of 0.01 more of them did not raise the AUC on other rows."""
ACCEPTED_AUC = 0.90
"""Below it a model is not exported. Source: requirement D."""
THRESHOLD = 0.5
"""Score from which a payment is called fraudulent."""
Rows = NDArray[np.float32]
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Parameters:
    """Of one training run; the search varies them within the definition's bounds."""

    learning_rate: float = 0.01
    hidden_dim: int = 128
    dropout: float = 0.2
    seed: int = 0
    rounds: int = ROUNDS


@dataclass(frozen=True)
class Score:
    """How well scores fit the truth.

    Attributes:
        auc, accuracy, f1: the latter two at :data:`THRESHOLD`.
        rows: how many.
    """

    auc: float
    accuracy: float
    f1: float
    rows: int

    @property
    def accepted(self) -> bool:
        """Whether the model may be exported. A model that could not be judged may not."""
        return self.auc >= ACCEPTED_AUC  # False for NaN


def train(rows: Rows, truth: Truth, parameters: Parameters) -> lightgbm.Booster:
    """The same trees for the same rows, parameters and seed."""
    options = {
        "objective": "binary",
        "learning_rate": parameters.learning_rate,
        "num_leaves": max(parameters.hidden_dim // 8, 2),
        "feature_fraction": 1.0 - parameters.dropout,
        "seed": parameters.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    return lightgbm.train(options, lightgbm.Dataset(rows, truth), parameters.rounds)


def predict(model: lightgbm.Booster, rows: Rows) -> NDArray[np.float64]:
    """Scores between 0 and 1."""
    return np.asarray(model.predict(rows, num_threads=1), dtype=np.float64)


def explain(model: lightgbm.Booster, rows: Rows) -> NDArray[np.float64]:
    """What each feature added to each score, in log-odds, and last what no feature did (exact TreeSHAP)."""
    return np.asarray(model.predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64)


def score(truth: Truth, scores: NDArray[np.float64]) -> Score:
    """Quality on rows that the model has not seen; NaN where there is only one class."""
    called = scores >= THRESHOLD
    hits, positives = int((called & truth).sum()), int(truth.sum())
    return Score(
        auc=_auc(truth, scores),
        accuracy=float((called == truth).mean()),
        f1=2 * hits / max(int(called.sum()) + positives, 1),
        rows=len(truth),
    )


def _auc(truth: Truth, scores: NDArray[np.float64]) -> float:
    """Mann and Whitney's statistic."""
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)[truth].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))
