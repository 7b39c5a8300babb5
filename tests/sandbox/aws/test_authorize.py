"""What a role session may do in the emulation (A4): each permission beside the twin that is refused.

Real policies in the emulated account, boto3 over a socket. What is not judged here is listed in the README
beside the code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import ACCOUNT, REGION, Clients
from tests.sandbox.aws.making import network, policy, role, session, statement

MODELS = "arn:aws:s3:::models"


def refused(action: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """The refusal."""
    with pytest.raises(ClientError) as error:
        action(**arguments)
    return {
        **error.value.response["Error"],
        "Status": error.value.response["ResponseMetadata"]["HTTPStatusCode"],
    }


@pytest.fixture
def buckets(aws: Clients) -> None:
    """Two buckets of two owners."""
    for name in ("models", "others"):
        aws("s3").create_bucket(Bucket=name)
        aws("s3").put_object(Bucket=name, Key="a/1", Body=b"x")


@pytest.mark.usefixtures("buckets")
def test_role_reads_its_own_bucket_and_is_refused_another_s(aws: Clients) -> None:
    s3 = session(aws, "runner", statement("Allow", "s3:GetObject", f"{MODELS}/*"))("s3")
    assert s3.get_object(Bucket="models", Key="a/1")["Body"].read() == b"x"
    assert s3.head_object(Bucket="models", Key="a/1")
    found = refused(s3.get_object, Bucket="others", Key="a/1")
    assert (found["Code"], found["Status"]) == ("AccessDenied", 403)
    assert found["Message"] == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/runner/test is not authorized to perform: s3:GetObject "
        "on resource: arn:aws:s3:::others/a/1 because no identity-based policy allows the s3:GetObject action"
    )
    assert refused(s3.put_object, Bucket="models", Key="a/2", Body=b"")["Code"] == "AccessDenied"


@pytest.mark.usefixtures("buckets")
def test_listing_is_bound_to_the_prefix(aws: Clients) -> None:
    condition = {"StringLike": {"s3:prefix": "a/*"}}
    s3 = session(aws, "lister", statement("Allow", "s3:ListBucket", MODELS, Condition=condition))("s3")
    assert s3.list_objects_v2(Bucket="models", Prefix="a/")["KeyCount"] == 1
    assert refused(s3.list_objects_v2, Bucket="models", Prefix="b/")["Code"] == "AccessDenied"
    assert refused(s3.list_objects_v2, Bucket="models")["Code"] == "AccessDenied"


@pytest.mark.usefixtures("buckets")
def test_one_refused_object_refuses_the_whole_deletion(aws: Clients) -> None:
    s3 = session(aws, "cleaner", statement("Allow", "s3:DeleteObject", f"{MODELS}/a/*"))("s3")
    both = {"Objects": [{"Key": "a/1"}, {"Key": "b/1"}]}
    assert refused(s3.delete_objects, Bucket="models", Delete=both)["Code"] == "AccessDenied"
    s3.delete_objects(Bucket="models", Delete={"Objects": [{"Key": "a/1"}]})


@pytest.mark.usefixtures("buckets")
def test_a_bucket_policy_s_deny_binds_the_account_s_own_keys_too(aws: Clients) -> None:
    wrong_key = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    named = {"Null": {"s3:x-amz-server-side-encryption": "false"}}
    deny = statement(
        "Deny", "s3:PutObject", f"{MODELS}/*", Principal={"AWS": "*"}, Condition=wrong_key | named
    )
    s3 = aws("s3")
    s3.put_bucket_policy(Bucket="models", Policy=policy(deny))
    assert s3.put_object(Bucket="models", Key="k", Body=b"")
    found = refused(s3.put_object, Bucket="models", Key="k", Body=b"", ServerSideEncryption="AES256")
    assert "explicit deny in a resource-based policy" in found["Message"]


@pytest.mark.usefixtures("buckets")
def test_an_encrypted_object_needs_its_key_by_way_of_s3(aws: Clients) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    aws("s3").put_bucket_encryption(Bucket="models", ServerSideEncryptionConfiguration=rules)
    objects = statement("Allow", ["s3:GetObject", "s3:PutObject"], f"{MODELS}/*")
    via = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    uses = statement("Allow", ["kms:Decrypt", "kms:GenerateDataKey"], key, Condition=via)
    without, with_key = session(aws, "without", objects)("s3"), session(aws, "with", objects, uses)
    thing = {"Bucket": "models", "Key": "k"}
    with_key("s3").put_object(Body=b"x", **thing)
    assert with_key("s3").get_object(**thing)["Body"].read() == b"x"
    assert "kms:GenerateDataKey" in refused(without.put_object, Body=b"x", **thing)["Message"]
    assert "kms:Decrypt" in refused(without.get_object, **thing)["Message"]
    assert refused(with_key("kms").generate_data_key, KeyId=key, KeySpec="AES_256")["Code"] == (
        "AccessDeniedException"
    )


def test_a_key_s_own_policy_can_lock_the_account_out(aws: Clients) -> None:
    owner = role(aws, "owner")
    only = policy(statement("Allow", "kms:*", Principal={"AWS": owner}))
    key = aws("kms").create_key(Policy=only)["KeyMetadata"]["Arn"]
    kms = session(aws, "user", statement("Allow", "kms:*", "*"))("kms")
    found = refused(kms.encrypt, KeyId=key, Plaintext=b"x")
    assert "because no resource-based policy allows the kms:Encrypt action" in found["Message"]
    open_key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    assert kms.encrypt(KeyId=open_key, Plaintext=b"x")


def test_a_key_named_by_its_alias_needs_a_right_to_the_key_and_to_no_alias(aws: Clients) -> None:
    """A4: as KMS judges it; a guard verifies evidence by the alias of the key that signed it."""
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    aws("kms").create_alias(AliasName="alias/own", TargetKeyId=key)
    call = {"KeyId": "alias/own", "Plaintext": b"x"}
    assert session(aws, "user", statement("Allow", "kms:Encrypt", key))("kms").encrypt(**call)
    alias = f"{key.rpartition(':')[0]}:alias/own"
    other = session(aws, "other", statement("Allow", "kms:Encrypt", alias))("kms")
    assert "kms:Encrypt" in refused(other.encrypt, **call)["Message"]


def test_a_queue_s_policy_can_let_a_role_in(aws: Clients) -> None:
    url = aws("sqs").create_queue(QueueName="interruptions")["QueueUrl"]
    sqs = session(aws, "listener")("sqs")
    assert refused(sqs.receive_message, QueueUrl=url)["Code"].startswith("AccessDenied")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:interruptions"
    listener = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/listener"}
    own = policy(statement("Allow", "sqs:ReceiveMessage", arn, Principal=listener))
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": own})
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_boundary_and_a_session_policy_only_narrow(aws: Clients) -> None:
    arn = aws("iam").create_policy(
        PolicyName="boundary", PolicyDocument=policy(statement("Allow", "s3:*", "*"))
    )["Policy"]["Arn"]
    everything = statement("Allow", "*", "*")
    client = session(aws, "bounded", everything, PermissionsBoundary=arn)
    assert client("s3").list_buckets()["Buckets"] == []
    found = refused(client("sqs").list_queues)
    assert "because no permissions boundary allows the sqs:ListQueues action" in found["Message"]


def test_managed_policies_of_aws_are_judged(aws: Clients) -> None:
    client = session(aws, "node")
    aws("ecr").create_repository(repositoryName="images")
    listing = {"repositoryName": "images"}
    assert refused(client("ecr").get_authorization_token)["Code"] == "AccessDeniedException"
    aws("iam").attach_role_policy(
        RoleName="node", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
    )
    assert client("ecr").get_authorization_token()
    assert refused(client("ecr").put_lifecycle_policy, lifecyclePolicyText=" " * 100, **listing)["Code"] == (
        "AccessDeniedException"
    )


def test_reads_are_bound_to_the_region(aws: Clients) -> None:
    here = {"StringEquals": {"aws:RequestedRegion": REGION}}
    client = session(aws, "looker", statement("Allow", "ec2:DescribeSubnets", "*", Condition=here))
    assert "Subnets" in client("ec2").describe_subnets()
    found = refused(client("ec2").describe_vpcs)
    assert (found["Code"], found["Status"]) == ("UnauthorizedOperation", 403)


def test_machines_are_made_and_ended_only_with_the_cluster_s_tags(aws: Clients) -> None:
    owned = "kubernetes.io/cluster/ferry"
    template = f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/*"
    asked = {"StringEquals": {f"aws:RequestTag/{owned}": "owned"}}
    has = {"StringEquals": {f"aws:ResourceTag/{owned}": "owned"}}
    birth = {"StringEquals": {**asked["StringEquals"], "ec2:CreateAction": ["CreateLaunchTemplate"]}}
    make = statement("Allow", "ec2:CreateLaunchTemplate", template, Condition=asked)
    tag = statement("Allow", "ec2:CreateTags", template, Condition=birth)
    end = statement("Allow", "ec2:DeleteLaunchTemplate", template, Condition=has)
    mine = session(aws, "controller", make, tag, end)("ec2")
    tagless = session(aws, "tagless", make, end)("ec2")

    def wanted(name: str, value: str) -> dict[str, Any]:
        tags = [{"ResourceType": "launch-template", "Tags": [{"Key": owned, "Value": value}]}]
        return {
            "LaunchTemplateName": name,
            "LaunchTemplateData": {"ImageId": "ami-1"},
            "TagSpecifications": tags,
        }

    made = mine.create_launch_template(**wanted("a", "owned"))["LaunchTemplate"]["LaunchTemplateId"]
    assert refused(mine.create_launch_template, **wanted("b", "others"))["Code"] == "UnauthorizedOperation"
    assert "ec2:CreateTags" in refused(tagless.create_launch_template, **wanted("c", "owned"))["Message"]
    other = aws("ec2").create_launch_template(**wanted("d", "others"))["LaunchTemplate"]["LaunchTemplateId"]
    assert refused(mine.delete_launch_template, LaunchTemplateId=other)["Code"] == "UnauthorizedOperation"
    mine.delete_launch_template(LaunchTemplateId=made)


def test_a_role_is_given_away_only_by_who_may_pass_it(aws: Clients) -> None:
    arn, subnets = role(aws, "cluster", "eks.amazonaws.com"), network(aws)[1]
    create = statement("Allow", "eks:CreateCluster", "*")
    to = {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}}
    passing = statement("Allow", "iam:PassRole", arn, Condition=to)
    wanted = {"name": "c", "roleArn": arn, "resourcesVpcConfig": {"subnetIds": subnets}}
    found = refused(session(aws, "poor", create)("eks").create_cluster, **wanted)
    assert f"iam:PassRole on resource: {arn}" in found["Message"]
    assert session(aws, "rich", create, passing)("eks").create_cluster(**wanted)


def test_a_role_is_assumed_only_by_whom_it_trusts(aws: Clients) -> None:
    arn = role(aws, "service-only", "ec2.amazonaws.com")
    found = refused(aws("sts").assume_role, RoleArn=arn, RoleSessionName="test")
    assert (found["Code"], found["Status"]) == ("AccessDenied", 403)
    assert "sts:AssumeRole" in found["Message"]
    assert session(aws, "trusting")("sts").get_caller_identity()


def test_a_policy_that_is_not_understood_is_an_error(aws: Clients) -> None:
    aws("s3").create_bucket(Bucket="models")
    s3 = session(aws, "odd", statement("Allow", "s3:*", "*", Condition={"BinaryEquals": {"a": "b"}}))("s3")
    assert refused(s3.list_buckets)["Code"] == "AccessDenied"


def test_dry_run_tells_whether_it_is_permitted(aws: Clients) -> None:
    may = session(aws, "may", statement("Allow", "ec2:DescribeInstanceTypes", "*"))("ec2")
    may_not = session(aws, "may-not")("ec2")
    assert refused(may.describe_instance_types, DryRun=True)["Code"] == "DryRunOperation"
    assert refused(may_not.describe_instance_types, DryRun=True)["Code"] == "UnauthorizedOperation"
