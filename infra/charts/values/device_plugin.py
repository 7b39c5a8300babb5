"""Values of the chart ``nvidia-device-plugin`` (B8): it tells the kubelet how many GPUs a node has.

Keys: NVIDIA/k8s-device-plugin v0.20.0, ``deployments/helm/nvidia-device-plugin/values.yaml``.
"""

from __future__ import annotations

from infra.charts.values.common import Values, resources, tag

NAME = "nvidia-device-plugin"
VERSION = "v0.20.0"
GPU_NODES: Values = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {
                            "key": "karpenter.k8s.aws/instance-gpu-manufacturer",
                            "operator": "In",
                            "values": ["nvidia"],
                        }
                    ]
                }
            ]
        }
    }
}
"""Nodes with NVIDIA's GPUs, by the label that Karpenter gives them. The charts' own selection goes by labels
of node-feature-discovery, which is not installed: with it the plugin would run on no node, and no pod would
ever get a GPU."""
GPU_TAINT: list[Values] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
"""The taint of the GPU pools."""


def values(digest: str | None = None) -> Values:
    """A DaemonSet on GPU nodes. It mounts the kubelet's plugin directory, so its namespace is ``privileged``;
    beyond that mount it is as narrow as can be.

    Args:
        digest: of the image, ``sha256:…``; the chart has no key for it, so it stands behind the tag.
    """
    return {
        "image": {"tag": tag(VERSION, digest)},
        "affinity": GPU_NODES,
        "tolerations": GPU_TAINT,
        "priorityClassName": "system-node-critical",
        "failOnInitError": True,  # a GPU node without a working driver is seen, instead of silently idle
        "migStrategy": "none",  # T4s of g4dn cannot be divided
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "resources": resources("50m", "64Mi", limit="128Mi"),
    }
