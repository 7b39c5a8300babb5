"""Making worlds in tests."""

from __future__ import annotations

from pathlib import Path

from sandbox.toolchain import Toolchain
from sandbox.world import Decision

REGION, ACCOUNT, CLUSTER = "us-east-1", "123456789012", "ferry-test"


def decision(toolchain: Toolchain, state: Path) -> Decision:
    """A world with every tool, in a directory of the test's."""
    return Decision(
        environment="test",
        region=REGION,
        account=ACCOUNT,
        cluster_name=CLUSTER,
        tools=toolchain.paths(),
        crds=toolchain.crds,
        stages=toolchain.stages,
        state=state,
    )
