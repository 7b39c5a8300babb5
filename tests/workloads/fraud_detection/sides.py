"""Both sides of the worked example, trained once for all tests that look at them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import lightgbm
import numpy as np
from numpy.typing import NDArray

from workloads.fraud_detection import training
from workloads.fraud_detection.legacy import inference, train
from workloads.fraud_detection.preparing import features, labels
from workloads.fraud_detection.transactions import Payment, payments

CARDS = 450


@dataclass(frozen=True)
class Rows:
    """Payments, their features, and the truth."""

    payments: list[Payment]
    rows: NDArray[np.float32]
    truth: NDArray[np.bool_]


@functools.cache
def rows(seed: int) -> Rows:
    """Of cards that no other seed has."""
    found = payments(CARDS, seed)
    return Rows(found, features(found), labels(found))


@functools.cache
def platform() -> lightgbm.Booster:
    """Trained on the first cards."""
    return training.train(rows(1).rows, rows(1).truth, training.Parameters())


@functools.cache
def legacy() -> lightgbm.Booster:
    """Trained by SageMaker's own script, in the places where SageMaker puts things."""
    with TemporaryDirectory() as folder:
        place = {"SM_CHANNEL_TRAIN": folder, "SM_MODEL_DIR": folder}
        np.savez(Path(folder) / "rows.npz", rows=rows(1).rows, truth=rows(1).truth)
        with mock.patch.dict("os.environ", place):
            train.main([])
        return inference.model_fn(folder)


@functools.cache
def unseen() -> Rows:
    """Cards that neither side was trained on."""
    return rows(2)
