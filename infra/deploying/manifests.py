"""Argo CD's project and the Application of a model, as data; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PROJECT = "models"
IN_CLUSTER = "https://kubernetes.default.svc"
"""The cluster that Argo CD itself runs in, in its own words."""
ALLOWED = (
    ("", "ConfigMap"),
    ("", "Service"),
    ("apps", "Deployment"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("policy", "PodDisruptionBudget"),
)
"""What a model's repository may bring: no Secret, no right, no route (the guard owns those), nothing that
belongs to the cluster."""


@dataclass(frozen=True)
class Source:
    """Where models are described.

    Attributes:
        repository: URL of a git repository that Argo CD can read.
        revision: branch or tag to follow.
    """

    repository: str
    revision: str


def project(source: Source, namespaces: Sequence[str]) -> dict[str, Any]:
    """Spec of the AppProject: one repository, these namespaces, and only the kinds that a model needs.

    Args:
        source: of all Applications in the project.
        namespaces: where they may deploy; with none, they may deploy nothing.
    """
    return {
        "description": "Versions of models, put into the idle slot of their workload",
        "sourceRepos": [source.repository],
        "destinations": [{"server": IN_CLUSTER, "namespace": namespace} for namespace in namespaces],
        "clusterResourceWhitelist": [],
        "namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in ALLOWED],
        "orphanedResources": {"warn": True},
    }


def application(source: Source, path: str, namespace: str) -> dict[str, Any]:
    """Spec of the Application of one workload's models.

    It follows the repository and puts back what somebody changed by hand, but prunes nothing by itself: an
    empty commit must not take a model that serves.

    Args:
        source: the repository.
        path: folder in it, ``fraud-detection``.
        namespace: of the workload.
    """
    return {
        "project": PROJECT,
        "source": {"repoURL": source.repository, "targetRevision": source.revision, "path": path},
        "destination": {"server": IN_CLUSTER, "namespace": namespace},
        "syncPolicy": {
            "automated": {"prune": False, "selfHeal": True, "allowEmpty": False},
            "syncOptions": ["ServerSideApply=true", "CreateNamespace=false", "RespectIgnoreDifferences=true"],
            "retry": {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
        },
        # The autoscaler owns the number of pods; without this each sync would set it back.
        "ignoreDifferences": [{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}],
    }
