"""The emulated AWS of the provider's own tests, and a stack in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ferry.reconcile.faults import FaultySession, Program, Weather, engine
from tests.ferry.reconcile.stand import Stand
from tests.sandbox.providers.aws.conftest import empty_aws, endpoint
from tests.sandbox.providers.harness.attaching import attached

__all__ = ["empty_aws", "endpoint", "stand"]


@pytest.fixture
def stand(empty_aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Nothing is up yet."""
    assert empty_aws
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    weather, program = Weather(), Program()
    with attached(lambda: FaultySession(weather)) as port:
        yield Stand(engine(tmp_path, port, program), program, weather)
