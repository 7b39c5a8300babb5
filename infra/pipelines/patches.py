"""Kubeflow Pipelines' objects as we want them, from those that were published; pure.

What changes, and nothing else: images by digest; MySQL at RDS by TLS; S3 by roles, with no key of an object
store anywhere; amounts and restricted pods; rights of steps cut down to what the driver and the launcher use;
and no pipelines of version 1, whose cache and viewers would need rights to every pod.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from infra import restricted
from infra.katib.patches import authorities
from infra.pipelines.names import (
    API,
    AUTHORITIES,
    DATABASES,
    METADATA,
    MYSQL_PORT,
    NAMESPACE,
    PREPARER,
    RUNNER,
    UI,
)

Document = dict[str, Any]
USER = 1000
"""The user that the published manifests give to their pods."""
CLUSTER = frozenset({"CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "Namespace"})
KEYS = "mlpipeline-minio-artifact"
"""The Secret with an object store's keys, which nothing here may ask for."""
OURS = frozenset({API, UI, RUNNER})
"""Service accounts that this project makes, because they take a role."""
CONTAINERS = {
    "ml-pipeline-api-server": ("kfp-api-server", "250m", "1Gi"),
    "ml-pipeline-persistenceagent": ("kfp-persistence-agent", "120m", "512Mi"),
    "ml-pipeline-scheduledworkflow": ("kfp-scheduled-workflow-controller", "50m", "256Mi"),
    "ml-pipeline-ui": ("kfp-frontend", "50m", "256Mi"),
}
"""Container to its image, CPU and memory; the two of ML Metadata are both called ``container``."""


@dataclass(frozen=True)
class Plan:
    """What the patches are told.

    Attributes:
        images: name to reference by digest, for each of :data:`infra.specs.pipelines.IMAGES`.
        host: MySQL's host name; may be known later.
        bucket: name of the store; may be known later.
        root: where artifacts go, ``s3://<bucket>/v2/artifacts``; may be known later.
        region: of AWS.
        certificates: image that holds RDS's authorities; may be known later.
        replicas: of the API server and the UI.
    """

    images: Mapping[str, str]
    host: Any
    bucket: Any
    root: Any
    region: str
    certificates: Any
    replicas: int


def patched(documents: Iterable[Document], plan: Plan) -> list[Document]:
    """All documents in the namespace, each changed by the function for its kind and name."""
    found = (_placed(copy.deepcopy(item)) for item in documents if not _ours(item))
    return [_of(item)(item, plan) for item in found]


def _ours(item: Document) -> bool:
    return item["kind"] == "ServiceAccount" and item["metadata"]["name"] in OURS


def _placed(item: Document) -> Document:
    """In our namespace, as kustomize would put it."""
    if item["kind"] not in CLUSTER:
        item["metadata"]["namespace"] = NAMESPACE
    for subject in item.get("subjects") or []:
        subject["namespace"] = NAMESPACE
    return item


def _of(item: Document) -> Callable[[Document, Plan], Document]:
    by_name = {
        ("ConfigMap", "pipeline-install-config"): _settings,
        ("ConfigMap", "kfp-launcher"): _launcher,
        ("Role", RUNNER): _steps,
        ("Role", UI): _viewing,
    }
    kind = item["kind"]
    return by_name.get((kind, item["metadata"]["name"])) or (_deployment if kind == "Deployment" else _same)


def _same(item: Document, _plan: Plan) -> Document:
    return item


def _settings(item: Document, plan: Plan) -> Document:
    item["data"] |= {
        "mysqlHost": plan.host,
        "mysqlPort": str(MYSQL_PORT),
        "pipelineDb": DATABASES[0],
        "mlmdDb": DATABASES[1],
        "bucketName": plan.bucket,
        "defaultPipelineRoot": plan.root,
        "BLOCK_V1_PIPELINES": "true",
        "defaultSecurityContextRunAsNonRoot": "true",
    }
    return item


def _launcher(item: Document, plan: Plan) -> Document:
    """Steps reach S3 by the role of their account."""
    store = {
        "endpoint": endpoint(plan.region),
        "region": plan.region,
        "disableSSL": False,
        "credentials": {"fromEnv": True},
    }
    providers = yaml.safe_dump({"s3": {"default": store}}, sort_keys=False)
    item["data"] = {"defaultPipelineRoot": plan.root, "providers": providers}
    return item


def _steps(item: Document, _plan: Plan) -> Document:
    """What the driver and the launcher of a step ask for; no Secrets, no Deployments, no Jobs of others."""
    item["rules"] = [
        _rule("", "configmaps", "get", "list", "watch"),
        _rule("", "pods", "get", "list", "watch", "patch"),
        _rule("", "pods/log", "get"),
        _rule("", "persistentvolumeclaims", "create", "delete", "get", "list"),
        _rule("argoproj.io", "workflows", "get", "list", "watch", "patch", "update"),
        _rule("argoproj.io", "workflowtaskresults", "create", "patch"),
    ]
    return item


def _viewing(item: Document, _plan: Plan) -> Document:
    """The UI shows runs and logs; it has no key to read and starts no viewer."""
    for rule in item["rules"]:
        rule["resources"] = [name for name in rule["resources"] if name not in {"secrets", "viewers"}]
    item["rules"] = [rule for rule in item["rules"] if rule["resources"]]
    return item


