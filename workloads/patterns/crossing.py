"""The stage-and-slot machinery that the three patterns share: what stands on the platform at each stage.

A workload's component is the whole of it: whatever a stage needs is a child, in a namespace of its own, so
a change of one workload's line changes nothing of another's. Going back takes down what the stage before did
not have, by the same table (:data:`workloads.traffic.TABLE`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import pulumi
import pulumi_kubernetes as kubernetes

from infra import fencing
from infra.gateway.manifests import NAMESPACE as GATEWAY
from infra.gateway.manifests import ROUTES
from infra.iam import Statement
from infra.namespaces import Space, labels
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.crossing import CrossingSpec
from workloads.patterns import fences, pods, rights, routes
from workloads.patterns.migration import EvidencePlace, Names, Way, data, migration
from workloads.spec import WorkloadSpec
from workloads.stages import Recorded
from workloads.state import Slot, Stage
from workloads.traffic import TABLE, Old, Up

R = TypeVar("R", bound=pulumi.Resource)


@dataclass(frozen=True)
class Stores:
    """Names of stores and ARNs of keys; known late."""

    evidence: pulumi.Output[str]
    models: pulumi.Output[str]
    training_data: pulumi.Output[str]
    key: pulumi.Output[str]
    signing: pulumi.Output[str]


@dataclass(frozen=True)
class Ground:
    """What the platform gives to every workload.

    Attributes:
        environment: its name.
        identity: of the cluster.
        image: the project's own, by digest.
        images: of the crossing.
        stores: where models, data and evidence are.
        evidence: the evidence store as guard and adapters know it.
        way: None where the gateway is off; no workload that answers requests gets here then.
        redis_secret: ARN of the feature store's password.
        pipelines: namespace of pipelines.
        models_repository: what Argo CD follows; None where it is off.
        enabled: capabilities that are on.
        ready: what routes and pods wait for.
    """

    scope: Scope
    environment: str
    identity: Identity
    image: pulumi.Output[str]
    images: CrossingSpec
    stores: Stores
    evidence: EvidencePlace
    way: Way | None
    redis_secret: pulumi.Output[str]
    pipelines: str
    enabled: frozenset[str]
    ready: Sequence[pulumi.Resource]
    models_repository: Any = None


@dataclass(frozen=True)
class CrossingArgs:
    """One workload where it stands after this `up`; never at ``legacy``, which makes nothing."""

    spec: WorkloadSpec
    stood: Recorded
    ground: Ground


class Crossing(Component):
    """What the patterns share.

    Attributes:
        recorded: where the workload stands; known only once everything of it was applied.
        names, spec, stood, ground, place: what its parts are made from.
    """

    ROOM: ClassVar[str] = "workloads"
    SPACE: ClassVar[Mapping[str, str]] = {}
    """Labels of the namespace beyond the gateway's: what else its pods may reach."""
    FEATURES: ClassVar[bool] = False
    """Whether the slots read the feature store."""

    def __init__(self, name: str, args: CrossingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(type(self).__name__, name, opts)
        self.spec, self.stood, self.ground = args.spec, args.stood, args.ground
        self._row = TABLE[args.stood.stage]
        self.names = Names(args.spec.name)
        self._told = migration(
            args.spec, args.stood, args.ground.environment, args.ground.way, args.ground.evidence
        )
        self._made: list[pulumi.Resource] = []
        self.place = pods.Place(self.names, args.ground.image, args.ground.scope.region)
        self._namespace = self._make_namespace()
        self._policy = self.config_map(self.names.migration, "policy", data(self._told))
        self.fence("nothing", fencing.nothing())
        if args.spec.serving.online:
            self._adapter()
            self._routes(self._services())
        self.fence("batch", fences.batch(self.names))
        if args.spec.serving.batch:
            self._batch()
        if self._row.up is Up.MODEL:
            self._platform()
        if "basic_metrics" in args.ground.enabled:
            self.custom("PodMonitor", self.names.workload, pods.monitor(self.names))
        self.recorded = self._applied()
        self.register_outputs({"stage": str(args.stood.stage)})

    # --- what a pattern adds ----------------------------------------------------------------------------

    def provide(self) -> None:
        """What this pattern has on the platform from ``shadow`` on, beside slots and guard."""

    def slot_rights(self, _reach: rights.Reach, _password: str) -> list[Statement]:
        """What the slots' pods may do beside reading their model and recording."""
        return []

    # --- stages -----------------------------------------------------------------------------------------

    def _adapter(self) -> None:
        """Before the old system: hot, asleep or gone with it."""
        if self._row.old is Old.GONE:
            return
        names, legacy = self.names, self.spec.legacy
        own = self.role(names.adapter, lambda reach: rights.adapter(reach, names, legacy))
        self.fence("adapter", fences.adapter(names, legacy))
        awake = self._row.old is not Old.ASLEEP
        self._deployment("adapter", names.adapter, pods.adapter(self.place, awake=awake), own)
        self._budget(names.adapter, names.labels("adapter"))

    def _services(self) -> list[kubernetes.core.v1.Service]:
        """One for each backend, from ``fronted`` to the end: a route that names none answers errors."""
        names = self.names
        selectors = {names.legacy: names.labels("adapter")}
        selectors |= {names.slot(slot): names.labels(str(slot)) for slot in Slot}
        return [
            self.add(
                kubernetes.core.v1.Service(
                    self.part(f"service-{name.removeprefix(names.workload)[1:]}"),
                    metadata=self.metadata(name, "service"),
                    spec=pods.service(selector),
                    opts=self.inside(),
                )
            )
            for name, selector in selectors.items()
        ]

    def _routes(self, services: Sequence[kubernetes.core.v1.Service]) -> None:
        """Second choices, the base route, and what both routes retry."""
        names, ground = self.names, self.ground
        by_name = dict(zip(routes.backends(names), services, strict=True))
        seconds = [
            self.custom("Backend", name, routes.backend(by_name[service].spec.cluster_ip), *ground.ready)
            for name, service in routes.seconds(names).items()
        ]
        base = self.custom("HTTPRoute", names.base, routes.base(self._told), *services, *seconds)
        self.custom("BackendTrafficPolicy", names.base, routes.policy(self._told), base)

    def _batch(self) -> None:
        """Both sides by the clock; the old one is suspended, not deleted, while it sleeps."""
        names, schedule = self.names, self.spec.schedule
        if schedule is None:
            raise ValueError(f"{names.workload} runs in batch and has no schedule")
        sides = {"legacy": self._row.old is not Old.GONE, "platform": self._row.up is Up.MODEL}
        for side in (side for side, there in sides.items() if there):
            account = names.batch(side)
            own = self.role(account, lambda reach, side=side: rights.batch(reach, names, side))
            what = pods.Run(
                side,
                account,
                schedule,
                suspended=side == "legacy" and self._row.old is Old.ASLEEP,
                image=self.ground.images.packaged.get(names.workload) if side == "platform" else None,
            )
            self.add(
                kubernetes.batch.v1.CronJob(
                    self.part(f"batch-{side}"),
                    metadata=self.metadata(account, f"batch-{side}"),
                    spec=pods.run(self.place, what),
                    opts=self.inside(own, self._policy),
                )
            )

    def _platform(self) -> None:
        """Room for models, the guard that moves weight between them, and what the pattern brings."""
        if self.spec.serving.online:
            self._slots()
            self._guard()
        self.provide()

    def _slots(self) -> None:
        """Room for two versions; Argo CD puts them in (:mod:`workloads.patterns.release`)."""
        names, secret = self.names, self.ground.redis_secret
        self.role(
            names.slots,
            lambda reach, password: [*rights.slot(reach, names), *self.slot_rights(reach, password)],
            secret,
        )
        self.fence("slots", fences.slots(names, features=self.FEATURES))
        for slot in Slot:
            self._budget(names.slot(slot), names.labels(str(slot)))

    def _guard(self) -> None:
        names = self.names
        own = self.role(names.overlay, lambda reach: rights.guard(reach, names))
        self.fence("guard", fences.guard(names))
        rules = self._guard_may("guard", rights.guard_rules(names), names.namespace)
        sight = self._guard_may("guard-sight", rights.guard_sight(), GATEWAY)
        self._deployment("guard", names.overlay, pods.guard(self.place), own, rules, sight)
        self._budget(names.overlay, names.labels("guard"))
        self.fence("watchdog", fences.watchdog(names))
        self._deployment("watchdog", names.watchdog, pods.watchdog(self.place), own, rules)

    def _guard_may(
        self, part: str, rules: list[dict[str, Any]], namespace: str
    ) -> kubernetes.rbac.v1.RoleBinding:
        """What the guard's account may do in a namespace."""
        names = self.names
        metadata = self.metadata(names.overlay, "guard", namespace)
        role = kubernetes.rbac.v1.Role(
            self.part(f"{part}-rules"), metadata=metadata, rules=rules, opts=self.inside()
        )
        binding = kubernetes.rbac.v1.RoleBinding(
            self.part(f"{part}-binding"),
            metadata=metadata,
            role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": names.overlay},
            subjects=[{"kind": "ServiceAccount", "name": names.overlay, "namespace": names.namespace}],
            opts=self.inside(role),
        )
        self._made += [role, binding]
        return binding

    def _applied(self) -> pulumi.Output[Recorded]:
        """Where it stands, once it does: a step that failed half-way is not recorded as made."""
        stood = self.stood
        urns = [made.urn for made in self._made]
        ids = [made.id for made in self._made if isinstance(made, pulumi.CustomResource)]
        return pulumi.Output.all(*urns, *ids).apply(lambda _: stood)

    # --- one object each --------------------------------------------------------------------------------

    def _make_namespace(self) -> kubernetes.core.v1.Namespace:
        space = Space("restricted", {**ROUTES, **self.SPACE})
        metadata = kubernetes.meta.v1.ObjectMetaArgs(name=self.names.namespace, labels=labels(space))
        opts = self.child(depends_on=[*self.ground.ready])
        return self.add(kubernetes.core.v1.Namespace(self.part("namespace"), metadata=metadata, opts=opts))

    def custom(
        self, kind: str, name: str, spec: Mapping[str, Any], *after: pulumi.Resource, **more: Any
    ) -> kubernetes.apiextensions.CustomResource:
        """An object of somebody's own definition.

        Args:
            kind: one of :data:`VERSIONS`.
            more: ``namespace``, where it is not the workload's own.
        """
        metadata = self.metadata(name, kind.lower(), **more)
        made = kubernetes.apiextensions.CustomResource(
            self.part(f"{kind.lower()}-{name}"),
            api_version=VERSIONS[kind],
            kind=kind,
            metadata=metadata,
            spec=dict(spec),
            opts=self.inside(*after),
        )
        return self.add(made)

    def role(
        self,
        account: str,
        statements: Callable[..., list[Statement]],
        *late: pulumi.Output[str],
        namespace: str | None = None,
    ) -> ServiceRole:
        """An account with its role; ``statements`` gets where the rights apply, and what is known late."""
        ground = self.ground
        stores = ground.stores
        known = pulumi.Output.all(
            stores.evidence, stores.models, stores.training_data, stores.key, stores.signing, *late
        )
        place = (ground.scope.region, ground.scope.account)
        args = ServiceRoleArgs(
            scope=ground.scope,
            identity=ground.identity,
            namespace=namespace or self.names.namespace,
            account=account,
            statements=known.apply(lambda found: statements(rights.Reach(*place, *found[:5]), *found[5:])),
            create_account=True,
        )
        return self.add(ServiceRole(self.part(f"role-{account}"), args, self.inside()))

    def config_map(self, name: str, part: str, content: Mapping[str, str]) -> kubernetes.core.v1.ConfigMap:
        """A ConfigMap."""
        metadata = self.metadata(name, part)
        return self.add(
            kubernetes.core.v1.ConfigMap(
                self.part(part), metadata=metadata, data=dict(content), opts=self.inside()
            )
        )

    def fence(self, part: str, spec: Mapping[str, Any]) -> None:
        """A network policy."""
        self.add(
            kubernetes.networking.v1.NetworkPolicy(
                self.part(f"fence-{part}"),
                metadata=self.metadata(f"{self.names.workload}-{part}", part),
                spec=dict(spec),
                opts=self.inside(),
            )
        )

    def _budget(self, name: str, selector: Mapping[str, str]) -> None:
        self.add(
            kubernetes.policy.v1.PodDisruptionBudget(
                self.part(f"budget-{name}"),
                metadata=self.metadata(name, "budget"),
                spec=pods.budget(selector),
                opts=self.inside(),
            )
        )

    def _deployment(self, part: str, name: str, spec: Mapping[str, Any], *after: pulumi.Resource) -> None:
        self.add(
            kubernetes.apps.v1.Deployment(
                self.part(part),
                metadata=self.metadata(name, part),
                spec=dict(spec),
                opts=self.inside(self._policy, *after),
            )
        )

    def metadata(
        self, name: str, part: str, namespace: str | None = None
    ) -> kubernetes.meta.v1.ObjectMetaArgs:
        """Of an object: its part as labels, the workload's namespace unless said otherwise."""
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=namespace or self.names.namespace, labels=self.names.labels(part)
        )

    def inside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of what lives in the namespace."""
        return self.child(depends_on=[self._namespace, *after])

    def add(self, made: R) -> R:
        """Remember it: the stage counts as reached when all of it was applied."""
        self._made.append(made)
        return made


VERSIONS: Mapping[str, str] = {
    "HTTPRoute": routes.API_VERSION,
    "Backend": "gateway.envoyproxy.io/v1alpha1",
    "BackendTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "Application": "argoproj.io/v1alpha1",
    "Experiment": "kubeflow.org/v1beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
}
"""API version of each kind that is somebody's own definition."""


def stands(stage: Stage) -> bool:
    """Whether anything of a workload is on the platform at a stage."""
    return TABLE[stage].up is not Up.NOTHING
