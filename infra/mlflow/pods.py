"""MLflow's pods as data; pure. Values that only AWS knows (ARNs, host names) may be known later.

No password is in a manifest: a pod fetches it by its own role when it starts, into memory. The server starts
again by itself when its database password was rotated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra import restricted

NAME = "mlflow"
NAMESPACE = "mlflow"
PREPARER = "mlflow-database"
"""The account, and the Jobs, that speak to Postgres as its master."""
PORT = 5000
SERVICE_PORT = 80
POSTGRES_PORT = 5432
USER = 10001
"""The user of the image."""
CLIENT = {"ferry.dev/mlflow-client": "true"}
"""Label of namespaces whose pods may connect; they still need a user and a password."""
SECRETS = "/run/mlflow"
"""Where passwords are, in memory."""
CERTIFICATES = "/etc/ssl/rds/global-bundle.pem"
"""In the image: the authorities that sign RDS's certificates."""
PROGRAM = ("python", "-m", "ferry_mlflow")
STAYS = {"karpenter.sh/do-not-disrupt": "true"}
"""A migration is not moved to a cheaper node while it runs."""
LOOK_EVERY_SECONDS = 60
"""How often a server asks whether its password was rotated. Two replicas ask about 115,000 times a
month: $0.60 at Secrets Manager's list price of $0.05 for 10,000 calls.
"""

HOSTS = (NAME, f"{NAME}.{NAMESPACE}", f"{NAME}.{NAMESPACE}.svc", f"{NAME}.{NAMESPACE}.svc.cluster.local")
"""Names by which MLflow answers; it refuses every other one (DNS rebinding)."""
LOCAL = "localhost:*"
"""And what `kubectl port-forward` makes of it."""


@dataclass(frozen=True)
class Plan:
    """What all of MLflow's pods are made from.

    Attributes:
        image: by digest.
        version: short form of the digest, for names.
        region: of AWS.
        host: name of the Postgres server.
        secrets: ARNs by what they are: ``master``, ``database``, ``server``.
        artifacts: URL of the artifact store, ``s3://…``.
        cpu: of a server, as Kubernetes writes it.
        memory: of a server, likewise.
        replicas: servers.
        origin: where browsers come from, ``https://ml.example.com``; None for nobody but its own pages.
    """

    image: Any
    version: str
    region: str
    host: Any
    secrets: Mapping[str, Any]
    artifacts: Any
    cpu: str
    memory: str
    replicas: int
    origin: str | None = None


def labels(part: str) -> dict[str, str]:
    """Labels of a part: ``server``, ``database`` or ``migrate``."""
    return {
        "app.kubernetes.io/name": NAME,
        "app.kubernetes.io/component": part,
        "app.kubernetes.io/part-of": "ferry",
    }


def deployment(plan: Plan) -> dict[str, Any]:
    """Spec of the server's Deployment: rolled one by one, spread over zones."""
    own = labels("server")
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": own},
        "matchLabelKeys": ["pod-template-hash"],
    }
    pod = _pod(NAME, [_server(plan)], _volumes("2Gi"))
    return {
        "replicas": plan.replicas,
        "selector": {"matchLabels": own},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {"labels": own},
            "spec": {**pod, "topologySpreadConstraints": [spread], "terminationGracePeriodSeconds": 30},
        },
    }


def migration(plan: Plan) -> dict[str, Any]:
    """Spec of the Job that gives both databases the schema of the image."""
    env = [*_aws(plan), *_postgres(plan), *_secrets(plan, "database")]
    container = _container(plan, "migrate", ["migrate"], env, _amounts("1", "1Gi"))
    return job([container], NAME, "migrate")


def preparation(plan: Plan, verb: str = "prepare") -> dict[str, Any]:
    """Spec of the Job that brings databases and users (``prepare``), or a new password (``rotate``)."""
    env = [*_aws(plan), *_postgres(plan), *_secrets(plan, "master", "database", "server")]
    container = _container(plan, verb, [verb], env, _amounts("500m", "256Mi"))
    return job([container], PREPARER, "database")


