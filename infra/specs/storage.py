"""Artifact stores: what they are for, and how long they keep what."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import Region


class Purpose(StrEnum):
    """What a store holds; the value is part of the bucket's name."""

    MODELS = "models"
    """Model repositories that Triton reads."""
    PIPELINES = "pipelines"
    """Artifacts of Kubeflow pipeline runs."""
    MLFLOW = "mlflow"
    """Artifacts of MLflow runs and registered models."""
    TRAINING_DATA = "training-data"
    """What models are trained on."""
    EVIDENCE = "evidence"
    """Signed results of gates; kept longest."""
    ACCESS_LOGS = "access-logs"
    """Who read and wrote the other stores."""


class StorageSpec(Spec):
    """Life cycle of the stores.

    Attributes:
        expire_noncurrent_days: days that an overwritten version is kept.
        archive_after_days: days until a current object moves to infrequent access; at least 30 (AWS).
        replica_region: a second region that holds a copy of every store but the access logs; none: no copy.
        residency: regions in which data may be; wanted where ``data_residency`` is on, and then enforced.
    """

    expire_noncurrent_days: int = Field(ge=1)
    archive_after_days: int = Field(ge=30)
    replica_region: Region | None = None
    residency: list[Region] = Field(default_factory=list)
