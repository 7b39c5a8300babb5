"""What a rehearsal claims, each check a module: a pure judge and a thin gatherer that can fail."""

from __future__ import annotations

from collections.abc import Sequence

from ferry.rehearsal.checks import (
    account,
    audit,
    availability,
    discovery,
    failover,
    features,
    first_order,
    gpu_run,
    irsa,
    lookups,
    moving,
    restoring,
    rights,
    samples,
    secrecy,
    tracking_run,
    zones,
)
from ferry.rehearsal.checks.availability import cluster
from ferry.rehearsal.checks.context import CheckContext, CheckFunction, Note
from ferry.rehearsal.checks.guarding import guarded

__all__ = ["FIRST", "LAST", "OTHERS", "PATIENT", "CheckContext", "CheckFunction", "Note", "cluster"]

FIRST: Sequence[tuple[str, CheckFunction]] = (
    ("order of a first up", guarded("order", "E1", first_order.run)),
    ("everything wanted is there", guarded("cluster", "B1", availability.run)),
    ("what a kubelet looks up", guarded("kubelet", "B9", lookups.run)),
)
"""Title for the progress line and the check: of the cluster as `up` left it."""

PATIENT: tuple[str, CheckFunction] = ("GPU nodes on demand", guarded("gpu", "A3", gpu_run.run))
"""Runs beside all that follows: for minutes it only waits for a node to be idle long enough."""

OTHERS: Sequence[tuple[str, CheckFunction]] = (
    ("what the account holds", guarded("aws", "A1", account.run)),
    ("the feature store", guarded("redis", "A6", features.run)),
    ("a primary of Redis is killed", guarded("failover", "A6", failover.run)),
    ("lost and brought back", guarded("restore", "A11", restoring.run)),
    ("data that move", guarded("data", "A9", moving.run)),
    ("a zone is gone", guarded("zones", "E5", zones.run)),
    ("the audit trail", guarded("audit", "A10", audit.run)),
    ("subnets, security groups, NodePools", guarded("discovery", "A3", discovery.run)),
    ("who may take a role", guarded("irsa", "A4", irsa.run)),
    ("the sample pipelines", guarded("pipelines", "B2", samples.run)),
    ("MLflow on Postgres", guarded("mlflow", "B1", tracking_run.run)),
)
"""The rest, in the order in which they run."""

LAST: Sequence[tuple[str, CheckFunction]] = (
    ("who used which right", guarded("rights", "A4", rights.run)),
    ("secrets where none should be", guarded("secrets", "A7", secrecy.run)),
)
"""What looks at all that was done and written."""
