"""What an `up` would fail at in the account, before it fails.

Reading (:func:`look`) is kept apart from judging (:func:`judge`). Only reading calls are made; one that is
refused is a note with the right that is missing, not a guess.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ferry.doctor.findings import Finding, Status
from infra.specs.karpenter import PoolSpec
from stacks.settings import Settings

QUOTAS = {
    ("general", "on-demand"): ("L-1216C47A", "Running On-Demand Standard instances"),
    ("general", "spot"): ("L-34B43A08", "All Standard Spot Instance Requests"),
    ("gpu", "on-demand"): ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    ("gpu", "spot"): ("L-3819A6DF", "All G and VT Spot Instance Requests"),
}
"""EC2's quotas in vCPUs, by kind of pool and way of buying (Service Quotas' own codes and names)."""

_QUICK = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 2})
_SECONDS = 3.0
"""For the API server to take a connection."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Facts:
    """What the account said; None where a call was refused, and then ``refused`` says why.

    Attributes:
        caller: account id of the credentials; empty if there are none that work.
        quotas: vCPUs by quota code.
        offered: instance types that the region's zones of the settings offer, each in at least one.
        addons: versions of each add-on that fit the cluster's Kubernetes version.
        endpoint: address of the cluster's API; empty while there is no cluster.
        reachable: whether a connection to it could be made from here.
        refused: what was asked → why it was not answered.
    """

    caller: str = ""
    quotas: Mapping[str, float] | None = None
    offered: frozenset[str] | None = None
    addons: Mapping[str, frozenset[str]] | None = None
    endpoint: str = ""
    reachable: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)


def judge(settings: Settings, facts: Facts) -> list[Finding]:
    """One finding for each thing that an `up` needs, in the order in which it needs them."""
    first = _credentials(settings, facts)
    if first.status is Status.FAIL:
        return [first]
    return [
        first,
        *_quotas(settings, facts),
        *(_machines(settings, pool, facts) for pool in settings.karpenter.pools),
        *_addons(settings, facts),
        _endpoint(settings, facts),
    ]


def _credentials(settings: Settings, facts: Facts) -> Finding:
    if not facts.caller:
        why = facts.refused.get("sts", "no credentials")
        way_out = "`aws sso login`, or the environment variables of the role that `ferry bootstrap` printed."
        return Finding("credentials", Status.FAIL, why, way_out)
    if facts.caller != settings.account:
        found = f"of account {facts.caller}, and ferry:account is {settings.account}"
        return Finding("credentials", Status.FAIL, found, "Choose the profile of that account: AWS_PROFILE=…")
    return Finding("credentials", Status.OK, f"of account {facts.caller}")


def wanted(pools: list[PoolSpec]) -> dict[tuple[str, str], int]:
    """vCPUs that all pools at their limits could take, by kind and way of buying."""
    found: dict[tuple[str, str], int] = {}
    for pool in pools:
        for capacity in pool.capacity:
            found[pool.kind, str(capacity)] = found.get((pool.kind, str(capacity)), 0) + pool.cpu_limit
    return found


def _quotas(settings: Settings, facts: Facts) -> list[Finding]:
    if facts.quotas is None:
        return [_unanswered("quotas", facts, "servicequotas:GetServiceQuota")]
    findings = []
    for key, cpus in sorted(wanted(settings.karpenter.pools).items()):
        code, title = QUOTAS[key]
        have = facts.quotas.get(code)
        if have is None:
            continue
        found = f"{have:g} of {cpus} vCPUs that the pools may take: {title}"
        way_out = (
            f"`aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {code} "
            f"--desired-value {cpus} --region {settings.region}`, or lower cpu_limit; AWS may take days."
        )
        enough = have >= cpus
        status = Status.OK if enough else Status.FAIL if have == 0 else Status.NOTE
        findings.append(Finding(f"quota {code}", status, found, "" if enough else way_out))
    return findings


def _machines(settings: Settings, pool: PoolSpec, facts: Facts) -> Finding:
    name = f"machines of pool {pool.name}"
    if facts.offered is None:
        return _unanswered(name, facts, "ec2:DescribeInstanceTypeOfferings")
    types = {f"{family}.{size}" for family in pool.families for size in pool.sizes}
    missing = sorted(types - facts.offered)
    if not missing:
        return Finding(name, Status.OK, f"all {len(types)} types are offered")
    status = Status.FAIL if len(missing) == len(types) else Status.NOTE
    found = f"not offered in {', '.join(settings.network.zones)}: {', '.join(missing)}"
    return Finding(name, status, found, "Choose other zones, or other families and sizes of the pool.")


