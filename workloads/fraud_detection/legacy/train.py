"""SageMaker's training script: reads the channel ``train``, writes the model where SageMaker looks for it.

``SM_CHANNEL_TRAIN`` and ``SM_MODEL_DIR`` are SageMaker's own variables. The channel holds ``rows.npz`` with
the arrays ``rows`` and ``truth``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import lightgbm
import numpy as np


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as SageMaker starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--num-round", type=int, default=80)
    parser.add_argument("--max-leaves", type=int, default=15)
    parser.add_argument("--eta", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    with np.load(Path(os.environ["SM_CHANNEL_TRAIN"]) / "rows.npz") as found:
        data = lightgbm.Dataset(found["rows"], found["truth"])
    options = {
        "objective": "binary",
        "learning_rate": given.eta,
        "num_leaves": given.max_leaves,
        "seed": given.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    model = lightgbm.train(options, data, given.num_round)
    model.save_model(str(Path(os.environ["SM_MODEL_DIR"]) / "model.txt"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
