"""``ferry doctor --env``: what an `up` would fail at in the account, each with its way out (issue "doctor").

Proves the judgements by a table; reading against moto, and where moto has no answer (EC2's quotas, add-on
versions) against botocore's own models. Cannot prove that a quota is enough once machines of others run.
"""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from ferry.doctor import account
from ferry.doctor.account import QUOTAS, Facts, judge, look, wanted
from ferry.doctor.findings import Status
from tests.infra.environments import settings

DEV = settings("dev")
READY = Facts(
    caller=DEV.account,
    quotas={code: 1000.0 for code, _ in QUOTAS.values()},
    offered=frozenset(
        f"{family}.{size}" for pool in DEV.karpenter.pools for family in pool.families for size in pool.sizes
    ),
    addons={name: frozenset({version}) for name, version in DEV.cluster.addons.items()},
    endpoint="https://abc.eks.amazonaws.com",
    reachable=True,
)

ROWS: list[tuple[dict[str, Any], str, Status, str, str]] = [
    (
        {"caller": "", "refused": {"sts": "ExpiredToken"}},
        "credentials",
        Status.FAIL,
        "ExpiredToken",
        "aws sso login",
    ),
    ({"caller": "999999999999"}, "credentials", Status.FAIL, "of account 999999999999", "AWS_PROFILE"),
    (
        {"quotas": {**dict(READY.quotas or {}), "L-DB2E81BA": 0.0}},
        "quota L-DB2E81BA",
        Status.FAIL,
        "0 of 32 vCPUs that the pools may take: Running On-Demand G and VT instances",
        "--quota-code L-DB2E81BA --desired-value 32",
    ),
    ({"quotas": {"L-3819A6DF": 8.0}}, "quota L-3819A6DF", Status.NOTE, "8 of 32", "lower cpu_limit"),
    ({"offered": frozenset({"m5.large"})}, "machines of pool gpu", Status.FAIL, "g4dn.xlarge", "other zones"),
    (
        {"offered": frozenset({"m5.large"})},
        "machines of pool general",
        Status.NOTE,
        "m6i.large",
        "other zones",
    ),
    (
        {"addons": {"coredns": frozenset({"v1.14.0-eksbuild.1"})}},
        "add-on coredns",
        Status.FAIL,
        "offered are v1.14.0-eksbuild.1",
        "ferry:cluster.addons.coredns",
    ),
    ({"reachable": False}, "cluster endpoint", Status.FAIL, "abc.eks.amazonaws.com", "public_cidrs"),
    (
        {"quotas": None, "refused": {"service-quotas": "AccessDenied"}},
        "quotas",
        Status.NOTE,
        "AccessDenied",
        "servicequotas:GetServiceQuota",
    ),
]


def test_an_account_that_is_ready_has_only_green_lines() -> None:
    findings = judge(DEV, READY)
    assert {finding.status for finding in findings} == {Status.OK}
    assert {finding.way_out for finding in findings} == {""}


@pytest.mark.parametrize(("lack", "name", "status", "found", "way_out"), ROWS)
def test_each_lack_is_named_with_a_way_out(
    lack: dict[str, Any], name: str, status: Status, found: str, way_out: str
) -> None:
    lines = {finding.name: finding for finding in judge(DEV, replace(READY, **lack))}
    assert lines[name].status is status
    assert found in lines[name].found
    assert way_out in lines[name].way_out


def test_a_private_endpoint_has_another_way_out() -> None:
    prod = settings("prod")
    lines = {item.name: item for item in judge(prod, replace(READY, caller=prod.account, reachable=False))}
    assert "runner inside the VPC" in lines["cluster endpoint"].way_out


def test_pools_of_a_kind_count_together() -> None:
    assert wanted(DEV.karpenter.pools)["gpu", "spot"] == 32
    assert wanted([*DEV.karpenter.pools, *DEV.karpenter.pools])["gpu", "spot"] == 64


def test_the_account_is_read_and_a_refused_call_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real answers of moto for identity, machines and clusters; it has no quotas of EC2."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        facts = look(DEV)
    assert facts.caller == "123456789012"
    assert facts.offered is not None
    assert "g4dn.xlarge" in facts.offered
    assert facts.endpoint == ""
    assert facts.quotas is None
    lines = {item.name: item for item in judge(DEV, facts)}
    assert lines["quotas"].status is Status.NOTE


def test_without_credentials_that_is_the_only_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        """STS with a token of yesterday."""

        def get_caller_identity(self) -> None:
            """Refuse."""
            raise ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity")

    monkeypatch.setattr(boto3, "client", lambda *_, **__: Refusing())
    [only] = judge(DEV, look(DEV))
    assert (only.name, only.found) == ("credentials", "ExpiredToken")


def test_quotas_and_add_ons_are_read_as_aws_models_them() -> None:
    quotas = boto3.client("service-quotas", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106 - nobody's
    with Stubber(quotas) as stub:
        for number, (code, _) in enumerate(QUOTAS.values()):
            answer = {"Quota": {"QuotaCode": code, "Value": float(number)}}
            stub.add_response("get_service_quota", answer, {"ServiceCode": "ec2", "QuotaCode": code})
        assert account._limits(quotas)["L-DB2E81BA"] == 2
    eks = boto3.client("eks", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106 - nobody's
    with Stubber(eks) as stub:
        found = {
            "addons": [{"addonName": "coredns", "addonVersions": [{"addonVersion": "v1.13.2-eksbuild.21"}]}]
        }
        stub.add_response("describe_addon_versions", found, {"kubernetesVersion": "1.35"})
        assert account._versions(eks, "1.35") == {"coredns": frozenset({"v1.13.2-eksbuild.21"})}


def test_an_endpoint_is_tried_by_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert account._connects(f"https://127.0.0.1:{port}")
    assert not account._connects(f"https://127.0.0.1:{port}")
