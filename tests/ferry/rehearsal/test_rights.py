"""Judging of rights and secrets (A4, A7), by tables; rehearsals do it with a real log and real files."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from ferry.rehearsal.checks import rights, secrecy
from tests.ferry.report.sample import good

PREFIX = "ferry-dev-"
KARPENTER = "arn:aws:sts::123456789012:assumed-role/ferry-dev-karpenter/session"


def call(action: str, error: str = "", principal: str = KARPENTER) -> dict[str, object]:
    return {"principal": principal, "action": action, "resource": "*", "status": 200, "error": error}


def test_refusal_of_a_controller_is_a_right_too_few() -> None:
    """A4."""
    asked, refused = rights.sorted_out([call("ec2:RunInstances", "UnauthorizedOperation")], PREFIX)
    assert asked == {"karpenter": {"ec2:RunInstances"}}
    assert refused == ["karpenter was refused ec2:RunInstances on *"]


@pytest.mark.parametrize(
    "line",
    [
        call("iam:GetInstanceProfile", "NoSuchEntity"),
        call("s3:GetObject", "AccessDenied", KARPENTER.replace("karpenter", "pipeline-runner")),
        call("s3:GetObject", "AccessDenied", "arn:aws:iam::123456789012:root"),
    ],
    ids=["not there", "refused on purpose", "no role of the stack"],
)
def test_other_errors_are_none(line: dict[str, object]) -> None:
    """A4."""
    assert rights.sorted_out([line], PREFIX)[1] == []


def test_right_that_nobody_used_needs_its_reason() -> None:
    """A4: by a pattern that is allowed, too; of a role that never acted nothing is said."""
    granted = {"karpenter": {"ec2:Describe*", "iam:PassRole", "iam:CreateUser"}, "silent": {"s3:GetObject"}}
    asked = {"karpenter": {"ec2:DescribeImages"}}
    reasons = {"karpenter": {"iam:PassRole": "is no call"}}
    assert rights.too_much(granted, asked, reasons) == ["karpenter may iam:CreateUser and never did"]


def test_rights_are_read_from_the_stacks_own_policies() -> None:
    """A4: refusals give nothing."""
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": ["a:A", "a:B"], "Resource": "*"},
            {"Effect": "Deny", "Action": "a:C", "Resource": "*"},
        ]
    }
    inputs = {"role": "ferry-dev-x", "policy": json.dumps(document)}
    found = rights.granted([{"type": "aws:iam/rolePolicy:RolePolicy", "inputs": inputs}], PREFIX)
    assert found == {"x": {"a:A", "a:B"}}


VALUE = 'c4n4ry-"of-this-test'


@pytest.mark.parametrize("gap", ["", "a", "ab"])
def test_secret_is_seen_as_it_is_and_in_every_base64(gap: str) -> None:
    """A7: and is not repeated by who has seen it."""
    texts = [
        f"x{VALUE}x".encode(),
        json.dumps(VALUE).encode(),
        base64.b64encode(f"{gap}{VALUE} and more".encode()),
    ]
    for text in texts:
        found = secrecy.sightings({"db": [VALUE]}, [("a file", text)])
        assert found == ["db is in a file"]
    assert secrecy.sightings({"db": [VALUE]}, [("a file", b"nothing of it")]) == []


def test_every_file_is_read_but_those_of_who_keeps_secrets(tmp_path: Path) -> None:
    """A7: state, its history and its backups, logs."""
    for name in (
        "engine/backend/.pulumi/history/a.json",
        "logs/aws.err",
        "calls.jsonl",
        "etcd/member/snap/db",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(VALUE)
    seen = {place for place, _ in secrecy.files(tmp_path)}
    assert seen == {"engine/backend/.pulumi/history/a.json", "logs/aws.err", "calls.jsonl"}


def test_secret_in_an_object_of_the_cluster_is_seen_unless_it_is_a_secrets_own() -> None:
    """A7."""
    long = f"postgres://app:{VALUE}@db/"
    objects = [
        {"kind": "ConfigMap", "metadata": {"name": "app", "namespace": "a"}, "data": {"url": long}},
        {"kind": "Secret", "metadata": {"name": "app", "namespace": "a"}, "data": {"url": long}},
    ]
    assert secrecy.sightings({"db": [VALUE]}, secrecy.rendered(objects)) == ["db is in ConfigMap a/app"]


def test_report_that_repeats_a_secret_fails_its_own_last_claim() -> None:
    """A7: and does not repeat it in the claim."""
    report = good()
    [clean] = secrecy.checked(report, {"db": [VALUE]}).checks[-1:]
    assert clean.passed
    spoilt = report.model_copy(update={"failure": f"password {VALUE} refused"})
    [found] = secrecy.checked(spoilt, {"db": [VALUE]}).checks[-1:]
    assert (found.passed, found.detail) == (False, ["db is in the report"])
    assert secrecy.checked(report, {}) == report


class Empty:
    """Secrets Manager with a secret into which nobody has put anything yet."""

    class exceptions:  # noqa: N801 - its clients call it so
        """The one that is raised."""

        class ResourceNotFoundException(Exception):  # noqa: N818 - AWS's own name
            """No value."""

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - AWS's own name
        raise self.exceptions.ResourceNotFoundException(SecretId)


def test_secret_that_waits_for_a_person_stops_no_check() -> None:
    """B7: Slack's webhook is put in by hand; until then there is nothing to look for."""
    assert secrecy.values(secrecy._value(Empty(), "slack")) == []


def test_what_is_secret_in_a_secret_is_what_its_keys_call_so() -> None:
    """A7: a user's name is none."""
    text = json.dumps({"username": "administrator", "password": "correct-horse-battery"})
    assert secrecy.values(text) == ["correct-horse-battery"]
    assert secrecy.values("a-token-of-its-own") == ["a-token-of-its-own"]
