"""What reconcile does with a state, as plain data (E1). That the engine takes it proves ``test_faults``."""

from __future__ import annotations

from typing import Any

import pytest

from ferry.reconcile import state
from ferry.reconcile.command import refusal
from ferry.reconcile.live import BY_INPUTS, id_from
from ferry.reconcile.state import Wanted
from stacks.marking import mark
from stacks.settings import Environment

URN = "urn:pulumi:dev::ferry::aws:s3/bucket:Bucket::models"
RESOURCE: dict[str, Any] = {
    "urn": URN,
    "type": "aws:s3/bucket:Bucket",
    "custom": True,
    "inputs": {"bucket": "models-1", "__defaults": ["bucket"]},
    "provider": "urn:pulumi:dev::ferry::pulumi:providers:aws::aws::1",
}


def deployment(kind: str, *, known: bool) -> dict[str, Any]:
    """A state with one operation that never ended."""
    resources = [{**RESOURCE, "id": "models-1"}] if known else []
    return {"resources": resources, "pending_operations": [{"resource": RESOURCE, "type": kind}]}


def test_what_was_being_made_is_looked_for_and_what_was_being_changed_is_read_again() -> None:
    assert [item.urn for item in state.begun(deployment("creating", known=False))] == [URN]
    assert state.begun(deployment("creating", known=True)) == []
    assert state.half_done(deployment("updating", known=True)) == [URN]
    assert state.half_done(deployment("deleting", known=True)) == [URN]
    assert state.half_done(deployment("creating", known=True)) == []


def test_an_adopted_resource_keeps_its_automatic_name_and_nothing_secret() -> None:
    inputs = {**RESOURCE["inputs"], "password": state.HIDDEN}
    wanted = Wanted(URN, RESOURCE["type"], inputs, RESOURCE, pending=True)
    found = state.adopting(deployment("creating", known=False), {URN: wanted}, {URN: "models-1"})
    [item] = found["resources"]
    assert "pending_operations" not in found
    assert item["inputs"] == {"bucket": "models-1", "__defaults": ["bucket"]}
    assert item["outputs"] == {"bucket": "models-1"}
    assert (item["id"], item["provider"]) == ("models-1", RESOURCE["provider"])


@pytest.mark.parametrize(
    ("arn", "id_"),
    [
        ("arn:aws:s3:::models-1", "models-1"),
        ("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", "vpc-1"),
        ("arn:aws:kms:us-east-1:123456789012:key/1-2-3", "1-2-3"),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/a/b:*", "/a/b"),
        ("arn:aws:rds:us-east-1:123456789012:subgrp:db", "db"),
        ("arn:aws:eks:us-east-1:123456789012:nodegroup/ferry-dev/system/1-2", "ferry-dev:system"),
        ("arn:aws:backup:us-east-1:123456789012:backup-vault:kept", "kept"),
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-1",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-1",
        ),
    ],
)
def test_an_arn_becomes_the_id_that_the_provider_keeps(arn: str, id_: str) -> None:
    assert id_from(arn) == id_


def test_a_route_has_the_id_that_the_provider_makes() -> None:
    """A CRC-32 of the destination, as terraform-provider-aws has it."""
    given = {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}
    assert BY_INPUTS["aws:ec2/route:Route"](given) == "r-rtb-11080289494"


def test_marks_differ_between_environments_and_fit_into_a_tag() -> None:
    other = URN.replace(":dev:", ":prod:")
    assert mark(URN) != mark(other)
    assert mark(URN).isalnum()


def test_a_locked_stack_is_told_the_way_out() -> None:
    said = refusal("error: the stack is currently locked by 1 lock(s)", Environment.PROD)
    assert "`ferry reconcile --env prod --unlock`" in said
