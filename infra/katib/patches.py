"""Katib's objects as we want them, from Katib's objects as they were published; pure.

What changes, and nothing else: images by digest; the database at RDS instead of a pod with a default
password; certificates by cert-manager, so that the controller needs no right to Secrets and webhooks; the
Bayesian algorithm and Jobs, and no right to what else Katib could drive; amounts; read-only files; and a
webhook that is asked about trials only.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from infra import restricted
from infra.katib.names import (
    API_PORT,
    CERTIFICATE,
    CONFIG,
    CONTROLLER,
    DATABASE,
    NAMESPACE,
    POSTGRES_PORT,
    PREPARER,
    TRIAL,
    WEBHOOK_PORT,
)
from infra.mlflow.pods import CERTIFICATES

Document = dict[str, Any]
USER = 1000
"""The user that Katib's manifests give to its pods."""
OF_OTHERS = frozenset({"trainer.kubeflow.org", "jobset.x-k8s.io", "admissionregistration.k8s.io"})
"""Groups to which Katib would have rights for trials that are no Jobs, and to make certificates itself."""
OPERATORS = frozenset({"tfjobs", "pytorchjobs", "mpijobs", "xgboostjobs"})


@dataclass(frozen=True)
class Plan:
    """What the patches are told.

    Attributes:
        images: name to reference by digest, for each of :data:`infra.specs.katib.IMAGES`.
        host: Postgres' host name; may be known later.
        certificates: image that holds RDS's authorities, MLflow's own; may be known later.
    """

    images: Mapping[str, str]
    host: Any
    certificates: Any


def patched(documents: Iterable[Document], plan: Plan) -> list[Document]:
    """All documents, each changed by the function for its kind and name."""
    return [_of(item)(copy.deepcopy(item), plan) for item in documents]


def _of(item: Document) -> Callable[[Document, Plan], Document]:
    by_name = {("Deployment", CONTROLLER): _controller, ("Deployment", DATABASE): _database}
    by_kind = {
        "ClusterRole": _rights,
        "MutatingWebhookConfiguration": _hooks,
        "ValidatingWebhookConfiguration": _hooks,
    }
    return by_name.get((item["kind"], item["metadata"]["name"])) or by_kind.get(item["kind"], _same)


def _same(item: Document, _plan: Plan) -> Document:
    return item


def _controller(item: Document, plan: Plan) -> Document:
    container = _container(item, plan.images[CONTROLLER], "100m", "256Mi")
    container["securityContext"] = {**container["securityContext"], **restricted.container()}
    item["spec"]["template"]["spec"]["securityContext"] = restricted.pod(USER)
    return item


def _database(item: Document, plan: Plan) -> Document:
    """The front of the database: Postgres with a certificate that is checked, and a user of Katib's own."""
    container = _container(item, plan.images[DATABASE], "50m", "128Mi")
    container["env"] = database_variables(plan.host)
    container["volumeMounts"] = [{"name": "authorities", "mountPath": "/run/rds", "readOnly": True}]
    container["readinessProbe"] = {"grpc": {"port": API_PORT}, "periodSeconds": 10}
    container["securityContext"] = {**container["securityContext"], **restricted.container()}
    item["spec"]["template"]["spec"] |= {
        "automountServiceAccountToken": False,
        "securityContext": restricted.pod(USER),
        "initContainers": [authorities(plan.certificates)],
        "volumes": [{"name": "authorities", "emptyDir": {"sizeLimit": "2Mi"}}],
    }
    return item


