"""What a person is told when the engine refuses. Needs the engine, no provider."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from sandbox.engine import EngineError
from tests.sandbox.providers.harness.attaching import engine


def test_a_programs_refusal_is_said_once(tmp_path: Path) -> None:
    """The Automation API says a program's error twice, the second time as unhandled."""
    said = "Pulumi.dev.yaml has one mistake\n\n  ferry:netwrok: is not a key"

    def program() -> None:
        raise pulumi.RunError(said)

    with pytest.raises(EngineError) as refused:
        engine(tmp_path / "stack", {}, program).preview()
    assert refused.value.diagnostics == [said]
