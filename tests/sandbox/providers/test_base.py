"""The gRPC half of every provider, over a real socket, with a session that only remembers.

Proves what every provider relies on: a session per connection, secrets that stay secret, refusals as a
sentence, bugs named as bugs, half-made objects kept. Cannot prove what the engine makes of it: the rehearsal
does.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.providers.base import (
    Checked,
    CheckFailure,
    Diff,
    InitFailed,
    Props,
    ProviderError,
    Servicer,
    Session,
    State,
)
from sandbox.providers.codec import UNKNOWN, Secret, decode, encode

URN = "urn:pulumi:dev::ferry::a:b:Parent$aws:s3/bucket:Bucket::it"


class Remembering(Session):
    """Answers with what it was given."""

    def __init__(self) -> None:
        self.config: Props = {}

    def configure(self, config: Props) -> None:
        self.config = config

    def check(self, urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
        failures = [CheckFailure("size", "is too large")] if news.get("size") == 9 else []
        return Checked({**news, "type": type_}, failures)

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        changed = sorted(key for key in news if news[key] != old_inputs.get(key))
        return Diff(changed, [key for key in changed if key == "name"], delete_before_replace=True)

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        if inputs.get("fails") == "refused":
            raise ProviderError("name taken")
        if inputs.get("fails") == "bug":
            raise KeyError("oops")
        if inputs.get("fails") == "half":
            raise InitFailed(State("id-1", {"password": "hush"}), ["not ready"])
        return State(
            "" if preview else "id-1", {**inputs, "token": "made", "region": self.config.get("region")}
        )

    def read(self, urn: str, type_: str, id_: str, inputs: Props, outputs: Props) -> State | None:
        return None if id_ == "gone" else State(id_, outputs)

    def invoke(self, token: str, args: Props) -> Props:
        return {"token": token, **args}

    def secret_outputs(self, type_: str) -> frozenset[str]:
        return frozenset({"token"})


Stub = Any


@pytest.fixture
def port() -> Iterator[int]:
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(Remembering, "1.0.0"), server)
    free = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield free
    server.stop(0)


@pytest.fixture
def stub(port: int) -> Iterator[Stub]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)


def create(stub: Stub, preview: bool = False, **inputs: Any) -> Any:
    return stub.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(inputs), preview=preview))


def test_each_connection_has_a_session_of_its_own(port: int) -> None:
    options = [("grpc.use_local_subchannel_pool", 1)]
    for region in ("us-east-1", "us-west-2"):
        with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(provider_pb2.ConfigureRequest(args=encode({"region": region})))
            assert decode(create(stub).properties)["region"] == region
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.0.0"


def test_type_is_read_from_the_name_under_any_parent(stub: Stub) -> None:
    checked = stub.Check(provider_pb2.CheckRequest(urn=URN, news=encode({"a": 1})))
    assert decode(checked.inputs) == {"a": 1, "type": "aws:s3/bucket:Bucket"}


def test_failures_name_property_and_reason(stub: Stub) -> None:
    checked = stub.Check(provider_pb2.CheckRequest(urn=URN, news=encode({"size": 9})))
    assert [(failure.property, failure.reason) for failure in checked.failures] == [("size", "is too large")]


def test_secret_inputs_stay_secret_and_so_do_outputs_that_are_by_nature(stub: Stub) -> None:
    made = decode(create(stub, password=Secret("hush"), name="x").properties)
    assert made["password"] == Secret("hush")
    assert made["token"] == Secret("made")
    assert made["name"] == "x"


def test_unknown_travels_through_a_preview(stub: Stub) -> None:
    answer = create(stub, preview=True, name=UNKNOWN)
    assert answer.id == ""
    assert decode(answer.properties)["name"] is UNKNOWN


def test_difference_says_what_changes_and_what_replaces(stub: Stub) -> None:
    request = provider_pb2.DiffRequest(
        urn=URN, id="id-1", old_inputs=encode({"name": "a", "size": 1}), news=encode({"name": "b", "size": 2})
    )
    answer = stub.Diff(request)
    kinds = provider_pb2.PropertyDiff
    assert list(answer.diffs) == ["name", "size"]
    assert list(answer.replaces) == ["name"]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff["name"].kind == kinds.UPDATE_REPLACE
    assert answer.detailedDiff["size"].kind == kinds.UPDATE
    same = stub.Diff(provider_pb2.DiffRequest(urn=URN, old_inputs=encode({"a": 1}), news=encode({"a": 1})))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_refusal_is_the_sentence_itself(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(stub, fails="refused")
    assert caught.value.details() == "name taken"
    assert caught.value.code() is grpc.StatusCode.UNKNOWN


def test_bug_is_called_a_bug(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(stub, fails="bug")
    assert "bug in the rehearsal's provider: KeyError('oops')" in str(caught.value.details())


def test_half_made_object_is_handed_over_with_its_reasons_and_its_secrets_kept(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(stub, fails="half", password=Secret("hush"))
    trailing: Any = caught.value.trailing_metadata()
    status = status_pb2.Status.FromString(dict(trailing)["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("id-1", ["not ready"])
    assert decode(detail.properties) == {"password": Secret("hush")}


def test_what_is_gone_reads_as_nothing_and_what_is_there_as_itself(stub: Stub) -> None:
    gone = stub.Read(provider_pb2.ReadRequest(urn=URN, id="gone"))
    assert (gone.id, len(gone.properties.fields)) == ("", 0)
    there = stub.Read(provider_pb2.ReadRequest(urn=URN, id="id-1", properties=encode({"a": 1})))
    assert (there.id, decode(there.properties)) == ("id-1", {"a": 1})


def test_function_answers_with_plain_values(stub: Stub) -> None:
    answer = stub.Invoke(provider_pb2.InvokeRequest(tok="aws:x:y", args=encode({"name": Secret("n")})))
    assert decode(getattr(answer, "return")) == {"token": "aws:x:y", "name": "n"}
