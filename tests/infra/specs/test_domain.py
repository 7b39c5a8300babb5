"""Values with a meaning: what each type takes and what it refuses, with an example that it takes itself.

This tier proves the forms. It cannot prove that AWS has the thing: a right name of a zone that is closed to
an account, or an instance type not sold in a region, shows only there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from infra.specs import domain
from infra.specs.domain import MisfitError

RIGHT: dict[str, list[Any]] = {
    "AccountId": ["123456789012", "000000000001"],
    "Region": ["us-east-1", "eu-west-1", "ap-southeast-2"],
    "Cidr": ["10.20.0.0/16", "203.0.113.7/32", "0.0.0.0/0"],
    "ZoneName": ["us-east-1a", "ap-southeast-2c"],
    "InstanceType": ["m5.xlarge", "g4dn.12xlarge", "u-6tb1.56xlarge", "c5.metal"],
    "CacheNodeType": ["cache.t3.medium", "cache.r7g.large"],
    "DbInstanceClass": ["db.t4g.micro", "db.m6g.large"],
    "AmiAlias": ["al2023@v20260903", "bottlerocket@1.55.0", "bottlerocket@v1.29.0"],
    "KubernetesVersion": ["1.35", "1.33"],
    "AddonVersion": ["v1.22.4-eksbuild.3"],
    "ChartVersion": ["1.12.1"],
    "PrincipalArn": ["arn:aws:iam::123456789012:role/a/b", "arn:aws:iam::123456789012:user/me@example.com"],
    "Duration": ["30s", "1m", "720h", "1h30m", "Never"],
    "RepositoryName": ["model-server", "ferry/model-server", "a.b_c"],
    "EndpointName": ["s3", "ecr.api"],
    "RetentionDays": [1, 365, 3653],
    "AddonName": ["vpc-cni", "aws-ebs-csi-driver"],
    "NamespaceName": ["kubeflow", "a"],
    "EngineVersion": ["17.7", "7.1"],
    "MysqlVersion": ["8.4.8", "8.4.10"],
    "ImageDigest": [f"docker.io/library/redis@sha256:{'a' * 64}"],
    "SourceName": ["transactions-nfs", "ab"],
    "AgentArn": ["arn:aws:datasync:us-east-1:123456789012:agent/agent-0123456789abcdef0"],
    "ServerName": ["nfs.example.com", "10.0.0.5"],
    "BucketName": ["legacy-training-data", "a.b"],
    "KeyArn": ["arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"],
    "StorePath": ["/", "/migrated/a=1"],
    "AwsSchedule": ["cron(0 2 * * ? *)", "rate(1 day)"],
    "Digest": [f"sha256:{'a' * 64}"],
    "Quantity": ["500m", "2", "1.5", "2Gi"],
    "CronLine": ["23 4 1 * *", "*/5 0-6 * 1,7 *"],
    "Ipv4Address": ["203.0.113.10", "255.0.0.1"],
    "DxGatewayId": ["12345678-1234-1234-1234-123456789012"],
    "DomainName": ["corp.example.com"],
    "HostName": ["ml.example.com", "*.ml.example.com"],
    "HttpsUrl": ["https://login.example.com/realms/ml", "https://login.example.com:8443"],
    "SlackChannel": ["#ml-alerts"],
    "CertificateArn": ["arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"],
}

WRONG: dict[str, list[Any]] = {
    "AccountId": ["12345678901", "1234567890123", "12345678901a", ""],
    "Region": ["us-east-9", "us-east-1a", "US-EAST-1", "us-gov-west-1", "cn-north-1", ""],
    "Cidr": ["10.20.0.1/16", "10.20.0.0", "10.20.0.0/33", "300.0.0.0/8", "::/0", "ten"],
    "ZoneName": ["us-east-1", "us-east-a", "useast1a", "us-east-1A"],
    "InstanceType": ["m5", "M5.xlarge", "m5xlarge", ".large"],
    "CacheNodeType": ["t3.medium", "cache.t3", "db.t3.medium"],
    "DbInstanceClass": ["t4g.micro", "db.t4g", "cache.t4g.micro"],
    "AmiAlias": ["al2023@latest", "al2023", "ami-0123456789abcdef0", "ubuntu@v20260101", "@v20260101"],
    "KubernetesVersion": ["1.29", "1.35.4", "v1.35", "latest"],
    "AddonVersion": ["1.22.4-eksbuild.3", "v1.22.4", "latest", "v1.22-eksbuild.3"],
    "ChartVersion": ["1.12", "v1.12.1", "^1.12.0", "latest"],
    "PrincipalArn": [
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:role/*",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::*:role/x",
        "arn:aws:sts::123456789012:assumed-role/x/y",
        "*",
    ],
    "Duration": ["soon", "10", "1d", "never", "", "m"],
    "RepositoryName": ["Model", "a//b", "/a", "a/", "a b"],
    "EndpointName": ["S3", "ecr", "dynamodb"],
    "RetentionDays": [0, 2, 10, 366],
    "AddonName": ["vpccni", "ebs"],
    "NamespaceName": ["*", "Kubeflow", "a_b", "-a"],
    "MysqlVersion": ["8.0.40", "8.4", "9.4.0", "8.4.x"],
    "EngineVersion": ["17", "17.7.1", "latest"],
    "ImageDigest": ["redis:7", f"redis@sha256:{'a' * 63}", "redis@latest"],
    "SourceName": ["Transactions", "a", "x" * 23],
    "AgentArn": ["agent-0123456789abcdef0"],
    "ServerName": ["nfs://server"],
    "BucketName": ["Bucket", "ab"],
    "KeyArn": ["alias/ferry"],
    "StorePath": ["migrated", "/migrated/"],
    "AwsSchedule": ["0 2 * * *"],
    "Digest": ["latest", "sha256:12"],
    "Quantity": ["0", "2GB"],
    "CronLine": ["@daily", "0 2 * *"],
    "Ipv4Address": ["203.0.113.10/32", "256.0.0.1"],
    "DxGatewayId": ["dxgw-1"],
    "DomainName": ["Corp.example.com", "localhost"],
    "HostName": ["localhost", "a.*.example.com"],
    "HttpsUrl": ["http://login.example.com", "https://me@login.example.com", "https://a.example.com?x=1"],
    "SlackChannel": ["ml-alerts", "#ML"],
    "CertificateArn": ["arn:aws:iam::123456789012:server-certificate/x"],
}


def adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(getattr(domain, name))


def pairs(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize(("name", "value"), pairs(RIGHT))
def test_a_right_value_is_taken_as_it_is(name: str, value: Any) -> None:
    assert adapter(name).validate_python(value) == value


@pytest.mark.parametrize(("name", "value"), pairs(WRONG))
def test_a_wrong_value_is_refused_with_a_fact_and_an_example_that_is_right(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        adapter(name).validate_python(value)
    misfit = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(misfit, MisfitError)
    assert str(value) in misfit.fact
    if misfit.example is not None and "/32" not in misfit.example:
        example: Any = misfit.example.strip('"')
        assert adapter(name).validate_python(int(example) if name == "RetentionDays" else example)


def test_both_tables_name_the_same_types() -> None:
    assert set(RIGHT) == set(WRONG)


def test_every_type_of_the_module_is_in_the_tables() -> None:
    text = Path(domain.__file__).read_text()
    assert set(re.findall(r"^(\w+) = Annotated", text, re.MULTILINE)) == set(RIGHT)


def test_gpus_of_each_size_are_those_of_aws() -> None:
    """A3: the figures that keep a pod of one GPU off a node with four."""
    assert domain.GPUS_PER_SIZE["g4dn"] == {
        "xlarge": 1,
        "2xlarge": 1,
        "4xlarge": 1,
        "8xlarge": 1,
        "16xlarge": 1,
        "12xlarge": 4,
        "metal": 8,
    }


@pytest.mark.parametrize("word", ["ecr.apis", "ecr.ap"])
def test_a_word_close_to_a_known_one_is_asked_about(word: str) -> None:
    with pytest.raises(ValidationError, match=r'did you mean "ecr.api"\?'):
        adapter("EndpointName").validate_python(word)
