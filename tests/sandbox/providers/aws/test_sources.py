"""Data sources: what they answer from the emulated AWS, and policy documents from statements.

Proves the answers against boto3 and the documented merging rules. Cannot prove that the real data source
orders every list alike; policies are compared by meaning.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sandbox.providers.aws import table
from sandbox.providers.aws.handler import Scope
from sandbox.providers.aws.sources.policy_document import policy_document
from sandbox.providers.base import ProviderError
from tests.sandbox.providers.aws.bench import ACCOUNT, REGION, Bench
from tests.sandbox.providers.aws.makers import cluster, role, secret, subnets

AWS = Scope(REGION, ACCOUNT)


def document(**args: Any) -> dict[str, Any]:
    found = policy_document(AWS, args)
    assert json.loads(found["json"]) == json.loads(found["minifiedJson"])
    parsed: dict[str, Any] = json.loads(found["json"])
    return parsed


def test_every_listed_data_source_has_its_function() -> None:
    assert all(callable(table.invoke_for(token)) for token in table.INVOKES)


def test_account_region_and_partition_are_the_providers_own(bench: Bench) -> None:
    invoke = bench.session.invoke
    assert invoke("aws:index/getCallerIdentity:getCallerIdentity", {})["accountId"] == ACCOUNT
    assert invoke("aws:index/getRegion:getRegion", {})["name"] == REGION
    assert invoke("aws:index/getRegion:getRegion", {"region": "us-west-2"})["name"] == "us-west-2"
    assert invoke("aws:index/getPartition:getPartition", {})["dnsSuffix"] == "amazonaws.com"


def test_zones_leave_out_the_excluded(bench: Bench) -> None:
    token = "aws:index/getAvailabilityZones:getAvailabilityZones"
    names = bench.session.invoke(token, {"state": "available"})["names"]
    assert names[0] == f"{REGION}a"
    assert bench.session.invoke(token, {"excludeNames": [f"{REGION}a"]})["names"] == names[1:]


def test_random_password_has_the_wanted_length(bench: Bench) -> None:
    token = "aws:secretsmanager/getRandomPassword:getRandomPassword"
    made = bench.session.invoke(token, {"passwordLength": 40, "excludePunctuation": True})
    assert len(made["randomPassword"]) == 40
    assert made["randomPassword"].isalnum()


def test_cluster_answers_as_eks_describes_it_and_its_token_names_it(bench: Bench) -> None:
    made = cluster(bench)
    found = bench.session.invoke("aws:eks/getCluster:getCluster", {"name": made.id})
    assert found["arn"] == made["arn"]
    assert found["version"] == "1.35"
    token = bench.session.invoke("aws:eks/getClusterAuth:getClusterAuth", {"name": made.id})["token"]
    body = token.removeprefix("k8s-aws-v1.")
    url = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    assert "Action=GetCallerIdentity" in url
    assert "x-k8s-aws-id" in url


def test_lookups_find_what_exists_and_refuse_what_does_not(bench: Bench) -> None:
    net, ids = subnets(bench)
    invoke = bench.session.invoke
    assert invoke("aws:ec2/getVpc:getVpc", {"id": net.id})["cidrBlock"] == "10.0.0.0/16"
    by_vpc = {"filters": [{"name": "vpc-id", "values": [net.id]}]}
    assert invoke("aws:ec2/getSubnets:getSubnets", by_vpc)["ids"] == sorted(ids)
    with pytest.raises(ProviderError, match=r"multiple \(2\) matching EC2 subnet"):
        invoke("aws:ec2/getSubnet:getSubnet", {"vpcId": net.id})
    made = role(bench)
    assert invoke("aws:iam/getRole:getRole", {"name": made.id})["arn"] == made["arn"]
    with pytest.raises(ProviderError, match="NoSuchEntity"):
        invoke("aws:iam/getRole:getRole", {"name": "nobody"})


def test_secret_and_parameter_are_read(bench: Bench) -> None:
    made = secret(bench)
    bench.make("aws:secretsmanager/secretVersion:SecretVersion", secretId=made.id, secretString="hush")
    found = bench.session.invoke(
        "aws:secretsmanager/getSecretVersion:getSecretVersion", {"secretId": made.id}
    )
    assert found["secretString"] == "hush"
    bench.boto("ssm").put_parameter(Name="/ami", Value="ami-1", Type="String")
    assert bench.session.invoke("aws:ssm/getParameter:getParameter", {"name": "/ami"})["value"] == "ami-1"


def test_document_writes_one_value_as_text_and_several_as_a_list() -> None:
    made = document(
        statements=[
            {
                "sid": "Read",
                "actions": ["s3:GetObject"],
                "resources": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
                "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::1:role/x"]}],
                "conditions": [
                    {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]},
                    {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["2"]},
                ],
            }
        ]
    )
    (statement,) = made["Statement"]
    assert made["Version"] == "2012-10-17"
    assert statement["Action"] == "s3:GetObject"
    assert sorted(statement["Resource"]) == ["arn:aws:s3:::a", "arn:aws:s3:::b"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::1:role/x"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}


def test_document_for_everybody_says_star() -> None:
    made = document(statements=[{"actions": ["s3:*"], "principals": [{"type": "*", "identifiers": ["*"]}]}])
    assert made["Statement"][0]["Principal"] == "*"


def test_override_replaces_the_statement_of_its_name_and_a_source_keeps_its_own() -> None:
    first = json.dumps({"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject"}]})
    second = json.dumps({"Statement": [{"Sid": "A", "Effect": "Deny", "Action": "s3:GetObject"}]})
    made = document(
        sourcePolicyDocuments=[first],
        overridePolicyDocuments=[second],
        statements=[{"sid": "B", "actions": ["s3:PutObject"], "resources": ["*"]}],
    )
    assert [(item["Sid"], item["Effect"]) for item in made["Statement"]] == [("A", "Deny"), ("B", "Allow")]


def test_two_statements_of_one_name_are_refused() -> None:
    with pytest.raises(ProviderError, match='duplicate Sid "A"'):
        document(statements=[{"sid": "A", "actions": ["s3:*"]}, {"sid": "A", "actions": ["s3:*"]}])


def test_malformed_arn_is_refused() -> None:
    with pytest.raises(ProviderError, match="x is no ARN"):
        table.invoke_for("aws:index/getArn:getArn")(AWS, {"arn": "x"})
