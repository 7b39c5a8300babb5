"""The floor: the same program through a provider that does nothing.

Proves that a replayed run ends with the ids and outputs of the measured one, so that it costs what the engine
alone costs for them; how long that takes is the rehearsal's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from google.protobuf import struct_pb2

from sandbox.engine import EngineError
from sandbox.providers import answers
from sandbox.providers.answers import VARIABLE
from sandbox.providers.base import Diff, Props, Session, State
from sandbox.providers.codec import Secret
from sandbox.providers.noop.recording import Recording, load
from sandbox.providers.noop.session import NoopSession
from tests.sandbox.providers.harness.attaching import attached, engine


class Measured(Session):
    """Stands for the provider whose run is measured."""

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        if preview:
            return State("", inputs)
        name = urn.rsplit("::", 1)[-1]
        return State(f"id-of-{name}", {**inputs, "arn": f"arn-of-{name}", "secretString": "hush"})

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        return Diff([key for key in news if old_inputs.get(key) != news.get(key)])

    def invoke(self, token: str, args: Props) -> Props:
        return {"id": "x", "partition": f"answer to {token.rsplit(':', 1)[-1]}"}

    def secret_outputs(self, type_: str) -> frozenset[str]:
        return frozenset({"secretString"})


def _program(region: str) -> Callable[[], None]:
    def program() -> None:
        provider = aws.Provider("here", region=region)
        opts = pulumi.ResourceOptions(provider=provider)
        key = aws.kms.Key("key", opts=opts)
        version = aws.secretsmanager.SecretVersion(
            "version", secret_id=key.arn, secret_string="plain", opts=opts
        )
        partition = aws.get_partition(opts=pulumi.InvokeOptions(provider=provider)).partition
        pulumi.export("arn", key.arn)
        pulumi.export("version", version.secret_string)
        pulumi.export("partition", partition)

    return program


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, dict[str, Any]]:
    """A measured run's recording, and its outputs."""
    home = tmp_path_factory.mktemp("measured")
    answers = home / "answers.jsonl"
    with pytest.MonkeyPatch.context() as patch, attached(Measured) as port:
        patch.setenv(VARIABLE, str(answers))
        measured = engine(home, {"aws": port}, _program("us-east-1"))
        measured.up()
        measured.export_revealed(home / "deployment.json")
    assert answers.stat().st_mode & 0o077 == 0
    return load(home / "deployment.json", answers), measured.outputs()


def test_a_replay_ends_as_the_measured_run_did(
    recorded: tuple[Recording, dict[str, Any]], tmp_path: Path
) -> None:
    recording, outputs = recorded
    with attached(lambda: NoopSession(recording)) as port:
        floor = engine(tmp_path / "floor", {"aws": port}, _program("us-east-1"))
        assert floor.preview().changes == {"create": 4}
        floor.up()
        assert floor.outputs() == outputs
        assert floor.preview().changed == 0
        ids = {resource["urn"].rsplit("::", 1)[-1]: resource.get("id") for resource in floor.resources()}
        assert ids["key"] == "id-of-key"
        floor.destroy()


def test_a_secret_stays_one(recorded: tuple[Recording, dict[str, Any]]) -> None:
    """The replay's state holds no secret in the clear that the measured one did not (A8)."""
    recording, _ = recorded
    [version] = [made for urn, made in recording.made.items() if urn.endswith("::version")]
    assert version.outputs["secretString"] == Secret("hush")


def test_a_question_without_a_recorded_answer_is_an_error(tmp_path: Path) -> None:
    with attached(lambda: NoopSession(Recording())) as port:
        floor = engine(tmp_path / "floor", {"aws": port}, _program("us-east-1"))
        with pytest.raises(EngineError, match="no recorded answer to aws:index/getPartition"):
            floor.preview()


def test_without_a_recording_the_inputs_come_back() -> None:
    session = NoopSession(load(None, None))
    urn = "urn:pulumi:dev::ferry::aws:kms/key:Key::key"
    state = session.create(urn, "aws:kms/key:Key", {"a": 1}, False, 0)
    assert state.outputs == {"a": 1}
    assert state.id == session.create(urn, "aws:kms/key:Key", {"a": 1}, False, 0).id
    assert session.diff(urn, "", state.id, {"a": 1}, {}, {"a": 1}).changes == []
    assert session.diff(urn, "", state.id, {"a": 1}, {}, {"b": 1}).changes == ["a", "b"]


def test_recorded_answer_keeps_the_length_of_a_secret_and_not_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A7."""
    (token,) = answers.SECRET
    monkeypatch.setenv(answers.VARIABLE, str(tmp_path / "said"))
    answer = struct_pb2.Struct()
    answer.update({"randomPassword": "correct-horse"})
    answers.record(token, {}, answer)
    assert "correct-horse" not in (tmp_path / "said").read_text()
    assert answers.replay(tmp_path / "said") == {answers.question(token, {}): {"randomPassword": "x" * 13}}
