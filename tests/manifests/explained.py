"""What a judge says that we leave as it is, and why. A reason that no judge asks for fails a test."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping

Findings = Mapping[str, str]
"""``<object>: <check>`` to what the judge said of it."""


def unexplained(findings: Findings, reasons: Mapping[str, str]) -> list[str]:
    """What nobody gave a reason for, one line each."""
    left = (found for found in findings if not any(fnmatch.fnmatchcase(found, reason) for reason in reasons))
    return [f"{found}: {findings[found]}" for found in sorted(left)]


def stale(findings: Collection[str], reasons: Iterable[str]) -> list[str]:
    """Reasons for what no judge says any more."""
    return [reason for reason in reasons if not fnmatch.filter(findings, reason)]


POD_SECURITY: Mapping[str, str] = {}
"""Pods that do not keep the standard ``restricted``: daemons that work on their node."""

KUBE_SCORE: Mapping[str, str] = {
    "*: container-image-pull-policy": "images are named by digest, so what is on the node is what was meant",
    "*: container-resources": "no limit of CPU: it would slow a container down while there is CPU to spare",
    "NetworkPolicy/fraud/*: networkpolicy-targets-pod": "the team's pods come later",
    "NetworkPolicy/monitoring/*: networkpolicy-targets-pod": "the chart and its operator bring the pods",
    "NetworkPolicy/kubeflow/scraped: networkpolicy-targets-pod": "Argo's chart brings the pod",
    "Deployment/kubeflow/katib-*: container-security-context-user-group-id": (
        "1000 is the user that Katib's own manifests name"
    ),
    "StatefulSet/features/redis: container-security-context-user-group-id": (
        "999 and 1000 are user and group of the official image, whose files belong to them"
    ),
    "StatefulSet/features/redis: statefulset-has-servicename": (
        "one pod, reached by its Service's own address; nobody asks for a pod by name"
    ),
}
"""Critical findings of kube-score that stay."""

CHECKOV: Mapping[str, str] = {}
"""Failures of checkov that stay."""
