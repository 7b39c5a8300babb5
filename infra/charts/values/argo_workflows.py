"""Values of the chart ``argo-workflows`` (B5): workflows that are not Kubeflow's.

Keys: argoproj/argo-helm, charts/argo-workflows 1.0.18 (Argo Workflows v4.0.6), ``values.yaml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.charts.values.common import Values, resources, restricted_container, restricted_pod, spread

NAME = "argo-workflows"
NAMESPACE = "argo"
INSTANCE = "ferry"
"""Only workflows with this label are its own: Kubeflow Pipelines brings a controller too, and two that take
the same workflow undo each other's work."""
USER = 8737
"""The user of Argo's images."""


CONTROLLER = "workflow-controller"
"""What the chart calls its controller; the server is ``server``."""


@dataclass(frozen=True)
class Steps:
    """Where workflows run, and the service account of their steps, which the chart lets report results."""

    namespace: str
    account: str


def values(bucket: Any, region: str, replicas: int, steps: Steps) -> Values:
    """Controller and server; steps run elsewhere, as somebody else.

    Artifacts go to S3 with the credentials of the step's own service account: no key stands anywhere.

    Args:
        bucket: name of the store; may be known later.
        region: where it is.
        replicas: of the controller, of which one leads, and of the server.
        steps: where they run, and as whom.
    """
    return {
        "crds": {"install": False},  # shared with the controller of pipelines: infra/deploying/definitions.py
        "images": {"pullPolicy": "IfNotPresent"},
        "controller": {
            **_part(replicas, CONTROLLER, "100m", "256Mi", "512Mi"),
            "instanceID": {"enabled": True, "explicitID": INSTANCE},
            "workflowNamespaces": [steps.namespace],
            "workflowDefaults": {
                "spec": {
                    "serviceAccountName": steps.account,
                    "automountServiceAccountToken": True,  # a step reports its result to the API server
                    "ttlStrategy": {"secondsAfterCompletion": 7 * 24 * 3600},
                    "podGC": {"strategy": "OnPodSuccess"},
                    "securityContext": restricted_pod(USER),
                }
            },
            "metricsConfig": {"enabled": True},
        },
        "server": {
            **_part(replicas, "server", "50m", "128Mi", "256Mi"),
            "authModes": ["client"],  # who asks shows a token of his own, and sees what that token may
        },
        "workflow": {
            "namespace": steps.namespace,
            "serviceAccount": {"create": False, "name": steps.account},
            "rbac": {"create": True},
        },
        "executor": {
            "resources": resources("50m", "64Mi", limit="128Mi"),
            "securityContext": restricted_container(USER),
        },
        **_artifacts(bucket, region, "workflows"),
    }


def of_pipelines(bucket: Any, region: str, namespace: str) -> Values:
    """A controller for the runs of Kubeflow Pipelines, in its namespace and nowhere else.

    One pod: it leads nobody, and what it misses while it starts it sees when it has started. Steps have the
    rights that Kubeflow's own Role gives their account.

    Args:
        bucket: name of the store of logs; may be known later.
        region: where it is.
        namespace: of the runs.
    """
    return {
        "crds": {"install": False},
        "images": {"pullPolicy": "IfNotPresent"},
        "singleNamespace": True,
        "controller": {
            **_part(1, CONTROLLER, "100m", "256Mi", "512Mi"),
            "workflowNamespaces": [namespace],
            "workflowDefaults": {
                "spec": {
                    "automountServiceAccountToken": True,  # driver and launcher ask the API server
                    "ttlStrategy": {"secondsAfterCompletion": 24 * 3600},
                    "podMetadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}},
                }
            },
            "metricsConfig": {"enabled": True},
        },
        "server": {"enabled": False},
        "workflow": {"serviceAccount": {"create": False}, "rbac": {"create": False}},
        "executor": {
            "resources": resources("50m", "64Mi", limit="128Mi"),
            "securityContext": restricted_container(USER),
        },
        **_artifacts(bucket, region, "private-artifacts"),
    }


def _artifacts(bucket: Any, region: str, folder: str) -> Values:
    """S3 with the credentials of the step's own account: no key stands anywhere."""
    return {
        "useStaticCredentials": False,
        "artifactRepository": {
            "archiveLogs": True,
            "s3": {
                "bucket": bucket,
                "endpoint": f"s3.{region}.amazonaws.com",
                "region": region,
                "insecure": False,
                "useSDKCreds": True,
                "keyFormat": folder + "/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}",
            },
        },
    }


def labels(component: str) -> dict[str, str]:
    """A label of the pods of a part that no other part has, whatever the release is called.

    Source: templates/_helpers.tpl, ``argo-workflows.selectorLabels``.
    """
    return {"app.kubernetes.io/name": f"{NAME}-{component}"}


def _part(replicas: int, component: str, cpu: str, memory: str, limit: str) -> Values:
    return {
        "replicas": replicas,
        "pdb": {"enabled": True, "minAvailable": 1} if replicas > 1 else {"enabled": False},
        "podSecurityContext": restricted_pod(USER),
        "securityContext": restricted_container(USER),
        "resources": resources(cpu, memory, limit=limit),
        "topologySpreadConstraints": spread(labels(component)),
    }
