"""Karpenter's objects and its chart's values, from a spec; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.network import DISCOVERY
from infra.specs.karpenter import PoolSpec

NODE_CLASS = "default"
GPU = "nvidia.com/gpu"
GRACE = "30m"
"""How long a node waits for its pods when it goes; a pod that may not be disturbed holds it that long."""
NODE_DISK = "100Gi"
"""Root volume of a node; GPU images alone are 10 to 20 GiB each."""


def values(cluster: Any, queue: Any, role_arn: Any, replicas: int) -> dict[str, Any]:
    """Values of the chart ``karpenter``; no secrets; all but ``replicas`` may be known later.

    Args:
        cluster: name of the cluster, from which Karpenter finds its endpoint.
        queue: name of the interruption queue.
        role_arn: what its service account takes.
        replicas: two, so that one may go; no more than there are system nodes.
    """
    resources = {"cpu": "500m", "memory": "1Gi"}
    return {
        "replicas": replicas,
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role_arn}},
        "settings": {"clusterName": cluster, "interruptionQueue": queue, "eksControlPlane": True},
        "controller": {
            "resources": {"requests": resources, "limits": {"memory": resources["memory"]}},
        },
    }


def node_class(cluster: str, ami_alias: str, profile: Any, tags: Mapping[str, str]) -> dict[str, Any]:
    """Spec of the EC2NodeClass: pinned image, private subnets and the nodes' group by tag, locked metadata.

    Args:
        cluster: value of the discovery tag.
        ami_alias: pinned image.
        profile: name of the instance profile.
        tags: of instances and volumes.
    """
    found = [{"tags": {DISCOVERY: cluster}}]
    disk = {"volumeType": "gp3", "volumeSize": NODE_DISK, "encrypted": True, "deleteOnTermination": True}
    return {
        "amiSelectorTerms": [{"alias": ami_alias}],
        "instanceProfile": profile,
        "subnetSelectorTerms": found,
        "securityGroupSelectorTerms": found,
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        },
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": disk}],
        "tags": {**tags, "Name": f"{cluster}-karpenter"},
    }


def node_pool(pool: PoolSpec) -> dict[str, Any]:
    """Spec of a NodePool.

    A general pool moves pods together onto fewer nodes; a GPU pool removes only empty ones, because what runs
    there is training. In both, a pod with ``karpenter.sh/do-not-disrupt`` keeps its node.
    """
    taints = [{"key": GPU, "value": "true", "effect": "NoSchedule"}] if pool.kind == "gpu" else []
    spec = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": NODE_CLASS},
        "requirements": _requirements(pool),
        **({"taints": taints} if taints else {}),
        "expireAfter": pool.expire_after,
        "terminationGracePeriod": GRACE,
    }
    policy = "WhenEmpty" if pool.kind == "gpu" else "WhenEmptyOrUnderutilized"
    return {
        "template": {"metadata": {"labels": {"ferry.dev/pool": pool.name}}, "spec": spec},
        "limits": _limits(pool),
        "disruption": {"consolidationPolicy": policy, "consolidateAfter": pool.consolidate_after},
    }


def _requirements(pool: PoolSpec) -> list[dict[str, Any]]:
    wanted = {
        "kubernetes.io/arch": ["amd64"],
        "kubernetes.io/os": ["linux"],
        "karpenter.k8s.aws/instance-family": list(pool.families),
        "karpenter.k8s.aws/instance-size": list(pool.sizes),
        "karpenter.sh/capacity-type": list(pool.capacity),
    }
    return [{"key": key, "operator": "In", "values": found} for key, found in wanted.items()]


def _limits(pool: PoolSpec) -> dict[str, str]:
    limits = {"cpu": str(pool.cpu_limit), "memory": f"{pool.cpu_limit * MEMORY_PER_CPU}Gi"}
    return {**limits, GPU: str(pool.gpu_limit)} if pool.kind == "gpu" else limits


MEMORY_PER_CPU = 8
"""GiB for each vCPU of a pool's limit: no family of ours has more, so CPU is what counts."""
