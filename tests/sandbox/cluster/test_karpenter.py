"""Proves that Karpenter is told what its chart would tell it. Pure; ``test_stand_ins.py`` has it at work."""

from __future__ import annotations

from typing import Any

from sandbox.cluster.karpenter import account, role, settings
from sandbox.cluster.releases import Release

ROLE = "arn:aws:iam::123456789012:role/ferry-dev-karpenter"


def release(**values: Any) -> Release:
    """An installed Karpenter."""
    return Release("karpenter", "kube-system", 1, "deployed", "karpenter", "1.12.1", values)


def test_settings_become_the_charts_variables() -> None:
    """A3."""
    given = {"clusterName": "ferry-dev", "interruptionQueue": "ferry-dev", "batchIdleDuration": "2s"}
    variables = settings(release(settings=given))
    assert variables["CLUSTER_NAME"] == "ferry-dev"
    assert variables["INTERRUPTION_QUEUE"] == "ferry-dev"
    assert variables["BATCH_IDLE_DURATION"] == "2s"
    assert variables["SYSTEM_NAMESPACE"] == "kube-system"


def test_settings_that_are_off_are_not_set_as_in_the_chart() -> None:
    variables = settings(release(settings={"clusterName": "x", "isolatedVPC": False, "clusterCABundle": ""}))
    assert "ISOLATED_VPC" not in variables
    assert "CLUSTER_CA_BUNDLE" not in variables


def test_feature_gates_default_as_in_the_chart_and_can_be_set() -> None:
    gates = settings(release(settings={"featureGates": {"spotToSpotConsolidation": True}}))["FEATURE_GATES"]
    assert "ReservedCapacity=true" in gates
    assert "SpotToSpotConsolidation=true" in gates
    assert "NodeRepair=false" in gates


def test_variables_of_the_container_are_passed_on() -> None:
    env = [{"name": "AWS_REGION", "value": "eu-west-1"}, {"name": "FROM", "valueFrom": {"fieldRef": {}}}]
    variables = settings(release(controller={"env": env}))
    assert variables["AWS_REGION"] == "eu-west-1"
    assert "FROM" not in variables


def test_service_account_is_named_and_annotated_as_the_values_say() -> None:
    """A4."""
    named = release(
        serviceAccount={"name": "provisioner", "annotations": {"eks.amazonaws.com/role-arn": ROLE}}
    )
    assert (account(named), role(named)) == ("provisioner", ROLE)
    assert (account(release()), role(release())) == ("karpenter", None)
