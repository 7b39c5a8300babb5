"""What a workload's accounts may not do, and whom its pods do not reach (A4, C8).

Policies are tested by what they refuse. That the emulated IAM and the API server refuse the same is proved in
the rehearsal.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra import fencing
from infra.iam import Statement
from tests.infra.test_policies import may
from workloads.catalogue import CATALOGUE
from workloads.patterns import fences, rights
from workloads.patterns.migration import Names
from workloads.patterns.rights import Reach
from workloads.state import Slot

NAMES = Names("fraud-detection")
FRAUD = CATALOGUE["fraud-detection"]
KEY, SIGN = (f"arn:aws:kms:us-east-1:123456789012:key/{name}" for name in ("data", "sign"))
REACH = Reach("us-east-1", "123456789012", "evidence", "models", "training", KEY, SIGN)
ENDPOINT = "arn:aws:sagemaker:us-east-1:123456789012:endpoint"


@pytest.mark.parametrize(
    ("found", "allowed", "refused"),
    [
        (
            rights.adapter(REACH, NAMES, FRAUD.legacy),
            [
                ("sagemaker:InvokeEndpoint", f"{ENDPOINT}/fraud-detection-prod"),
                ("s3:PutObject", "arn:aws:s3:::evidence/predictions/fraud-detection/legacy/1.jsonl"),
            ],
            [
                ("sagemaker:InvokeEndpoint", f"{ENDPOINT}/churn-prod"),
                ("s3:PutObject", "arn:aws:s3:::evidence/predictions/fraud-detection/platform/1.jsonl"),
                ("s3:PutObject", "arn:aws:s3:::evidence/gates/fraud-detection/1.json"),
                ("s3:GetObject", "arn:aws:s3:::evidence/predictions/fraud-detection/legacy/1.jsonl"),
            ],
        ),
        (
            rights.guard(REACH, NAMES),
            [("s3:GetObject", "arn:aws:s3:::evidence/gates/fraud-detection/1.json"), ("kms:Verify", SIGN)],
            [
                ("kms:Sign", SIGN),
                ("s3:PutObject", "arn:aws:s3:::evidence/gates/fraud-detection/1.json"),
                ("s3:GetObject", "arn:aws:s3:::evidence/gates/churn/1.json"),
            ],
        ),
        (
            rights.slot(REACH, NAMES),
            [
                ("s3:GetObject", "arn:aws:s3:::models/fraud-detection/7/1/model.txt"),
                ("s3:PutObject", "arn:aws:s3:::evidence/predictions/fraud-detection/platform/1.jsonl"),
            ],
            [
                ("s3:GetObject", "arn:aws:s3:::models/churn/7/1/model.txt"),
                ("s3:PutObject", "arn:aws:s3:::models/fraud-detection/7/1/model.txt"),
                ("s3:PutObject", "arn:aws:s3:::evidence/predictions/fraud-detection/legacy/1.jsonl"),
            ],
        ),
        (
            rights.training(REACH, NAMES),
            [("s3:PutObject", "arn:aws:s3:::models/fraud-detection/8/manifest.json")],
            [
                ("s3:PutObject", "arn:aws:s3:::models/churn/8/manifest.json"),
                ("s3:PutObject", "arn:aws:s3:::training/fraud-detection/rows.csv"),
                ("s3:DeleteObject", "arn:aws:s3:::models/fraud-detection/7/manifest.json"),
            ],
        ),
        (
            rights.batch(REACH, NAMES, "platform"),
            [("s3:PutObject", "arn:aws:s3:::evidence/batch/fraud-detection/2026-01-01/claim")],
            [
                ("s3:DeleteObject", "arn:aws:s3:::evidence/batch/fraud-detection/2026-01-01/claim"),
                ("s3:PutObject", "arn:aws:s3:::evidence/batch/churn/2026-01-01/claim"),
            ],
        ),
    ],
    ids=["adapter", "guard", "slot", "training", "batch"],
)
def test_an_account_does_its_own_work_and_no_other(
    found: list[Statement], allowed: list[tuple[str, str]], refused: list[tuple[str, str]]
) -> None:
    """A4, C8."""
    assert [item for item in allowed if not may(found, *item)] == []
    assert [item for item in refused if may(found, *item)] == []


def test_only_a_sagemaker_adapter_may_ask_sagemaker() -> None:
    """A4."""
    plain = FRAUD.legacy.model_copy(update={"kind": "http"})
    assert not may(rights.adapter(REACH, NAMES, plain), "sagemaker:InvokeEndpoint", f"{ENDPOINT}/x")


def permits(rules: list[dict[str, Any]], verb: str, resource: str, name: str) -> bool:
    """As the API server judges a request for one object."""
    return any(
        verb in rule["verbs"] and resource in rule["resources"] and name in rule.get("resourceNames", [name])
        for rule in rules
    )


def test_guard_changes_its_overlay_and_nothing_else() -> None:
    """C8: neither Pulumi's route nor what configuration says, nor a secret or a pod."""
    rules = rights.guard_rules(NAMES)
    assert permits(rules, "patch", "httproutes", NAMES.overlay)
    assert permits(rules, "get", "configmaps", NAMES.migration)
    for verb, resource, name in (
        ("patch", "httproutes", NAMES.base),
        ("delete", "httproutes", NAMES.overlay),
        ("update", "httproutes", NAMES.overlay),
        ("patch", "leases", NAMES.overlay),
        ("create", "events", "anything"),
        ("patch", "configmaps", NAMES.migration),
        ("get", "configmaps", "kube-root-ca.crt"),
        ("get", "secrets", "anything"),
        ("patch", "deployments", NAMES.slot(Slot.BLUE)),
        ("list", "deployments", "anything"),
    ):
        assert not permits(rules, verb, resource, name), (verb, resource, name)
    assert permits(rules, "list", "endpointslices", "anything"), "it finds who answers, and how warm they are"
    (sight,) = rights.guard_sight()
    assert (sight["resources"], sight["verbs"]) == (["endpointslices"], ["list"]), "of the Gateway no more"


def test_nobody_but_proxies_reaches_who_answers() -> None:
    """B9: and only who reads features reaches the feature store."""
    found = fences.slots(NAMES, features=False)
    into = [peer for rule in found["ingress"] for peer in rule["from"] if rule["ports"][0]["port"] == 8080]
    assert into == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}]
    out = {port["port"] for rule in found["egress"] for port in rule["ports"]}
    assert out == {53, 443}
    figures = [rule for rule in found["ingress"] if {"protocol": "TCP", "port": 8002} in rule["ports"]]
    (space,) = [peer["namespaceSelector"]["matchLabels"] for rule in figures for peer in rule["from"]]
    assert space == {"kubernetes.io/metadata.name": "monitoring"}, "the model server's own figures (B7)"
    with_features = fences.slots(NAMES, features=True)
    assert 6379 in {port["port"] for rule in with_features["egress"] for port in rule["ports"]}
    assert fencing.nothing() == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