def _rule(group: str, resource: str, *verbs: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": [*verbs]}


def _deployment(item: Document, plan: Plan) -> Document:
    name, pod = item["metadata"]["name"], item["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    metadata = "ml-metadata" if name == METADATA else "kfp-metadata-envoy"
    image, cpu, memory = CONTAINERS.get(container["name"], (metadata, "50m", "256Mi"))
    container |= {
        "image": plan.images[image],
        "imagePullPolicy": "IfNotPresent",
        "resources": _amounts(cpu, memory),
        "securityContext": {**restricted.container(), "runAsNonRoot": True, "runAsUser": USER},
        "volumeMounts": [*container.get("volumeMounts", []), {"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - a volume of the pod's own
    }
    pod |= {
        "securityContext": restricted.pod(USER, 0),
        "initContainers": [],  # they only wait for others, which a restart does too
        "volumes": [*pod.get("volumes", []), {"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}}],
    }
    special = {API: _api, UI: _ui, METADATA: _metadata}.get(name)
    if special:
        special(item, pod, container, plan)
    return item


def _api(item: Document, pod: Document, container: Document, plan: Plan) -> None:
    """MySQL by a certificate that is checked, S3 by the account's role, images of steps by digest."""
    container["env"] = _set(
        _database(container["env"]),
        {
            "DBCONFIG_MYSQLCONFIG_EXTRAPARAMS": json.dumps({"tls": "true"}),
            "SSL_CERT_DIR": f"/etc/ssl/certs:{AUTHORITIES}",
            "OBJECTSTORECONFIG_SECURE": "true",
            "OBJECTSTORECONFIG_HOST": endpoint(plan.region),
            "OBJECTSTORECONFIG_PORT": "",
            "OBJECTSTORECONFIG_REGION": plan.region,
            # Both empty: the standard chain of credentials, and no Secret is asked for.
            "OBJECTSTORECONFIG_ACCESSKEY": "",
            "OBJECTSTORECONFIG_SECRETACCESSKEY": "",
            "V2_DRIVER_IMAGE": plan.images["kfp-driver"],
            "V2_LAUNCHER_IMAGE": plan.images["kfp-launcher"],
        },
    )
    item["spec"]["replicas"] = plan.replicas
    pod["topologySpreadConstraints"] = [_spread(item)]
    _with_authorities(pod, container, plan)
    pod["automountServiceAccountToken"] = True


def _ui(item: Document, pod: Document, container: Document, plan: Plan) -> None:
    kept = [entry for entry in container["env"] if not entry["name"].startswith("MINIO_")]
    container["env"] = _set(
        kept,
        {
            "ALLOW_CUSTOM_VISUALIZATIONS": "false",
            "AWS_REGION": plan.region,
            "AWS_S3_ENDPOINT": endpoint(plan.region),
            "ARGO_ARCHIVE_ARTIFACTORY": "s3",
            "ARGO_ARCHIVE_BUCKETNAME": plan.bucket,
        },
    )
    item["spec"]["replicas"] = plan.replicas
    pod["topologySpreadConstraints"] = [_spread(item)]
    pod["automountServiceAccountToken"] = True


def _metadata(_item: Document, pod: Document, container: Document, plan: Plan) -> None:
    container["env"] = _database(container["env"])
    container["args"] = [
        *container["args"],
        f"--mysql_config_sslrootcert={AUTHORITIES}/rds.pem",
        "--mysql_config_verify_server_cert=true",
    ]
    pod["automountServiceAccountToken"] = False
    _with_authorities(pod, container, plan)


def _database(env: Iterable[Document]) -> list[Document]:
    """User and password from the Secret that external-secrets keeps, instead of root without a password."""
    found = copy.deepcopy([*env])
    for entry in found:
        source = (entry.get("valueFrom") or {}).get("secretKeyRef")
        if source and source["name"] == "mysql-secret":
            source["name"] = PREPARER
    return found


def _set(env: Iterable[Document], values: Mapping[str, Any]) -> list[Document]:
    """The variables with these values, in their places; new ones at the end."""
    left = dict(values)
    known = [
        {"name": entry["name"], "value": left.pop(entry["name"])} if entry["name"] in left else entry
        for entry in env
    ]
    return [*known, *({"name": name, "value": value} for name, value in left.items())]


def _with_authorities(pod: Document, container: Document, plan: Plan) -> None:
    pod["initContainers"] = [authorities(plan.certificates)]
    pod["volumes"].append({"name": "authorities", "emptyDir": {"sizeLimit": "2Mi"}})
    container["volumeMounts"].append({"name": "authorities", "mountPath": AUTHORITIES, "readOnly": True})


def _spread(item: Document) -> Document:
    return {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": item["spec"]["selector"],
    }


def _amounts(cpu: str, memory: str) -> Document:
    both = {"memory": memory, "ephemeral-storage": "512Mi"}
    return {"requests": {"cpu": cpu, **both}, "limits": both}


def endpoint(region: str) -> str:
    """S3's own name in a region."""
    return f"s3.{region}.amazonaws.com"
