"""The front over a real socket with boto3: calls are told, logged, passed on, and never silently swallowed.

Cannot prove that AWS would answer the same; the README beside the code lists what is known to differ.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from sandbox.worldspec import WorldSpec
from tests.sandbox.aws.conftest import Clients


def _calls(spec: WorldSpec) -> list[dict[str, Any]]:
    return [json.loads(line) for line in spec.calls.read_text().splitlines()]


def test_every_call_is_logged_with_principal_action_and_resource(aws: Clients, spec: WorldSpec) -> None:
    aws("s3").create_bucket(Bucket="models")
    aws("s3").put_object(Bucket="models", Key="a/b", Body=b"x")
    call = _calls(spec)[-1]
    assert (call["principal"], call["action"]) == ("arn:aws:iam::123456789012:root", "s3:PutObject")
    assert (call["resource"], call["status"], call["error"]) == ("arn:aws:s3:::models/a/b", 200, "")


def test_a_refused_call_is_logged_with_its_code(aws: Clients, spec: WorldSpec) -> None:
    with pytest.raises(ClientError):
        aws("iam").get_role(RoleName="nobody")
    call = _calls(spec)[-1]
    assert (call["action"], call["status"], call["error"]) == ("iam:GetRole", 404, "NoSuchEntity")
    assert call["resource"] == "arn:aws:iam::123456789012:role/nobody"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "describe_fast_launch_images", {}),
        ("eks", "list_insights", {"clusterName": "x"}),
        ("guardduty", "get_usage_statistics", {"DetectorId": "x", "UsageStatisticType": "SUM_BY_ACCOUNT",
                                               "UsageCriteria": {}}),
        ("lightsail", "get_instances", {}),
    ],
)  # fmt: skip
def test_what_nobody_emulates_is_an_error_that_names_it(
    aws: Clients, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(aws(service), operation)(**arguments)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    name = refused.value.operation_name
    assert f"{service}:{name}" in refused.value.response["Error"]["Message"]


def test_moto_s_own_pages_are_closed(endpoint: str) -> None:

    assert httpx.post(f"{endpoint}/moto-api/reset").status_code == 501
    assert httpx.get(f"{endpoint}/moto-api/").status_code == 501


def test_the_account_s_own_keys_are_its_root_for_sts_and_for_the_log(aws: Clients, spec: WorldSpec) -> None:
    arn = aws("sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws:iam::123456789012:root" == _calls(spec)[-1]["principal"]


def test_a_presigned_question_is_answered_for_who_signed_it(aws: Clients) -> None:

    address = aws("sts").generate_presigned_url("get_caller_identity")
    assert "arn:aws:iam::123456789012:root" in httpx.get(address).text


def test_an_unsigned_request_for_an_object_is_refused(aws: Clients, endpoint: str, spec: WorldSpec) -> None:

    aws("s3").create_bucket(Bucket="models")
    aws("s3").put_object(Bucket="models", Key="a", Body=b"x")
    assert httpx.get(f"{endpoint}/models/a").status_code == 403
    assert _calls(spec)[-1]["principal"] == "anonymous"
    signed = aws("s3").generate_presigned_url("get_object", Params={"Bucket": "models", "Key": "a"})
    assert httpx.get(signed).content == b"x"


def test_images_and_prices_that_karpenter_asks_for_are_there(aws: Clients) -> None:
    name = "amazon-eks-node-al2023-x86_64-nvidia-1.35-v20261101"
    path = f"/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/nvidia/{name}/image_id"
    image = aws("ssm").get_parameter(Name=path)["Parameter"]["Value"]
    told = aws("ec2").describe_images(Filters=[{"Name": "image-id", "Values": [image]}])["Images"][0]
    assert (told["Name"], told["State"], told["Architecture"]) == (name, "available", "x86_64")
    assert told["RootDeviceName"] == "/dev/xvda"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        aws("ssm").get_parameter(Name=path.replace("/1.35/", "/1.34/"))
    assert aws("pricing").get_products(ServiceCode="AmazonEC2")["PriceList"]
    assert aws("ec2").describe_spot_price_history(InstanceTypes=["g4dn.xlarge"])["SpotPriceHistory"]
