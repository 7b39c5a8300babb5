"""Check, diff and preview: what the provider says before it does anything.

Proves the rules that all types share, on the types that show them best. Cannot prove a message equal to the
real provider's to the letter: each states the same fact and names the same property.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.providers.aws.account import settings_of
from sandbox.providers.base import ProviderError
from sandbox.providers.codec import UNKNOWN
from tests.sandbox.providers.aws.bench import ACCOUNT, Bench, allow, trust
from tests.sandbox.providers.aws.makers import bucket, instance_inputs, role, subnets, vpc

BUCKET, ROLE, QUEUE = "aws:s3/bucket:Bucket", "aws:iam/role:Role", "aws:sqs/queue:Queue"
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
INSTANCE, REDIS = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"
LOGS, TEMPLATE = "aws:cloudwatch/logGroup:LogGroup", "aws:ec2/launchTemplate:LaunchTemplate"
SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def mistakes(bench: Bench, type_: str, **inputs: Any) -> dict[str, str]:
    return {failure.property: failure.reason for failure in bench.check(type_, inputs).failures}


@pytest.mark.parametrize(
    ("type_", "inputs", "path", "says"),
    [
        (VPC, {"cidrBlokc": "10.0.0.0/16"}, "cidrBlokc", 'Did you mean "cidrBlock"?'),
        (VPC, {"cidrBlock": 10}, "cidrBlock", "expected string type, got number"),
        (VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": 1}}, "tags.a", "expected string type, got number"),
        (
            VPC,
            {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": "yes"},
            "enableDnsHostnames",
            "expected boolean",
        ),
        (SUBNET, {"cidrBlock": "10.0.0.0/24"}, "vpcId", "Missing required argument"),
        (SSE, {"bucket": "b", "rules": [{"bucketKey": True}]}, "rules[0].bucketKey", "no property"),
        (
            QUEUE,
            {"messageRetentionSeconds": 1.5},
            "messageRetentionSeconds",
            "expected integer type, got number",
        ),
        (LOGS, {"retentionInDays": 31}, "retentionInDays", "is 31; AWS takes one of 1, 3, 5, 7"),
        ("aws:kms/key:Key", {"deletionWindowInDays": 3}, "deletionWindowInDays", "at least 7"),
        (
            INSTANCE,
            {"instanceClass": "db.t4g.micro", "identifier": "Ml_Flow"},
            "identifier",
            "only lowercase letters",
        ),
        (
            INSTANCE,
            {"instanceClass": "db.t4g.micro", "manageMasterUserPassword": True, "password": "x"},
            "password",
            'conflicts with "manageMasterUserPassword"',
        ),
        (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "invalid JSON policy"),
        (
            ROLE,
            {"assumeRolePolicy": trust("x"), "maxSessionDuration": "1h"},
            "maxSessionDuration",
            "expected integer",
        ),
        (
            REDIS,
            {"description": "d", "authTokenWo": "x", "authTokenWoVersion": 1},
            "transitEncryptionEnabled",
            "AUTH needs TLS",
        ),
        (REDIS, {"description": "d", "multiAzEnabled": True}, "automaticFailoverEnabled", "must be true"),
        (QUEUE, {"fifoQueue": True, "name": "jobs"}, "name", "ends in .fifo"),
    ],
)
def test_wrong_input_is_named_with_the_reason(
    bench: Bench, type_: str, inputs: dict[str, Any], path: str, says: str
) -> None:
    found = mistakes(bench, type_, **inputs)
    assert path in found
    assert says in found[path]


def test_unknown_inputs_are_not_judged(bench: Bench) -> None:
    assert mistakes(bench, SUBNET, vpcId=UNKNOWN, cidrBlock=UNKNOWN) == {}


def test_automatic_name_is_the_resources_own_with_seven_digits_and_stays(bench: Bench) -> None:
    first = bench.check(ROLE, {"assumeRolePolicy": trust("x")}, name="runner").inputs
    assert first["name"].startswith("runner-")
    assert len(first["name"]) == len("runner-") + 7
    urn = bench.urn(ROLE, "runner")
    again = bench.session.check(urn, ROLE, first, {"assumeRolePolicy": trust("x")}, b"another seed")
    assert again.inputs["name"] == first["name"]


@pytest.mark.parametrize(
    ("type_", "inputs", "name", "key", "longest"),
    [
        (BUCKET, {}, "Training-Data" * 6, "bucket", 63),
        (ROLE, {"assumeRolePolicy": trust("x")}, "r" * 90, "name", 64),
        (QUEUE, {"fifoQueue": True}, "q" * 90, "name", 85),
        (REDIS, {"description": "d"}, "Features" * 9, "replicationGroupId", 40),
        (INSTANCE, {"instanceClass": "db.t4g.micro"}, "mlflow", "identifier", 63),
        ("aws:kms/alias:Alias", {"targetKeyId": "1"}, "data", "name", 256),
    ],
)
def test_automatic_name_keeps_to_the_services_rules(
    bench: Bench, type_: str, inputs: dict[str, Any], name: str, key: str, longest: int
) -> None:
    checked = bench.check(type_, inputs, name=name)
    made = checked.inputs[key]
    assert checked.failures == []
    assert len(made) <= longest
    if type_ in (BUCKET, REDIS):
        assert made == made.lower()
    if type_ == QUEUE:
        assert made.endswith(".fifo")
    if type_ == "aws:kms/alias:Alias":
        assert made.startswith("alias/data-")


def test_default_tags_lie_under_the_resources_own(bench: Bench) -> None:
    made = bench.make(VPC, cidrBlock="10.0.0.0/16", tags={"Owner": "platform", "Name": "net"})
    assert made["tags"] == {"Owner": "platform", "Name": "net"}
    assert made["tagsAll"] == {"Owner": "platform", "Name": "net"}
    plain = bench.make(VPC, cidrBlock="10.0.0.0/16")
    assert plain["tagsAll"] == {"Owner": "ml"}
    live = bench.boto("ec2").describe_vpcs(VpcIds=[plain.id])["Vpcs"][0]["Tags"]
    assert live == [{"Key": "Owner", "Value": "ml"}]


def test_changed_default_tags_change_every_tagged_resource_in_place(bench: Bench) -> None:
    made = bench.make(VPC, cidrBlock="10.0.0.0/16")
    bench.session.configure({"region": "us-east-1", "defaultTags": '{"tags": {"Owner": "data"}}'})
    _, diff = bench.diff(made, {"cidrBlock": "10.0.0.0/16"})
    assert (diff.changes, diff.replaces) == (["tagsAll"], [])


def test_region_of_a_resource_is_honoured(bench: Bench) -> None:
    made = bench.make(QUEUE, region="us-west-2")
    assert made["arn"].startswith("arn:aws:sqs:us-west-2:")
    assert bench.boto("sqs", "us-west-2").list_queues()["QueueUrls"]
    assert "QueueUrls" not in bench.boto("sqs").list_queues()
    _, diff = bench.diff(made, {})
    assert diff.replaces == ["region"]
    bench.delete(made)
    assert "QueueUrls" not in bench.boto("sqs", "us-west-2").list_queues()


@pytest.mark.parametrize(
    ("type_", "old", "new", "replaced"),
    [
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, ["cidrBlock"]),
        (BUCKET, {"bucket": "old-name"}, {"bucket": "new-name"}, ["bucket"]),
        (QUEUE, {"name": "old"}, {"name": "new"}, ["name"]),
        (
            ROLE,
            {"assumeRolePolicy": trust("x"), "path": "/a/"},
            {"assumeRolePolicy": trust("x"), "path": "/b/"},
            ["path"],
        ),
        (TEMPLATE, {"imageId": "ami-1"}, {"imageId": "ami-2"}, []),
        (LOGS, {"retentionInDays": 7}, {"retentionInDays": 30}, []),
    ],
)
def test_change_is_in_place_or_a_replacement_as_aws_has_it(
    bench: Bench, type_: str, old: dict[str, Any], new: dict[str, Any], replaced: list[str]
) -> None:
    made = bench.make(type_, old)
    _, diff = bench.diff(made, new)
    assert diff.changes
    assert diff.replaces == replaced


def test_database_is_replaced_for_its_engine_and_not_for_its_size(bench: Bench) -> None:
    inputs = instance_inputs(bench)
    made = bench.make(INSTANCE, inputs)
    assert bench.diff(made, {**inputs, "dbName": "other"})[1].replaces == ["dbName"]
    assert bench.diff(made, {**inputs, "allocatedStorage": 40, "multiAz": True})[1].replaces == []


def test_replacement_deletes_first_under_a_given_name_and_not_under_an_automatic_one(
    bench: Bench,
) -> None:
    named = bench.make(ROLE, {"name": "fixed", "assumeRolePolicy": trust("x")})
    assert bench.diff(named, {"name": "fixed", "assumeRolePolicy": trust("x"), "path": "/p/"})[
        1
    ].delete_before_replace
    automatic = bench.make(ROLE, assumeRolePolicy=trust("x"))
    _, diff = bench.diff(automatic, {"assumeRolePolicy": trust("x"), "path": "/p/"})
    assert diff.replaces == ["path"]
    assert not diff.delete_before_replace


def test_policy_that_says_the_same_is_no_change(bench: Bench) -> None:
    owner = role(bench)
    made = bench.make("aws:iam/rolePolicy:RolePolicy", role=owner.id, policy=allow("s3:GetObject"))
    document = json.loads(allow("s3:GetObject"))
    document["Statement"][0]["Action"] = ["s3:GetObject"]
    again = {"role": owner.id, "policy": json.dumps(document, indent=2)}
    assert bench.diff(made, again)[1].changes == []
    other = {"role": owner.id, "policy": allow("s3:PutObject")}
    assert bench.diff(made, other)[1].changes == ["policy"]


def test_order_of_a_set_is_no_change(bench: Bench) -> None:
    _, ids = subnets(bench)
    made = bench.make("aws:rds/subnetGroup:SubnetGroup", subnetIds=ids)
    assert bench.diff(made, {"subnetIds": list(reversed(ids))})[1].changes == []


def test_write_only_value_counts_only_through_its_version_and_never_reaches_the_state(bench: Bench) -> None:
    inputs = {
        "description": "d",
        "transitEncryptionEnabled": True,
        "authTokenWo": "a-secret-of-sixteen-characters",
        "authTokenWoVersion": 1,
    }
    made = bench.make(REDIS, inputs)
    assert "authTokenWo" not in made.state.outputs
    assert bench.diff(made, {**inputs, "authTokenWo": "another-secret-of-sixteen"})[1].changes == []
    rotated = {**inputs, "authTokenWo": "another-secret-of-sixteen", "authTokenWoVersion": 2}
    assert bench.diff(made, rotated)[1].changes == ["authTokenWoVersion"]


def test_preview_knows_what_inputs_decide_and_nothing_else(bench: Bench) -> None:
    net = bench.preview(VPC, cidrBlock="10.0.0.0/16")
    assert net["cidrBlock"] == "10.0.0.0/16"
    assert net["tagsAll"] == {"Owner": "ml"}
    assert net["arn"] is UNKNOWN
    assert net["defaultSecurityGroupId"] is UNKNOWN
    cluster = bench.preview("aws:eks/cluster:Cluster", roleArn=UNKNOWN, vpcConfig={"subnetIds": UNKNOWN})
    assert cluster["endpoint"] is UNKNOWN
    assert cluster["identities"] is UNKNOWN
    assert cluster["vpcConfig"]["clusterSecurityGroupId"] is UNKNOWN


def test_preview_of_an_update_leaves_open_what_may_move(bench: Bench) -> None:
    made = bench.make(TEMPLATE, imageId="ami-1")
    checked, _ = bench.diff(made, {"imageId": "ami-2"})
    urn = bench.urn(TEMPLATE, made.name)
    outputs = bench.session.update(urn, TEMPLATE, made.id, made.inputs, made.state.outputs, checked, True, 0)
    assert outputs["latestVersion"] is UNKNOWN
    assert outputs["arn"] == made["arn"]
    assert bench.update(made, {"imageId": "ami-2"})["latestVersion"] == 2


def test_drift_is_seen_and_what_is_gone_reads_as_gone(bench: Bench) -> None:
    made = bench.make(LOGS, retentionInDays=30)
    bench.boto("logs").put_retention_policy(logGroupName=made.id, retentionInDays=7)
    state = bench.read(made)
    assert state is not None
    assert state.inputs is not None
    assert state.inputs["retentionInDays"] == 7
    bench.boto("logs").delete_log_group(logGroupName=made.id)
    assert bench.read(made) is None


def test_import_of_what_does_not_exist_finds_nothing(bench: Bench) -> None:
    for type_, id_ in ((BUCKET, "nobody"), (VPC, "vpc-0"), (ROLE, "nobody"), (LOGS, "nobody")):
        assert bench.adopt(type_, id_) is None


def test_wrong_account_is_refused_at_configuration(bench: Bench) -> None:
    with pytest.raises(ProviderError, match=f"AWS account ID not allowed: {ACCOUNT}"):
        bench.session.configure({"region": "us-east-1", "allowedAccountIds": '["999999999999"]'})
    with pytest.raises(ProviderError, match="not allowed"):
        bench.session.configure({"region": "us-east-1", "forbiddenAccountIds": f'["{ACCOUNT}"]'})


def test_missing_region_is_refused_with_the_way_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    bench.session.configure({})
    with pytest.raises(ProviderError, match=r"Set `region` on the aws\.Provider"):
        bench.make(QUEUE)


def test_configuration_arrives_as_json_text_or_as_values() -> None:
    text = settings_of(
        {"region": "us-east-1", "defaultTags": '{"tags": {"a": "b"}}', "allowedAccountIds": '["1"]'}
    )
    plain = settings_of(
        {"region": "us-east-1", "defaultTags": {"tags": {"a": "b"}}, "allowedAccountIds": ["1"]}
    )
    assert text == plain
    assert settings_of({"region": "us-east-1", "defaultTags": UNKNOWN}).default_tags == {}


def test_policy_given_as_an_object_becomes_text(bench: Bench) -> None:
    made = bench.make(
        "aws:s3/bucketPolicy:BucketPolicy", bucket=bucket(bench).id, policy=json.loads(allow("s3:*"))
    )
    assert json.loads(made["policy"]) == json.loads(allow("s3:*"))


def test_provider_refuses_to_talk_to_the_real_aws(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(ProviderError, match="would talk to the real AWS: refused"):
        vpc(bench)
