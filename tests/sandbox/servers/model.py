"""A small model in Triton's layout, and its publication in an emulated S3."""

from __future__ import annotations

import hashlib
import json

import boto3

from infra.specs.triton import ModelSpec, TritonSpec

CONFIG = """
name: "churn"
backend: "python"
max_batch_size: 8
input [ { name: "features", data_type: TYPE_FP32, dims: [ 3 ] } ]
output [ { name: "score", data_type: TYPE_FP32, dims: [ 1 ] } ]
instance_group [ { kind: KIND_CPU, count: 1 } ]
dynamic_batching { }
"""
MODEL = """
import numpy as np
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            features = np.from_dlpack(pb_utils.get_input_tensor_by_name(request, "features"))
            score = (1 / (1 + np.exp(-features.sum(axis=1, keepdims=True)))).astype(np.float32)
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor.from_dlpack("score", score)]))
        return answers
"""
FILES = {"config.pbtxt": CONFIG.encode(), "1/model.py": MODEL.encode()}
INFER = {"inputs": [{"name": "features", "shape": [1, 3], "datatype": "FP32", "data": [0.1, 0.2, 0.3]}]}
SCORE = 0.6456563
"""The logistic function of 0.1 + 0.2 + 0.3."""
BUCKET = "models"


def digest(content: bytes) -> str:
    """SHA-256 as manifests write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


MANIFEST = json.dumps({"files": {name: digest(content) for name, content in FILES.items()}}).encode()
IMAGE = f"registry.example/x@sha256:{'0' * 64}"
SPEC = TritonSpec(
    image=IMAGE,
    fetch_image=IMAGE,
    model=ModelSpec(name="churn", prefix="churn/7/", digest=digest(MANIFEST)),
    gpus=0,
)


def publish(endpoint: str) -> None:
    """The model's folder in the store."""
    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's root key
    )
    s3.create_bucket(Bucket=BUCKET)
    for name, content in {**FILES, "manifest.json": MANIFEST}.items():
        s3.put_object(Bucket=BUCKET, Key=SPEC.model.prefix + name, Body=content)
