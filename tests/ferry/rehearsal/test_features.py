"""The judge of the feature store, on answers of the account: proves what it refuses, not that AWS runs it."""

from __future__ import annotations

from typing import Any

import pytest

from ferry.rehearsal.checks.features import faults

RIGHT: dict[str, Any] = {
    "ClusterEnabled": True,
    "TransitEncryptionEnabled": True,
    "AtRestEncryptionEnabled": True,
    "AuthTokenEnabled": True,
    "MultiAZ": "enabled",
    "AutomaticFailover": "enabled",
    "NodeGroups": [{}, {}, {}],
}


def test_a_group_with_everything_on_has_no_fault() -> None:
    """A6."""
    assert faults(RIGHT, 3) == []


@pytest.mark.parametrize("flag", [name for name in RIGHT if name != "NodeGroups"])
def test_each_promise_that_is_off_is_named(flag: str) -> None:
    """A6."""
    off = False if RIGHT[flag] is True else "disabled"
    assert faults({**RIGHT, flag: off}, 3) == [f"{flag} is not on"]


def test_a_missing_shard_is_named() -> None:
    """A6."""
    assert faults(RIGHT, 4) == ["3 shards, 4 wanted"]
