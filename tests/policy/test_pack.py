"""The real engine runs the pack: a broken rule stops a preview and an `up`, and nothing is made (E3).

The provider behind the engine does nothing; what is proved is that the engine starts the pack, hands it
what is about to be applied, and obeys it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

import policy
from sandbox.engine import Engine, EngineError, EngineSpec
from sandbox.providers.noop.recording import Recording
from sandbox.providers.noop.session import NoopSession
from sandbox.toolchain import Toolchain
from sandbox.toolchain.table import Tool
from tests.sandbox.providers.harness.attaching import attached

PACK = Path(policy.__file__).parent
TAGS = dict.fromkeys(("owner", "cost-center", "environment", "project"), "ferry")


@dataclass
class Program:
    """A queue with a key, unless a test says otherwise."""

    key: pulumi.Input[str] | None = "alias/ferry"
    other: bool = False

    def __call__(self) -> None:
        provider = aws.Provider(
            "aws", region="us-east-1", allowed_account_ids=["123456789012"], default_tags={"tags": TAGS}
        )
        opts = pulumi.ResourceOptions(provider=provider)
        key: Any = self.key
        if self.other:
            made = aws.kms.Key("key", enable_key_rotation=True, opts=opts)
            key = made.id
        aws.sqs.Queue("queue", name="q", kms_master_key_id=key, opts=opts)


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def engine(toolchain: Toolchain, program: Program, tmp_path: Path) -> Iterator[Engine]:
    """A stack ``ferry/dev`` that the pack judges."""
    (tmp_path / "Pulumi.yaml").write_text("name: ferry\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    with attached(lambda: NoopSession(Recording({}, {}))) as port:
        pulumi_binary = toolchain.path(Tool.PULUMI)
        spec = EngineSpec(tmp_path, "dev", tmp_path / "home", pulumi_binary, {"aws": port}, policies=PACK)
        yield Engine(spec, program)


def test_broken_rule_stops_the_preview_and_the_up_and_nothing_is_made(
    engine: Engine, program: Program
) -> None:
    """E3: with the rule's id, the fact and the way out."""
    program.key = None
    for verb in (engine.preview, engine.up):
        with pytest.raises(EngineError) as caught:
            verb()
        assert "queue: messages are not encrypted" in str(caught.value)
    assert not [item for item in engine.resources() if item["type"] == "aws:sqs/queue:Queue"]


def test_twin_that_obeys_goes_up_and_what_is_not_known_yet_is_left_to_the_up(
    engine: Engine, program: Program
) -> None:
    """E3: a key that the same `up` makes is unknown in the preview, and judged when it is there."""
    program.other = True
    engine.preview()
    engine.up()
    assert [item["type"] for item in engine.resources()].count("aws:sqs/queue:Queue") == 1