def database_variables(host: Any) -> list[dict[str, Any]]:
    """What Katib reads: the engine, where it is, and that its certificate is checked."""

    def secret(key: str) -> dict[str, Any]:
        return {"secretKeyRef": {"name": PREPARER, "key": key}}

    return [
        {"name": "DB_NAME", "value": "postgres"},
        {"name": "KATIB_POSTGRESQL_DB_HOST", "value": host},
        {"name": "KATIB_POSTGRESQL_DB_PORT", "value": str(POSTGRES_PORT)},
        {"name": "KATIB_POSTGRESQL_DB_DATABASE", "value": "katib"},
        {"name": "KATIB_POSTGRESQL_SSL_MODE", "value": "verify-full"},
        {"name": "PGSSLROOTCERT", "value": "/run/rds/rds.pem"},
        {"name": "DB_USER", "valueFrom": secret("username")},
        {"name": "DB_PASSWORD", "valueFrom": secret("password")},
    ]


def authorities(image: Any) -> dict[str, Any]:
    """An init container that brings RDS's authorities to a pod whose own image lacks them."""
    return {
        "name": "authorities",
        "image": image,
        "command": ["cp", CERTIFICATES, "/run/rds/rds.pem"],
        "resources": _amounts("10m", "32Mi"),
        "securityContext": restricted.container(),
        "volumeMounts": [{"name": "authorities", "mountPath": "/run/rds"}],
    }


def _rights(item: Document, _plan: Plan) -> Document:
    """Without Secrets, webhooks, and kinds of trials that are not run here."""
    item["rules"] = [
        rule
        for rule in item["rules"]
        if "secrets" not in rule["resources"]
        and not OF_OTHERS & set(rule["apiGroups"])
        and not OPERATORS & set(rule["resources"])
    ]
    return item


def _hooks(item: Document, _plan: Plan) -> Document:
    """cert-manager writes the authority into it; pods are looked at if they say that they are a trial's."""
    item["metadata"]["annotations"] = {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/{CERTIFICATE}"}
    for hook in item["webhooks"]:
        hook["timeoutSeconds"] = 10
        if any("pods" in rule["resources"] for rule in hook["rules"]):
            hook["objectSelector"] = {"matchLabels": TRIAL}
    return item


def config(plan: Plan) -> Document:
    """The ConfigMap with Katib's own settings: Bayesian search, Jobs, and the reader of a trial's output."""
    settings = {
        "apiVersion": "config.kubeflow.org/v1beta1",
        "kind": "KatibConfig",
        "init": {
            "controller": {
                "webhookPort": WEBHOOK_PORT,
                "trialResources": ["Job.v1.batch"],
                "injectSecurityContext": True,  # the reader beside a trial is as restricted as the trial
            }
        },
        "runtime": {
            "metricsCollectors": [
                {
                    "kind": "StdOut",
                    "image": plan.images["file-metrics-collector"],
                    "resources": _amounts("50m", "128Mi"),
                }
            ],
            "suggestions": [
                {
                    "algorithmName": "bayesianoptimization",
                    "image": plan.images["suggestion-skopt"],
                    "resources": _amounts("100m", "256Mi"),
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "runAsNonRoot": True,
                        "runAsUser": USER,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                }
            ],
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG, "namespace": NAMESPACE},
        "data": {"katib-config.yaml": yaml.safe_dump(settings, sort_keys=False)},
    }


def certificate(issuer: Any) -> Document:
    """Spec of the webhooks' Certificate."""
    name = f"{CONTROLLER}.{NAMESPACE}.svc"
    return {
        "secretName": CERTIFICATE,
        "commonName": name,
        "dnsNames": [name, f"{name}.cluster.local"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"name": issuer, "kind": "ClusterIssuer", "group": "cert-manager.io"},
    }


def _container(item: Document, image: Any, cpu: str, memory: str) -> dict[str, Any]:
    (container,) = item["spec"]["template"]["spec"]["containers"]
    container["image"] = image
    container["resources"] = _amounts(cpu, memory)
    found: dict[str, Any] = container
    return found


def _amounts(cpu: str, memory: str) -> dict[str, Any]:
    both = {"memory": memory, "ephemeral-storage": "256Mi"}
    return {"requests": {"cpu": cpu, **both}, "limits": both}
