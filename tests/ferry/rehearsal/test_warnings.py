"""What nobody would read otherwise: the Kubernetes provider's warnings reach the report."""

from __future__ import annotations

from pathlib import Path

from ferry.rehearsal.facts import warnings
from sandbox.providers.kubernetes.connection import Journal
from tests.sandbox.test_world import spec


def test_warnings_reach_the_report_each_once_and_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "warnings.jsonl")
    for name in ("pool", "pool", "job"):
        journal.warn(f"urn:pulumi:dev::ferry::kubernetes:x/v1:Y::{name}", "unknown field")
    assert [(item.resource, item.message) for item in warnings(spec(tmp_path))] == [
        ("pool", "unknown field"),
        ("job", "unknown field"),
    ]


def test_a_run_without_warnings_has_none(tmp_path: Path) -> None:
    assert warnings(spec(tmp_path)) == []
