"""Every AWS resource of the program that takes tags carries the mark of its URN (E1).

Rendered, without an engine; that the engine names things so too is proved where it adopts them
(``tests/ferry/reconcile``).
"""

from __future__ import annotations

import pulumi

from sandbox.rendering import Registered, run
from stacks import program
from stacks.marking import TAG, mark, marked
from tests.infra.environments import settings


def engine_s_name(item: Registered) -> str:
    """The URN with the types above it; the SDK's mocks leave out all but the last."""
    stack, project, types, _ = item.parent.split("::")
    above = types.removeprefix("pulumi:pulumi:Stack").removeprefix("$")
    own = f"{item.type}::{item.name}"
    return f"{stack}::{project}::{above}${own}" if above else f"{stack}::{project}::{own}"


def test_every_taggable_resource_of_an_environment_is_marked() -> None:
    """E1: what the state loses can be found again; a mark is of one resource only."""

    def whole() -> None:
        pulumi.runtime.register_stack_transformation(marked)
        program.build(settings("dev"))

    made = run(whole, stack="dev").resources
    by_urn = {item.urn: item for item in made}
    tagged = {item.urn: item.inputs["tags"][TAG] for item in made if TAG in (item.inputs.get("tags") or {})}
    assert tagged == {urn: mark(engine_s_name(by_urn[urn])) for urn in tagged}
    assert len(set(tagged.values())) == len(tagged)
    for type_ in ("aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:rds/instance:Instance", "aws:ec2/vpc:Vpc"):
        found = [item.urn for item in made if item.type == type_]
        assert found
        assert set(found) <= set(tagged)
