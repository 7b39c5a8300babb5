"""A stage change through the real engine: what it previews, and what it records when it fails (C5).

Providers are the test's own and agree to everything: that the API server does is the rehearsal's to prove.
"""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from sandbox.engine import EngineError
from stacks import fleet
from tests.sandbox.providers.harness.agreeing import Agreeing
from tests.sandbox.providers.harness.attaching import attached, engine
from tests.workloads.patterns.ground import component, ground, two_ways
from workloads.stages import Recorded
from workloads.state import Stage

FRAUD, CHURN = "fraud-detection", "churn"


def test_a_stage_change_previews_nothing_outside_its_workload_and_a_failed_one_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C5: one story, because each step stands on the one before."""
    stood = {FRAUD: Recorded(stage=Stage.FRONTED), CHURN: Recorded(stage=Stage.SHADOW)}

    def program() -> None:
        on, ways = ground(), two_ways()
        found = {name: component(name, where, on, ways).recorded for name, where in stood.items()}
        pulumi.export("workloads", pulumi.Output.all(**found).apply(fleet.exported))

    with attached(Agreeing) as port:
        stack = engine(tmp_path, {"aws": port, "kubernetes": port}, program)
        stack.up()
        assert stack.preview().changed == 0

        stood[FRAUD] = Recorded(stage=Stage.SHADOW)
        preview = stack.preview()
        touched = [step.urn for step in preview.operations if step.op not in {"same", "read"}]
        own = [urn for urn in touched if f"::{FRAUD}" in urn]
        assert [urn for urn in touched if urn not in own and "pulumi:pulumi:Stack" not in urn] == []
        assert any(urn.endswith("::fraud-detection-guard") for urn in own)

        monkeypatch.setattr(Agreeing, "broken", frozenset({"fraud-detection-guard"}))
        with pytest.raises(EngineError, match="the cluster said no"):
            stack.up()
        assert fleet.recorded(stack.outputs())[FRAUD].stage is Stage.FRONTED

        monkeypatch.setattr(Agreeing, "broken", frozenset())
        stack.up()
        assert {name: item.stage for name, item in fleet.recorded(stack.outputs()).items()} == {
            FRAUD: Stage.SHADOW,
            CHURN: Stage.SHADOW,
        }

        stood[FRAUD] = Recorded(stage=Stage.FRONTED)
        back = stack.preview()
        assert {step.op for step in back.operations} <= {"same", "delete", "update"}
        gone = [step.urn for step in back.operations if step.op == "delete"]
        assert gone
        assert all(f"::{FRAUD}" in urn for urn in gone)
