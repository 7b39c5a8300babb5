"""Nodes that Karpenter buys: bounded, of the size that was asked for, and not open to every pod."""

from __future__ import annotations

from collections.abc import Sequence

from policy.model import Catalogue, Resource, Rule, Severity
from policy.reading import at, many, maps, true

POOL = "kubernetes:karpenter.sh/v1:NodePool"
CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
GPU = "nvidia.com/gpu"
_FAMILY, _SIZE = "karpenter.k8s.aws/instance-family", "karpenter.k8s.aws/instance-size"
_GPU_FAMILIES = ("g", "p")
_SEVERAL_GPUS = {"g4dn": frozenset({"12xlarge", "metal"})}
"""Sizes with more than one GPU: AWS's own figures (12xlarge has four, metal eight)."""
COST_TAGS = ("owner", "cost-center", "environment", "project")


def _wanted(resource: Resource, key: str) -> list[str]:
    for item in maps(at(resource.props, "spec.template.spec.requirements")):
        if item.get("key") == key and item.get("operator") == "In":
            return [str(value) for value in many(item.get("values"))]
    return []


def has_gpus(resource: Resource) -> bool:
    """Whether a pool buys machines with GPUs."""
    return any(family.startswith(_GPU_FAMILIES) for family in _wanted(resource, _FAMILY))


def _unlimited(resource: Resource) -> list[str]:
    limits = at(resource.props, "spec.limits") or {}
    wanted = ["cpu", "memory", *([GPU] if has_gpus(resource) else [])]
    missing = [name for name in wanted if limits.get(name) is None]
    return [f"it may buy without end: no limit for {', '.join(missing)}"] if missing else []


def _untainted(resource: Resource) -> list[str]:
    taints = maps(at(resource.props, "spec.template.spec.taints"))
    kept = any(
        item.get("key") == GPU and item.get("effect") in {"NoSchedule", "NoExecute"} for item in taints
    )
    return [] if kept or not has_gpus(resource) else ["any pod may take a GPU node"]


def _too_large(resource: Resource) -> list[str]:
    found = []
    sizes = _wanted(resource, _SIZE)
    for family in _wanted(resource, _FAMILY):
        several = _SEVERAL_GPUS.get(family, frozenset())
        if several and not sizes:
            found.append(f"{family} of every size, those with several GPUs too")
        found += [f"{family}.{size} has several GPUs" for size in sizes if size in several]
    return found


def _for_ever(resource: Resource) -> list[str]:
    expires = at(resource.props, "spec.template.spec.expireAfter")
    return [] if expires and expires != "Never" else ["its nodes never expire"]


def _floating_image(resource: Resource) -> list[str]:
    terms = maps(at(resource.props, "spec.amiSelectorTerms"))
    floating = [str(term.get("alias")) for term in terms if str(term.get("alias") or "").endswith("@latest")]
    if not terms:
        return ["no image is chosen"]
    return [f"its image is {alias}" for alias in floating]


def _old_metadata(resource: Resource) -> list[str]:
    tokens = at(resource.props, "spec.metadataOptions.httpTokens")
    return [] if tokens == "required" else [f"IMDSv1 answers (httpTokens is {tokens or 'not set'})"]


def _far_metadata(resource: Resource) -> list[str]:
    hops = at(resource.props, "spec.metadataOptions.httpPutResponseHopLimit")
    return [] if hops == 1 else [f"pods reach the node's credentials (hop limit {hops})"]


def _plain_disks(resource: Resource) -> list[str]:
    disks = maps(at(resource.props, "spec.blockDeviceMappings"))
    plain = [str(disk.get("deviceName")) for disk in disks if not true(at(disk, "ebs.encrypted"))]
    return [] if disks and not plain else [f"disks are not encrypted: {', '.join(plain) or 'none is named'}"]


def _untagged(resource: Resource) -> list[str]:
    tags = at(resource.props, "spec.tags") or {}
    missing = [name for name in COST_TAGS if not tags.get(name)]
    return [f"its machines lack the tags {', '.join(missing)}"] if missing else []


_K = Catalogue.KARPENTER

# fmt: off
RULES: Sequence[Rule] = (
    Rule(
        "KARPENTER.LIMITS", _K, Severity.HIGH, [POOL],
        "One wrong replica count buys machines until the account's quota ends it",
        f"Give spec.limits for cpu, memory and, with GPUs, {GPU}",
        _unlimited,
    ),
    Rule(
        "KARPENTER.TAINT", _K, Severity.MEDIUM, [POOL],
        "Pods without a GPU keep a GPU node busy, and paid for",
        f"Taint it {GPU}: NoSchedule",
        _untainted,
    ),
    Rule(
        "FERRY.GPU.1", Catalogue.FERRY, Severity.MEDIUM, [POOL],
        "Two pods of one GPU were answered with one 12xlarge at almost four times the price",
        "Name sizes with one GPU: xlarge, 2xlarge, …",
        _too_large,
    ),
    Rule(
        "KARPENTER.EXPIRY", _K, Severity.MEDIUM, [POOL],
        "Nodes keep the image, and its holes, of the day they were bought",
        "Give expireAfter, for example 720h",
        _for_ever,
    ),
    Rule(
        "KARPENTER.AMI", _K, Severity.HIGH, [CLASS],
        "All nodes are replaced on the day AWS publishes an image, tested or not",
        "Name a dated alias, for example al2023@v20260903",
        _floating_image,
    ),
    Rule(
        "EC2.8.KARPENTER", Catalogue.FSBP, Severity.HIGH, [CLASS],
        "A request forged through a pod reads the node's credentials",
        "Write httpTokens: required",
        _old_metadata,
    ),
    Rule(
        "EKS.IMDS.1", Catalogue.EKS, Severity.HIGH, [CLASS],
        "Every pod has the node's role beside its own",
        "Write httpPutResponseHopLimit: 1",
        _far_metadata,
    ),
    Rule(
        "EC2.3.KARPENTER", Catalogue.FSBP, Severity.HIGH, [CLASS],
        "Whoever gets at the disk or a snapshot reads it",
        "Write encrypted: true for every disk",
        _plain_disks,
    ),
    Rule(
        "FERRY.COST.1", Catalogue.FERRY, Severity.MEDIUM, [CLASS],
        "Nobody can say whose machines these are",
        f"Give the tags {', '.join(COST_TAGS)}",
        _untagged,
    ),
)
# fmt: on
