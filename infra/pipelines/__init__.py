"""Kubeflow Pipelines (B2): pipelines on MySQL at RDS and on S3, by roles instead of keys."""

from infra.pipelines.component import Pipelines, PipelinesArgs

__all__ = ["Pipelines", "PipelinesArgs"]
