"""A trained model in Triton's layout: what the fetch script brings and the server loads.

``config.pbtxt``, ``<version>/model.py``, ``trees.npz`` and ``model.txt``, and ``manifest.json`` with the
digest of each. The manifest's own digest names the model everywhere: in evidence, slot and registry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from workloads.fraud_detection import served
from workloads.fraud_detection.preparing import FEATURES

NAME = "fraud-detection"
VERSION = "1"
"""Triton's number of it within its folder; versions of ours are folders of the store, named by digest."""
BATCH = 64
LARGEST_DELAY_US = 500
"""How long a request waits for others to be answered with it; a hundredth of the SLO's 50 ms."""


class ExportError(Exception):
    """The model's description is not what Triton reads; nothing was written."""


def config(gpus: int) -> str:
    """``config.pbtxt``; production and rehearsal differ in the kind of its instances and nothing else."""
    kind = "KIND_GPU" if gpus else "KIND_CPU"
    return f"""\
name: "{NAME}"
backend: "python"
max_batch_size: {BATCH}
input [ {{ name: "{served.INPUT}", data_type: TYPE_FP32, dims: [ {len(FEATURES)} ] }} ]
output [ {{ name: "{served.OUTPUT}", data_type: TYPE_FP32, dims: [ 1 ] }} ]
instance_group [ {{ kind: {kind}, count: 1 }} ]
dynamic_batching {{ max_queue_delay_microseconds: {LARGEST_DELAY_US} }}
"""


def checked(text: str) -> Any:
    """A configuration as Triton's own definition of it understands the text.

    Raises:
        ExportError: it does not.
    """
    try:
        return text_format.Parse(text, model_config_pb2.ModelConfig())
    except text_format.ParseError as error:
        raise ExportError(
            f"config.pbtxt is not what Triton reads ({error}), so nothing was exported. Mend "
            "workloads/fraud_detection/exporting.py."
        ) from None


def files(model: lightgbm.Booster, gpus: int) -> dict[str, bytes]:
    """Every file of the model's folder, by its path."""
    text = config(gpus)
    checked(text)
    packed = BytesIO()
    np.savez(packed, **trees(model))
    content = {
        "config.pbtxt": text.encode(),
        f"{VERSION}/model.py": Path(served.__file__).read_bytes(),
        f"{VERSION}/model.txt": model.model_to_string().encode(),
        f"{VERSION}/trees.npz": packed.getvalue(),
    }
    return {**content, "manifest.json": manifest(content)}


def manifest(content: Mapping[str, bytes]) -> bytes:
    """What the fetch script compares with."""
    return json.dumps({"files": {name: digest(body) for name, body in sorted(content.items())}}).encode()


def digest(body: bytes) -> str:
    """``sha256:…``."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def write(folder: Path, model: lightgbm.Booster, gpus: int) -> str:
    """Write the model's folder; gives the digest of its manifest, which names the version."""
    content = files(model, gpus)
    for name, body in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return digest(content["manifest.json"])


def trees(model: lightgbm.Booster) -> dict[str, Any]:
    """LightGBM's trees as arrays: see :func:`workloads.fraud_detection.served.walk`."""
    found = [_Tree(item["tree_structure"]) for item in model.dump_model()["tree_info"]]
    most = max(len(item.value) for item in found)
    columns = {
        name: np.array([getattr(item, name) + [0] * (most - len(item.value)) for item in found])
        for name in ("feature", "threshold", "left", "right", "value")
    }
    return {**columns, "depth": np.int64(max(item.depth for item in found))}


class _Tree:
    """One tree, node by node."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.value: list[float] = []
        self.depth = 0
        self._add(root, 0)

    def _add(self, node: Mapping[str, Any], depth: int) -> int:
        here = len(self.value)
        self.depth = max(self.depth, depth)
        leaf = "split_feature" not in node
        self.feature.append(0 if leaf else node["split_feature"])
        self.threshold.append(0.0 if leaf else node["threshold"])
        self.value.append(node["leaf_value"] if leaf else 0.0)
        self.left.append(here)
        self.right.append(here)
        if not leaf:
            self.left[here] = self._add(node["left_child"], depth + 1)
            self.right[here] = self._add(node["right_child"], depth + 1)
        return here
