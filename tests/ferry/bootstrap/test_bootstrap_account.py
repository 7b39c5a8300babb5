"""Bootstrap against an emulated account: it makes everything, then nothing, and repairs drift.

This tier proves the calls and what they leave behind as moto keeps it. It cannot prove that AWS's own IAM
accepts and enforces the policies; what they refuse is judged in test_bootstrap_policies.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest
from botocore.stub import Stubber

from ferry.bootstrap.account import Account
from ferry.bootstrap.hands import ProviderHand
from ferry.bootstrap.plan import EXISTS, Action, plan, wanted
from ferry.bootstrap.policies import GITHUB, Place

Spoil = Callable[[boto3.Session, Place], object]


def actions(place: Place, account: Account) -> list[Action]:
    return plan(place, account.find(wanted(place)))


@pytest.fixture
def made(place: Place, account: Account) -> Account:
    for action in actions(place, account):
        account.do(action)
    return account


def test_an_empty_account_needs_every_part_once(place: Place, account: Account) -> None:
    steps = actions(place, account)
    assert {step.verb for step in steps} == {"create"}
    parts = [part.place for part in wanted(place) if not part.born]
    assert [step.part.place for step in steps] == parts


def test_a_second_run_has_nothing_to_do(place: Place, made: Account) -> None:
    assert actions(place, made) == []


@pytest.mark.usefixtures("made")
def test_the_state_bucket_is_private_versioned_and_encrypted(place: Place, session: boto3.Session) -> None:
    s3 = session.client("s3")
    assert s3.get_bucket_versioning(Bucket=place.bucket)["Status"] == "Enabled"
    blocks = s3.get_public_access_block(Bucket=place.bucket)["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}
    rule = s3.get_bucket_encryption(Bucket=place.bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].endswith(place.alias)
    policy = json.loads(s3.get_bucket_policy(Bucket=place.bucket)["Policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.usefixtures("made")
def test_the_key_rotates_and_answers_to_its_alias(place: Place, session: boto3.Session) -> None:
    kms = session.client("kms")
    key = kms.describe_key(KeyId=place.alias)["KeyMetadata"]["KeyId"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True


def test_a_bucket_outside_us_east_1_stands_in_its_region(session: boto3.Session) -> None:
    far = Place("staging", "123456789012", "eu-west-1", "acme/ferry")
    account = Account(far, session)
    for action in actions(far, account):
        account.do(action)
    location = session.client("s3").get_bucket_location(Bucket=far.bucket)["LocationConstraint"]
    assert location == "eu-west-1"
    assert actions(far, account) == []


def test_three_environments_share_githubs_provider(session: boto3.Session) -> None:
    for environment in ("dev", "staging", "prod"):
        place = Place(environment, "123456789012", "us-east-1", "acme/ferry")
        account = Account(place, session)
        for action in actions(place, account):
            account.do(action)
    providers = session.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert len(providers) == 1


def attach_admin(session: boto3.Session, place: Place) -> object:
    iam = session.client("iam")
    arn = iam.create_policy(
        PolicyName="everything",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ),
    )["Policy"]["Arn"]
    return iam.attach_role_policy(RoleName=place.role("preview"), PolicyArn=arn)


def add_inline(session: boto3.Session, place: Place) -> object:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return session.client("iam").put_role_policy(
        RoleName=place.role("preview"), PolicyName="more", PolicyDocument=json.dumps(document)
    )


def widen_trust(session: boto3.Session, place: Place) -> object:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": place.provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {f"{GITHUB}:sub": "repo:acme/*"}},
            }
        ],
    }
    return session.client("iam").update_assume_role_policy(
        RoleName=place.role("apply"), PolicyDocument=json.dumps(document)
    )


def loosen_boundary(session: boto3.Session, place: Place) -> object:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return session.client("iam").create_policy_version(
        PolicyArn=place.boundary_arn, PolicyDocument=json.dumps(document), SetAsDefault=True
    )


def expire_the_state(session: boto3.Session, place: Place) -> object:
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    return session.client("s3").put_bucket_lifecycle_configuration(
        Bucket=place.bucket, LifecycleConfiguration={"Rules": [rule]}
    )


DRIFT: dict[str, tuple[Spoil, str]] = {
    "versioning off": (
        lambda s, p: s.client("s3").put_bucket_versioning(
            Bucket=p.bucket, VersioningConfiguration={"Status": "Suspended"}
        ),
        "versioning",
    ),
    "public access open": (
        lambda s, p: s.client("s3").delete_public_access_block(Bucket=p.bucket),
        "public access",
    ),
    "policy gone": (lambda s, p: s.client("s3").delete_bucket_policy(Bucket=p.bucket), "policy"),
    "encryption gone": (lambda s, p: s.client("s3").delete_bucket_encryption(Bucket=p.bucket), "encryption"),
    "state expires": (expire_the_state, "old versions"),
    "old versions kept for ever": (
        lambda s, p: s.client("s3").delete_bucket_lifecycle(Bucket=p.bucket),
        "old versions",
    ),
    "key disabled": (lambda s, p: s.client("kms").disable_key(KeyId=_key(s, p)), EXISTS),
    "key to be deleted": (lambda s, p: s.client("kms").schedule_key_deletion(KeyId=_key(s, p)), EXISTS),
    "key stands still": (lambda s, p: s.client("kms").disable_key_rotation(KeyId=_key(s, p)), "rotation"),
    "trust widened": (widen_trust, "trust"),
    "inline policy added": (add_inline, "policies"),
    "managed policy attached": (attach_admin, "attached policies"),
    "boundary loosened": (loosen_boundary, EXISTS),
    "boundary taken off": (
        lambda s, p: s.client("iam").delete_role_permissions_boundary(RoleName=p.role("apply")),
        "boundary",
    ),
    "session lengthened": (
        lambda s, p: s.client("iam").update_role(RoleName=p.role("apply"), MaxSessionDuration=43200),
        "session",
    ),
}


def _key(session: boto3.Session, place: Place) -> str:
    return str(session.client("kms").describe_key(KeyId=place.alias)["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize("name", DRIFT)
def test_drift_is_one_repair_and_then_nothing(
    name: str, place: Place, made: Account, session: boto3.Session
) -> None:
    spoil, aspect = DRIFT[name]
    spoil(session, place)
    steps = actions(place, made)
    assert [step.part.aspect for step in steps] == [aspect]
    for step in steps:
        made.do(step)
    assert actions(place, made) == []


def test_a_sixth_version_of_the_boundary_drops_the_oldest(
    place: Place, made: Account, session: boto3.Session
) -> None:
    for _ in range(4):
        loosen_boundary(session, place)
    for step in actions(place, made):
        made.do(step)
    assert actions(place, made) == []


def test_a_provider_for_others_gets_our_audience_beside_theirs(place: Place, session: boto3.Session) -> None:
    """moto cannot add an audience, so this claims the step and the call, not what AWS keeps."""
    session.client("iam").create_open_id_connect_provider(Url=f"https://{GITHUB}", ClientIDList=["theirs"])
    iam = session.client("iam")
    part = next(part for part in wanted(place) if part.aspect == "audience")
    hand = ProviderHand(place, iam)
    assert hand.look(part) == ["theirs"]
    with Stubber(iam) as stub:
        stub.add_response(
            "add_client_id_to_open_id_connect_provider",
            {},
            {"OpenIDConnectProviderArn": place.provider_arn, "ClientID": "sts.amazonaws.com"},
        )
        hand.change(part)
        stub.assert_no_pending_responses()
