"""``model.py`` of the exported model: Triton's Python back end runs it. NumPy only.

The trees are arrays; a request walks all of them at once, so the serving image needs no library of trees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

INPUT, OUTPUT = "features", "score"


def walk(trees: Any, rows: Any) -> Any:
    """Score of each row. ``trees`` holds ``feature``, ``threshold``, ``left``, ``right``, ``value``: one line
    for each tree, one column for each node; a leaf is its own child."""
    feature, threshold, left, right = (trees[name] for name in ("feature", "threshold", "left", "right"))
    lines = np.arange(len(feature))[None, :]
    node = np.zeros((len(rows), len(feature)), dtype=np.int64)
    for _ in range(int(trees["depth"])):
        values = np.take_along_axis(rows, feature[lines, node], axis=1)
        node = np.where(values <= threshold[lines, node], left[lines, node], right[lines, node])
    total = trees["value"][lines, node].sum(axis=1)
    return 1.0 / (1.0 + np.exp(-total))


class TritonPythonModel:
    """What the back end calls."""

    def initialize(self, args: dict[str, str]) -> None:
        """Everything that a request needs is loaded before the model counts as ready."""
        home = Path(args["model_repository"]) / args["model_version"]
        with np.load(home / "trees.npz") as found:
            self._trees = {name: found[name] for name in found.files}

    def execute(self, requests: list[Any]) -> list[Any]:
        """One answer for each request."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        import triton_python_backend_utils as back_end  # noqa: PLC0415 - exists only inside the back end

        asked = back_end.get_input_tensor_by_name(request, INPUT)
        rows = np.from_dlpack(asked).astype(np.float64)
        score = walk(self._trees, rows).astype(np.float32).reshape(-1, 1)
        return back_end.InferenceResponse(output_tensors=[back_end.Tensor.from_dlpack(OUTPUT, score)])
