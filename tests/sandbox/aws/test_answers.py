"""What may be given again: an answer that nothing in the account can change, and only as it was given (E1).

Proves it of the cache and of the copies that every account gets of AWS's own policies. How much time it saves
is the rehearsal's to show.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.aws.answers import Answers, depends_on_the_question_alone
from sandbox.aws.wire import Call, Reply
from tests.sandbox.aws.conftest import ACCOUNT, Clients

TYPES = Call("ec2", "DescribeInstanceTypes", "us-east-1")
GIVEN = Reply(200, [("Content-Type", "text/xml")], b"<types/>\nwith a second line")


def nobody() -> Reply:
    raise AssertionError("asked again")


def test_a_later_process_is_given_what_an_earlier_one_was(tmp_path: Path) -> None:
    assert Answers(tmp_path / "new").get(TYPES, b"", lambda: GIVEN) == GIVEN
    assert Answers(tmp_path / "new").get(TYPES, b"", nobody) == GIVEN


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (TYPES, b"MaxResults=5"),
        (Call("ec2", "DescribeInstanceTypes", "us-west-2"), b""),
        (Call("ec2", "DescribeInstanceTypeOfferings", "us-east-1"), b""),
    ],
)
def test_another_question_is_asked(tmp_path: Path, call: Call, body: bytes) -> None:
    answers = Answers(tmp_path)
    answers.get(TYPES, b"", lambda: GIVEN)
    other = Reply(200, [], b"other")
    assert answers.get(call, body, lambda: other) == other


def test_a_refusal_is_not_kept_for_a_later_process(tmp_path: Path) -> None:
    Answers(tmp_path).get(TYPES, b"", lambda: Reply(412, [], b"DryRunOperation"))
    assert Answers(tmp_path).get(TYPES, b"", lambda: GIVEN) == GIVEN


def test_a_file_that_is_cut_off_is_asked_again(tmp_path: Path) -> None:
    Answers(tmp_path).get(TYPES, b"", lambda: GIVEN)
    for path in tmp_path.iterdir():
        path.write_bytes(b"[200")
    assert Answers(tmp_path).get(TYPES, b"", lambda: GIVEN) == GIVEN


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Answers(tmp_path / "file").get(TYPES, b"", lambda: GIVEN) == GIVEN


def test_what_an_account_holds_is_never_given_again() -> None:
    assert not depends_on_the_question_alone(Call("ec2", "DescribeInstances"))
    assert not depends_on_the_question_alone(Call("eks", "DescribeInstanceTypes"))


def test_a_new_account_finds_aws_s_policies_as_they_were(aws: Clients) -> None:
    from sandbox.aws.front import forget  # noqa: PLC0415 - moto reads its settings as it is imported

    arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws("iam").create_role(RoleName="one", AssumeRolePolicyDocument=document)
    aws("iam").attach_role_policy(RoleName="one", PolicyArn=arn)
    assert aws("iam").get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    forget()
    assert aws("iam").get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 0


def test_ids_of_ec2_are_as_long_as_aws_s_and_differ(aws: Clients) -> None:
    made = [aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(4)]
    assert len(set(made)) == 4
    assert all(re.fullmatch("vpc-[0-9a-f]{17}", identity) for identity in made)


def test_warming_makes_nothing_that_an_account_shows(aws: Clients, front: Any) -> None:
    front.warm(["s3", "iam", "ec2", "elasticloadbalancing", "no-such-service"])
    assert aws("iam").list_roles()["Roles"] == []
    assert aws("sts").get_caller_identity()["Account"] == ACCOUNT
