"""A database user of an application's own: a Job makes it as the master, whom the application never sees.

The password is made by Secrets Manager and written by the Job, so that no state and no log has it. It reaches
the application as a Secret by external-secrets, renewed within a minute. The Job is named after its image, so
that another image runs it again; run again, it changes nothing that is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra import fencing, restricted, vault
from infra.cluster_services.manifests import external_secret, secret_name
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope

USER = 10001
"""The user of the project's images."""
VERSION_LENGTH = 12
"""Hex digits of the image's digest in the Job's name."""
KEYS = {"username": "username", "password": "password"}
"""Key in the Secret to the property in Secrets Manager."""
RUNS = "ferry.dev/runs"
"""Label of the Job's pods: what they run."""


@dataclass(frozen=True)
class Program:
    """What makes the user.

    Attributes:
        image: by digest; may be known later.
        version: the image's digest, ``sha256:…``.
        command: its program and arguments.
        again: the same for a new password.
        variables: name to value; values may be known later. ``MASTER_SECRET`` and ``DATABASE_SECRET`` come
            from the component.
        beside: containers that run before it, and put files into the volume ``authorities``.
    """

    image: pulumi.Input[str]
    version: str
    command: Sequence[str]
    again: Sequence[str]
    variables: Mapping[str, Any]
    beside: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class DatabaseUserArgs:
    """A user for one application.

    Attributes:
        namespace: of the application.
        name: of the account, the Job, the Secret, and the last part of the secret's name in Secrets Manager.
        key: ARN of the key of both secrets.
        master: ARN of the secret of the database's master.
        identity: of the cluster.
        after: the namespace, nodes, and what ExternalSecrets wait for.
    """

    scope: Scope
    namespace: str
    name: str
    program: Program
    key: pulumi.Output[str]
    master: pulumi.Output[str]
    identity: Identity
    after: Sequence[pulumi.Resource]


class DatabaseUser(Component):
    """Secret, role, Job, and the Secret in the cluster.

    Attributes:
        secret_arn: where user and password are.
        ready: what the application waits for.
    """

    def __init__(self, name: str, args: DatabaseUserArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("DatabaseUser", name, opts)
        self._args = args
        self._secret = self._make_secret()
        self._role = self._make_role()
        self._made = self._job()
        self._rotation()
        self._fence()
        self._in_cluster = self._external()
        self.secret_arn = self._secret.arn
        self.ready: list[pulumi.Resource] = [self._made, self._in_cluster]
        self.register_outputs({"secret_arn": self.secret_arn})

    def _metadata(self, name: str) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=labels(self._args.name)
        )

    def _make_secret(self) -> aws.secretsmanager.Secret:
        """Without a value: the Job writes it."""
        args, scope = self._args, self._args.scope
        return aws.secretsmanager.Secret(
            self.part("secret"),
            name=secret_name(scope.name, args.name),
            description=f"The user of {args.namespace}/{args.name}",
            kms_key_id=args.key,
            recovery_window_in_days=0 if scope.teardown else 30,
            opts=self.child(protect=scope.protected),
        )

    def _make_role(self) -> ServiceRole:
        args, region = self._args, self._args.scope.region
        known = pulumi.Output.all(args.master, self._secret.arn, args.key)
        own = ServiceRoleArgs(
            scope=args.scope,
            identity=args.identity,
            namespace=args.namespace,
            account=args.name,
            statements=known.apply(lambda found: vault.preparing(found[0], [found[1]], found[2], region)),
            create_account=True,
        )
        return ServiceRole(self.part("role"), own, self.child(depends_on=[*args.after]))

    def _job(self) -> kubernetes.batch.v1.Job:
        """The engine waits until it is complete."""
        args = self._args
        version = args.program.version.partition(":")[2][:VERSION_LENGTH]
        return kubernetes.batch.v1.Job(
            self.part("job"),
            metadata=self._metadata(f"{args.name}-{version}"),
            spec=job(args.name, args.program, self._told, args.program.command),
            opts=self.child(depends_on=[*args.after, self._role]),
        )

    @property
    def _told(self) -> dict[str, Any]:
        """Variables that the program gets beside its own."""
        secrets = {"MASTER_SECRET": self._args.master, "DATABASE_SECRET": self._secret.arn}
        return {**secrets, "AWS_REGION": self._args.scope.region}

    def _rotation(self) -> None:
        """A new password whenever somebody asks: whoever uses it has to be started again."""
        args = self._args
        spec = job(args.name, args.program, self._told, args.program.again)
        kubernetes.batch.v1.CronJob(
            self.part("rotation"),
            metadata=self._metadata(f"{args.name}-rotation"),
            spec={**ON_REQUEST, "jobTemplate": {"spec": spec}},
            opts=self.child(depends_on=[*args.after, self._made]),
        )

    def _fence(self) -> None:
        kubernetes.networking.v1.NetworkPolicy(
            self.part("fence"),
            metadata=self._metadata(self._args.name),
            spec=fence(self._args.name),
            opts=self.child(depends_on=[*self._args.after]),
        )

    def _external(self) -> kubernetes.apiextensions.CustomResource:
        args = self._args
        return kubernetes.apiextensions.CustomResource(
            self.part("external"),
            api_version="external-secrets.io/v1",
            kind="ExternalSecret",
            metadata=self._metadata(args.name),
            spec=external_secret(args.scope.name, args.name, KEYS),
            opts=self.child(depends_on=[*args.after, self._made]),
        )