def _addons(settings: Settings, facts: Facts) -> list[Finding]:
    if facts.addons is None:
        return [_unanswered("add-ons", facts, "eks:DescribeAddonVersions")]
    findings = []
    for name, version in settings.cluster.addons.items():
        offered = facts.addons.get(name, frozenset())
        fits = version in offered
        newest = f"; offered are {', '.join(sorted(offered, reverse=True)[:3])}" if offered else ""
        found = version if fits else f"{version} is not offered for {settings.cluster.version}{newest}"
        way_out = "" if fits else f"Write one of them into ferry:cluster.addons.{name}."
        findings.append(Finding(f"add-on {name}", Status.OK if fits else Status.FAIL, found, way_out))
    return findings


def _endpoint(settings: Settings, facts: Facts) -> Finding:
    if not facts.endpoint:
        return Finding("cluster endpoint", Status.OK, "no cluster yet; the first `up` makes it")
    host = urlsplit(facts.endpoint).hostname or facts.endpoint
    if facts.reachable:
        return Finding("cluster endpoint", Status.OK, f"{host} takes connections")
    public = settings.cluster.endpoint.public_cidrs
    way_out = (
        f"Your address has to be in ferry:cluster.endpoint.public_cidrs ({', '.join(public)})."
        if public
        else "The endpoint is private: run it from a runner inside the VPC, or over the VPN."
    )
    return Finding("cluster endpoint", Status.FAIL, f"{host} cannot be reached from here", way_out)


def _unanswered(name: str, facts: Facts, right: str) -> Finding:
    why = next(iter(facts.refused.values()), "not answered")
    return Finding(name, Status.NOTE, f"not looked at: {why}", f"Ask for the right {right}.")


def look(settings: Settings) -> Facts:
    """What the account of the current credentials says about what these settings need."""
    refused: dict[str, str] = {}

    def ask(service: str, read: Callable[[Any], Answer]) -> Answer | None:
        try:
            return read(boto3.client(service, region_name=settings.region, config=_QUICK))
        except ClientError as error:
            refused[service] = str(error.response["Error"].get("Code", "refused"))
        except BotoCoreError as error:
            refused[service] = str(error)
        return None

    caller = ask("sts", lambda sts: str(sts.get_caller_identity()["Account"])) or ""
    if not caller:
        return Facts(refused=refused)
    zones = list(settings.network.zones)
    endpoint = ask("eks", lambda eks: _address(eks, settings.cluster_name)) or ""
    return Facts(
        caller=caller,
        quotas=ask("service-quotas", _limits),
        offered=ask("ec2", lambda ec2: _offered(ec2, zones)),
        addons=ask("eks", lambda eks: _versions(eks, settings.cluster.version)),
        endpoint=endpoint,
        reachable=bool(endpoint) and _connects(endpoint),
        refused=refused,
    )


def _limits(quotas: Any) -> dict[str, float]:
    asked = {code: quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code) for code, _ in QUOTAS.values()}
    return {code: float(answer["Quota"].get("Value", math.inf)) for code, answer in asked.items()}


def _offered(ec2: Any, zones: list[str]) -> frozenset[str]:
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "location", "Values": zones}]
    )
    return frozenset(item["InstanceType"] for page in pages for item in page["InstanceTypeOfferings"])


def _versions(eks: Any, kubernetes: str) -> dict[str, frozenset[str]]:
    pages = eks.get_paginator("describe_addon_versions").paginate(kubernetesVersion=kubernetes)
    return {
        item["addonName"]: frozenset(version["addonVersion"] for version in item["addonVersions"])
        for page in pages
        for item in page["addons"]
    }


def _address(eks: Any, name: str) -> str:
    try:
        return str(eks.describe_cluster(name=name)["cluster"].get("endpoint", ""))
    except eks.exceptions.ResourceNotFoundException:
        return ""


def _connects(endpoint: str) -> bool:
    found = urlsplit(endpoint)
    try:
        with socket.create_connection((found.hostname or "", found.port or 443), timeout=_SECONDS):
            return True
    except OSError:
        return False
