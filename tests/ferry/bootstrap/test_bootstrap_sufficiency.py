"""The apply role against what a program did: a call that it would be refused is named (E7).

This tier proves the judgement on hand-made lines; the rehearsal feeds it the calls of a whole environment.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ferry.bootstrap.policies import Place
from ferry.bootstrap.rehearsed import RehearsedBootstrap
from ferry.bootstrap.sufficiency import over_the_ceiling, refused

PLACE = Place("dev", "123456789012", "us-east-1", "acme/ferry")


ROOT = "arn:aws:iam::123456789012:root"
SESSION = "arn:aws:sts::123456789012:assumed-role/ferry-dev-karpenter/1"


def call(action: str, resource: str | list[str] = "*", who: str = ROOT, **more: Any) -> dict[str, Any]:
    return {"principal": who, "action": action, "resource": resource, "status": 200, "error": "", **more}


def test_what_the_environment_is_made_of_is_allowed() -> None:
    calls = [
        call("ec2:CreateVpc"),
        call("s3:CreateBucket", "arn:aws:s3:::ferry-dev-models-123456789012"),
        call("iam:CreateRole", "arn:aws:iam::123456789012:role/ferry-dev-nodes"),
        call("eks:CreateCluster", "arn:aws:eks:us-east-1:123456789012:cluster/ferry-dev"),
    ]
    assert refused(calls, PLACE) == []


def test_what_it_may_not_is_named_once() -> None:
    calls = [
        call("lambda:CreateFunction"),
        call("lambda:CreateFunction"),
        call("s3:CreateBucket", ["arn:aws:s3:::ferry-dev-x", "arn:aws:s3:::models"]),
        call("iam:CreateRole", "arn:aws:iam::123456789012:role/nodes"),
    ]
    assert refused(calls, PLACE) == [
        "iam:CreateRole on arn:aws:iam::123456789012:role/nodes",
        "lambda:CreateFunction on *",
        "s3:CreateBucket on arn:aws:s3:::models",
    ]


def test_editing_its_own_bootstrap_is_named() -> None:
    own = "arn:aws:iam::123456789012:role/ferry-dev-apply"
    assert refused([call("iam:PutRolePolicy", own)], PLACE) == [f"iam:PutRolePolicy on {own}"]


def test_a_call_that_nobody_signs_asks_no_policy() -> None:
    role = "arn:aws:iam::123456789012:role/ferry-dev-karpenter"
    assert refused([call("sts:AssumeRoleWithWebIdentity", role)], PLACE) == []
    assert refused([call("sts:AssumeRole", role)], PLACE) == [f"sts:AssumeRole on {role}"]


def test_a_role_above_the_boundary_is_named_and_the_program_is_not() -> None:
    calls = [
        call("lambda:InvokeFunction", who=SESSION),
        call("ec2:RunInstances", who=SESSION),
        call("lambda:CreateFunction"),
    ]
    assert over_the_ceiling(calls, PLACE) == ["lambda:InvokeFunction on *"]


@pytest.mark.usefixtures("session")
def test_a_rehearsed_bootstrap_is_made_once_and_holds_the_run_to_its_policies(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    rehearsed = RehearsedBootstrap(PLACE, None, log)
    earlier = call(
        "iam:PutRolePolicy", "arn:aws:iam::123456789012:role/ferry-dev-apply", time=time.time() - 9
    )
    assert [check.passed for check in rehearsed.bring()] == [True, True]
    after = time.time() + 1
    failed = call("organizations:LeaveOrganization", time=after) | {"status": 403}
    lines = [earlier, call("ec2:CreateVpc", time=after), failed]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [check.passed for check in rehearsed.judge()] == [True, True]
    log.write_text(json.dumps(call("lambda:CreateFunction", time=after)) + "\n")
    enough, ceiling = rehearsed.judge()
    assert (enough.passed, enough.detail) == (False, ["lambda:CreateFunction on *"])
    assert ceiling.passed


@pytest.mark.usefixtures("session")
def test_a_run_without_calls_is_never_a_pass(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    log.write_text("")
    (check,) = RehearsedBootstrap(PLACE, None, log).judge()
    assert not check.passed
