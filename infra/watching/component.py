"""Prometheus, Alertmanager and Grafana, and everything that the project itself tells them.

Rules, monitors and dashboards are objects of their own: each change is a line in a preview, and none restarts
a pod. They wait for the release, which brings their definitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra import storage_classes
from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import cloudwatch_exporter, prometheus_stack
from infra.charts.values.prometheus_stack import GRAFANA, NAMESPACE, SLACK, Plan
from infra.cluster_services.manifests import READER, external_secret, secret_name
from infra.namespaces import Namespaces, Space
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.single_sign_on import told as sign_on
from infra.specs.watching import WatchingSpec
from infra.watching import cloudwatch, dashboards, manifests, rules, targets
from infra.watching.routing import routing

LABELS = {"app.kubernetes.io/part-of": "ferry"}
OWN_TAGS = ("project", "environment")
"""Tags that tell this environment's stores from others'."""


@dataclass(frozen=True)
class WatchingArgs:
    """What watches one cluster.

    Attributes:
        identity: whose tokens IAM believes.
        key: ARN of the key that encrypts secrets which the cluster may have.
        secrets: what users of ExternalSecrets wait for.
        nodes: what pods run on.
        replicas: of Prometheus and Alertmanager.
        capabilities: what is on: rules and pages of the rest are not there.
        log_in: sections of ``grafana.ini`` by which people come in; empty for Grafana's own administrator.
    """

    scope: Scope
    spec: WatchingSpec
    identity: Identity
    key: pulumi.Output[str]
    secrets: pulumi.Resource
    nodes: Sequence[pulumi.Resource]
    replicas: int
    capabilities: frozenset[str]
    log_in: Mapping[str, Any] = field(default_factory=dict)


class Watching(Component):
    """Namespace, secrets, releases, rules, monitors, dashboards.

    Attributes:
        operator: what PodMonitors of others wait for: it brings their definitions.
        webhook_arn: where Slack's webhook is put by hand.
        role_arn: of the exporter of CloudWatch's figures.
    """

    def __init__(self, name: str, args: WatchingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Watching", name, opts)
        self._args = args
        self._targets = targets.there(args.capabilities)
        self._space = self._namespace()
        self._fences()
        self._webhook = self._make_webhook()
        self._secrets = self._copies()
        self.operator = self._stack()
        self._role = self._exporters_role()
        self._exporter()
        self._rules()
        self._monitors()
        self._dashboards()
        self.webhook_arn = self._webhook.arn
        self.role_arn = self._role.arn
        self.register_outputs({"webhook_arn": self.webhook_arn, "role_arn": self.role_arn})

    def _namespace(self) -> kubernetes.core.v1.Namespace:
        spaces = {NAMESPACE: Space("restricted", READER)}
        return Namespaces(self.part("namespaces"), spaces, self.child()).made[NAMESPACE]

    def _fences(self) -> None:
        for name, spec in manifests.fences(self._targets).items():
            kubernetes.networking.v1.NetworkPolicy(
                self.part(f"fence-{name}"), metadata=self._metadata(name), spec=spec, opts=self._within()
            )

    def _make_webhook(self) -> aws.secretsmanager.Secret:
        """A secret without a value: who owns the channel puts the webhook there."""
        scope = self._args.scope
        return aws.secretsmanager.Secret(
            self.part("slack"),
            name=secret_name(scope.name, SLACK),
            description="Slack's incoming webhook for alerts, as plain text",
            kms_key_id=self._args.key,
            recovery_window_in_days=0 if scope.teardown else 30,
            opts=self.child(protect=scope.protected),
        )

    def _copies(self) -> list[pulumi.Resource]:
        """The webhook, and the password of Grafana's administrator, which is made in the cluster."""
        spec = external_secret(self._args.scope.name, SLACK, {"url": ""})
        webhook = self._object("ExternalSecret", SLACK, spec, self._args.secrets, self._webhook)
        generator = self._object("Password", GRAFANA, manifests.password(), self._args.secrets)
        administrator = self._object(
            "ExternalSecret", GRAFANA, manifests.administrator(), self._args.secrets, generator
        )
        return [webhook, administrator]

    def _stack(self) -> kubernetes.helm.v3.Release:
        args, spec = self._args, self._args.spec
        plan = Plan(
            replicas=args.replicas,
            retention_days=spec.retention_days,
            storage_gib=spec.storage_gib,
            storage_class=storage_classes.RETAIN if args.scope.protect else storage_classes.DEFAULT,
            domain=spec.domain,
            routing=routing(spec.slack_channel),
            log_in=args.log_in,
            log_in_secret=sign_on.secret("grafana") if args.log_in else None,
        )
        chart = ReleaseArgs(locked(prometheus_stack.NAME), NAMESPACE, prometheus_stack.values(plan))
        return release(self, chart, [*args.nodes, self._space, *self._secrets])

    def _exporters_role(self) -> ServiceRole:
        args = ServiceRoleArgs(
            self._args.scope,
            self._args.identity,
            NAMESPACE,
            cloudwatch_exporter.ACCOUNT,
            statements=cloudwatch.read_figures(),
        )
        return ServiceRole(self.part("exporter-role"), args, self.child())

    def _exporter(self) -> None:
        scope = self._args.scope
        config = cloudwatch.config(scope.region, {key: scope.tags[key] for key in OWN_TAGS})
        values = cloudwatch_exporter.values(self._role.arn, config, cloudwatch.EVERY_S)
        chart = ReleaseArgs(locked(cloudwatch_exporter.NAME), NAMESPACE, values)
        release(self, chart, [*self._args.nodes, self._space, self._role])

    def _rules(self) -> None:
        """One object for each group, so that a change names the group that it is about."""
        for group in rules.written(self._args.capabilities)["groups"]:
            self._object("PrometheusRule", group["name"], {"groups": [group]}, self.operator)

    def _monitors(self) -> None:
        for target in self._targets:
            self._object("PodMonitor", target.name, targets.monitor(target), self.operator)

    def _dashboards(self) -> None:
        for file, drawn in dashboards.files(self._args.capabilities).items():
            name = file.removesuffix(".json")
            kubernetes.core.v1.ConfigMap(
                self.part(name),
                metadata=self._metadata(name, prometheus_stack.DASHBOARDS),
                data={file: drawn},
                opts=self._within(),
            )

    def _object(
        self, kind: str, name: str, spec: Mapping[str, Any], *after: pulumi.Resource
    ) -> kubernetes.apiextensions.CustomResource:
        return kubernetes.apiextensions.CustomResource(
            self.part(f"{kind}-{name}".lower()),
            api_version=manifests.API[kind],
            kind=kind,
            metadata=self._metadata(name),
            spec=dict(spec),
            opts=self._within(*after),
        )

    def _metadata(
        self, name: str, labels: Mapping[str, str] | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=NAMESPACE, labels={**LABELS, **(labels or {})}
        )

    def _within(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of what lives in the namespace."""
        return self.child(depends_on=[self._space, *after])