ON_REQUEST = {
    "schedule": "23 4 1 * *",
    "timeZone": "Etc/UTC",
    "suspend": True,
    "concurrencyPolicy": "Forbid",
    "startingDeadlineSeconds": 3600,
}
"""Of a CronJob that never runs by itself: ``kubectl create job --from=cronjob/…`` does."""


def labels(name: str) -> dict[str, str]:
    """Labels of the Job's pods. Pure."""
    return {"app.kubernetes.io/part-of": "ferry", RUNS: name}


def fence(name: str) -> dict[str, Any]:
    """Spec of the Job's network policy: names, AWS and databases; nobody comes in. Pure."""
    ports = fencing.ports(*fencing.NAMES, ("TCP", 443), ("TCP", 5432), ("TCP", 3306))
    return {
        "podSelector": {"matchLabels": {RUNS: name}},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [ports],
    }


def job(name: str, program: Program, variables: Mapping[str, Any], command: Sequence[str]) -> dict[str, Any]:
    """Spec of the Job: tried four times, for ten minutes at most. Pure."""
    scratch, authorities = {"name": "scratch", "mountPath": "/tmp"}, "/run/rds"  # noqa: S108 - a volume of the pod's own
    container = {
        "name": "prepare",
        "image": program.image,
        "command": [*command],
        "env": [
            {"name": key, "value": value}
            for key, value in {**program.variables, **variables, "HOME": "/tmp"}.items()  # noqa: S108 - likewise
        ],
        "resources": amounts("500m", "256Mi"),
        "securityContext": restricted.container(),
        "volumeMounts": [scratch, {"name": "authorities", "mountPath": authorities, "readOnly": True}],
    }
    pod = {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,  # its role's token is another one; the API is not needed
        "restartPolicy": "Never",
        "securityContext": restricted.pod(USER),
        "initContainers": [dict(item) for item in program.beside],
        "containers": [container],
        "volumes": [
            {"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}},
            {"name": "authorities", "emptyDir": {"sizeLimit": "2Mi"}},
        ],
    }
    return {
        "backoffLimit": 4,
        "activeDeadlineSeconds": 600,
        "template": {"metadata": {"labels": labels(name)}, "spec": pod},
    }


def amounts(cpu: str, memory: str) -> dict[str, Any]:
    """Requests and limits of a small container. Pure."""
    both = {"cpu": cpu, "memory": memory, "ephemeral-storage": "128Mi"}
    return {"requests": both, "limits": both}