def job(containers: Sequence[Mapping[str, Any]], account: str, part: str) -> dict[str, Any]:
    """Spec of a Job that is tried four times, for ten minutes at most."""
    pod = {**_pod(account, containers, _volumes("256Mi")), "restartPolicy": "Never"}
    return {
        "backoffLimit": 4,
        "activeDeadlineSeconds": 600,
        "template": {"metadata": {"labels": labels(part), "annotations": STAYS}, "spec": pod},
    }


def rotation(plan: Plan, when: str) -> dict[str, Any]:
    """Spec of the CronJob that makes a new database password."""
    return {
        "schedule": when,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": preparation(plan, "rotate")},
    }


def server_arguments(artifacts: Any, origin: str | None = None) -> list[Any]:
    """MLflow's own command line: users and rights on, artifacts through the server, known names only."""
    return [
        "mlflow",
        "server",
        "--app-name=basic-auth",
        "--host=0.0.0.0",
        f"--port={PORT}",
        "--workers=1",
        "--serve-artifacts",
        "--artifacts-destination",
        artifacts,
        f"--allowed-hosts={','.join((*HOSTS, LOCAL))}",
        *([f"--cors-allowed-origins={origin}"] if origin else []),
    ]


def _server(plan: Plan) -> dict[str, Any]:
    env = [
        *_aws(plan),
        *_postgres(plan),
        *_secrets(plan, "database", "server"),
        {"name": "LOOK_EVERY_SECONDS", "value": str(LOOK_EVERY_SECONDS)},
        # Its own background jobs are for evaluating language models: eight processes per replica, unused.
        {"name": "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "value": "false"},
    ]
    arguments = ["serve", *server_arguments(plan.artifacts, plan.origin)]
    made = _container(plan, NAME, arguments, env, _amounts(plan.cpu, plan.memory))
    health = {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 5}
    return {
        **made,
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": {**health, "periodSeconds": 5, "failureThreshold": 36},
        "readinessProbe": {**health, "periodSeconds": 5, "failureThreshold": 3},
        # Not the same as readiness: a server that is busy loses its callers for a while, not its life.
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 20, "failureThreshold": 3},
    }


def _container(
    plan: Plan, name: str, arguments: Sequence[Any], env: Sequence[Mapping[str, Any]], amounts: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": name,
        "image": plan.image,
        "command": [*PROGRAM],
        "args": [*arguments],
        "env": [*env],
        "resources": amounts,
        "securityContext": restricted.container(),
        "volumeMounts": [
            {"name": "secrets", "mountPath": SECRETS},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
    }


def _pod(
    account: str, containers: Sequence[Mapping[str, Any]], volumes: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,  # its role's token is another one; the API is not needed
        "securityContext": restricted.pod(USER),
        "containers": [*containers],
        "volumes": [*volumes],
    }


def _volumes(scratch: str) -> list[dict[str, Any]]:
    """Passwords in memory; a place for artifacts on their way."""
    return [
        {"name": "secrets", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "scratch", "emptyDir": {"sizeLimit": scratch}},
    ]


def _amounts(cpu: str, memory: str) -> dict[str, Any]:
    both = {"cpu": cpu, "memory": memory, "ephemeral-storage": "2Gi"}
    return {"requests": both, "limits": both}


def _aws(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"name": "AWS_REGION", "value": plan.region},
        {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a volume of the pod's own
        {"name": "MLFLOW_DISABLE_TELEMETRY", "value": "true"},
    ]


def _postgres(plan: Plan) -> list[dict[str, Any]]:
    """libpq's own variables: the server's certificate is checked, and its name in it."""
    return [
        {"name": "PGHOST", "value": plan.host},
        {"name": "PGPORT", "value": str(POSTGRES_PORT)},
        {"name": "PGSSLMODE", "value": "verify-full"},
        {"name": "PGSSLROOTCERT", "value": CERTIFICATES},
    ]


def _secrets(plan: Plan, *names: str) -> list[dict[str, Any]]:
    arns = [{"name": f"{name.upper()}_SECRET", "value": plan.secrets[name]} for name in names]
    return [*arns, {"name": "SECRETS_FOLDER", "value": SECRETS}]
