"""SageMaker's endpoint: the four functions that its container calls. Its schema is its own, not Triton's.

A request is ``{"instances": [{"features": […ten…]}, …]}``, the dense form of SageMaker's "common data
formats", an answer ``{"predictions": [0.013, …]}``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

JSON = "application/json"
COLUMNS = 10


def model_fn(model_dir: str) -> lightgbm.Booster:
    """Load the model once."""
    return lightgbm.Booster(model_file=str(Path(model_dir) / "model.txt"))


def input_fn(body: str | bytes, content_type: str = JSON) -> Any:
    """Rows of a request.

    Raises:
        ValueError: it is not JSON of this form; SageMaker answers 4xx.
    """
    if content_type != JSON:
        raise ValueError(f"{content_type} is not understood; send {JSON}")
    rows = np.array([item["features"] for item in json.loads(body)["instances"]], dtype=np.float32)
    if rows.shape[1:] != (COLUMNS,):
        raise ValueError(f"a payment has {COLUMNS} features, not {rows.shape[1:]}")
    return rows


def predict_fn(rows: Any, model: lightgbm.Booster) -> Any:
    """Scores."""
    return model.predict(rows, num_threads=1)


def output_fn(scores: Any, accept: str = JSON) -> tuple[str, str]:
    """The answer, and of what type it is."""
    return json.dumps({"predictions": [round(float(item), 6) for item in scores]}), accept
