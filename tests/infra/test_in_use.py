"""What a destroy meets first (A7): through the real engine, over a provider that only counts.

Proves that a destroy without preview touches nothing while data is protected, and that an `up` goes on as
before. The rehearsal of prod proves it of the whole environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from infra.in_use import InUse, resources_of
from infra.scope import Component, Scope
from sandbox.engine import Engine, EngineError
from sandbox.providers.base import Diff, State
from tests.infra.environments import made
from tests.sandbox.providers.eks.fakes import NamingSession
from tests.sandbox.providers.harness.attaching import attached, engine


class Counting(NamingSession):
    """Remembers what was deleted; another name is another queue, made after the old one is gone."""

    deleted: list[str] = []  # noqa: RUF012 - one list for all instances, emptied by the fixture

    def diff(self, *args: Any, **_: Any) -> Diff:
        old, new = args[3], args[5]
        replaced = ["name"] if old.get("name") != new.get("name") else []
        return Diff(changes=replaced, replaces=replaced)

    def read(self, *args: Any, **_: Any) -> State | None:
        return State(args[2], args[4], args[3])

    def delete(self, urn: str, *_: Any, **__: Any) -> None:
        self.deleted.append(urn.rpartition("::")[2])


class Queues(Component):
    """A queue that feeds another."""

    def __init__(self, name: str, first: str) -> None:
        super().__init__("Queues", name)
        queue = aws.sqs.Queue(
            self.part("first"),
            name=first,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        aws.sqs.Queue(self.part("second"), name="second", opts=self.child(depends_on=[queue]))
        self.register_outputs({})


@dataclass(frozen=True)
class Layer:
    """A layer as the stacks have it."""

    queues: Queues
    others: dict[str, Queues] = field(default_factory=dict)


@dataclass
class Program:
    """What a test changes between two runs."""

    protect: bool = True
    first: str = "first"

    def __call__(self) -> None:
        layer = Layer(Queues("queues", self.first), {"more": Queues("more", "third")})
        scope = Scope("ferry-prod", "123456789012", "us-east-1", protect=self.protect)
        InUse("in-use", scope, [*resources_of(layer)])


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def stack(program: Program, tmp_path: Path) -> Iterator[Engine]:
    Counting.deleted.clear()
    with attached(Counting) as port:
        yield engine(tmp_path / "stack", {"aws": port}, program)


def test_a_destroy_without_preview_is_refused_before_it_touches_anything(
    stack: Engine, program: Program
) -> None:
    """A7, "what should not go is refused": until a reviewed teardown."""
    stack.up()
    before = stack.resources()
    with pytest.raises(EngineError, match=r"(?s)until-a-reviewed-teardown.*protect"):
        stack.destroy(skip_preview=True)
    assert Counting.deleted == []
    assert stack.resources() == before
    program.protect = False
    stack.up()
    stack.destroy(skip_preview=True)
    assert sorted(Counting.deleted) == ["more-first", "more-second", "queues-first", "queues-second"]


def test_an_up_may_still_replace_and_remove_what_holds_no_data(stack: Engine, program: Program) -> None:
    """Protecting every resource would refuse this; the guard does not."""
    stack.up()
    program.first = "renamed"
    run = stack.up()
    assert run.changes["replace"] == 1
    assert Counting.deleted == ["queues-first"]
    assert stack.preview().changed == 0


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_everything_that_can_be_deleted_stands_behind_the_guard(environment: str) -> None:
    """What a layer makes and its dataclass does not name would be deleted first."""
    found = made(environment)
    [guard] = found.of("pulumi:index:Stash")
    assert guard.protect is (environment == "prod")
    behind, waiting = set(guard.depends_on), list(guard.depends_on)
    by_urn = {item.urn: item for item in found.resources}
    while waiting:
        more = set(by_urn[waiting.pop()].depends_on) - behind
        behind |= more
        waiting += more
    plain = {item.name for item in found.resources if item.custom and item.urn not in behind}
    providers = {item.name for item in found.resources if item.type.startswith("pulumi:providers:")}
    assert plain - providers == {guard.name}
