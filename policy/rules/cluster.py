"""The cluster's end point, logs, secrets and version; its nodes and add-ons."""

from __future__ import annotations

from collections.abc import Sequence

from policy.model import Catalogue, Resource, Rule, Severity
from policy.reading import at, many, open_to_the_world
from policy.rules.making import Facts, must_be_given, must_be_on

COMPONENT = "eks:index:Cluster"
CLUSTER = "aws:eks/cluster:Cluster"
ADDON = "aws:eks/addon:Addon"
NODES = "aws:eks/nodeGroup:NodeGroup"
_LOGS = ("api", "audit", "authenticator")
SUPPORTED = ("1.33", "1.34", "1.35", "1.36")
"""In EKS's standard support in October 2026; an older control plane costs six times as much."""


def _given(facts: Facts) -> Facts:
    """The engine shows a remote component without its inputs: there its children are judged."""
    return lambda resource: facts(resource) if resource.props else []


def _open_endpoint(resource: Resource) -> list[str]:
    props = resource.props if resource.type == COMPONENT else at(resource.props, "vpcConfig") or {}
    public = props.get("endpointPublicAccess")
    if public is False or public == "false":
        return []
    ranges = many(props.get("publicAccessCidrs"))
    if not ranges:
        return ["its API answers the whole internet: no ranges are given (publicAccessCidrs)"]
    return [f"its API answers {cidr}" for cidr in ranges if open_to_the_world(cidr)]


def _missing_logs(resource: Resource) -> list[str]:
    missing = [name for name in _LOGS if name not in many(resource.props.get("enabledClusterLogTypes"))]
    return [f"logs are not written: {', '.join(missing)}"] if missing else []


def _plain_secrets(resource: Resource) -> list[str]:
    if resource.type == COMPONENT:
        key = resource.props.get("encryptionConfigKeyArn")
    else:
        key = at(resource.props, "encryptionConfig.provider.keyArn")
    return [] if key else ["its Secrets are not encrypted with a key of the account's own"]


def _unsupported(resource: Resource) -> list[str]:
    version = resource.props.get("version")
    return [] if version in SUPPORTED else [f"Kubernetes {version} is not in EKS's standard support"]


def _old_access(resource: Resource) -> list[str]:
    mode = resource.props.get("authenticationMode") or at(resource.props, "accessConfig.authenticationMode")
    return [] if mode == "API" else [f"its authentication mode is {mode or 'CONFIG_MAP'}"]


_BOTH = (COMPONENT, CLUSTER)

# fmt: off
RULES: Sequence[Rule] = (
    Rule(
        "EKS.1", Catalogue.FSBP, Severity.CRITICAL, _BOTH,
        "Everybody on the internet may try the Kubernetes API",
        "Give the ranges that may connect, or close the public end point and run the pipeline inside the VPC",
        _given(_open_endpoint),
    ),
    Rule(
        "EKS.8", Catalogue.FSBP, Severity.HIGH, _BOTH,
        "Nobody can say afterwards who did what",
        "Write api, audit and authenticator logs",
        _given(_missing_logs),
    ),
    Rule(
        "EKS.3", Catalogue.FSBP, Severity.HIGH, _BOTH,
        "Whoever gets at etcd's disk or a copy of it reads every Secret",
        "Give the key that encrypts them",
        _given(_plain_secrets),
    ),
    Rule(
        "EKS.2", Catalogue.FSBP, Severity.MEDIUM, _BOTH,
        "Extended support costs six times as much, and ends in a forced upgrade",
        f"Use one of {', '.join(SUPPORTED)}",
        _given(_unsupported),
    ),
    Rule(
        "EKS.ACCESS.1", Catalogue.EKS, Severity.MEDIUM, _BOTH,
        "Whoever may write one ConfigMap in the cluster makes himself its administrator",
        "Use authentication mode API and access entries",
        _given(_old_access),
    ),
    Rule(
        "FERRY.KEEP.2", Catalogue.FERRY, Severity.HIGH, _BOTH,
        "One wrong command deletes the cluster and what runs in it",
        "Write deletion_protection=True; a reviewed teardown lifts it",
        _given(must_be_on("deletionProtection", "deletion protection")), kept_only=True,
    ),
    Rule(
        "CIS.EKS.5.4.3", Catalogue.CIS_EKS, Severity.HIGH, [NODES],
        "Whoever has the key logs in past the audit log",
        "Leave remote_access out; a session goes through Systems Manager",
        lambda resource: ["its nodes take SSH keys"] if resource.props.get("remoteAccess") else [],
    ),
    Rule(
        "FERRY.PIN.1", Catalogue.FERRY, Severity.MEDIUM, [ADDON],
        "AWS chooses the version, and no preview shows when it changes",
        "Give addon_version",
        must_be_given("addonVersion", "a version"),
    ),
)
# fmt: on
