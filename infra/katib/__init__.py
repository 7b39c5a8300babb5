"""Katib (B3): hyper-parameter search, on Postgres, for Experiments in the namespace of pipelines."""

from infra.katib.component import Katib, KatibArgs

__all__ = ["Katib", "KatibArgs"]
