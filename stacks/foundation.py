"""The first layer: everything on AWS that the platform stands on, and the way into the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.cluster import Cluster, ClusterArgs
from infra.cluster_services.manifests import READER
from infra.karpenter import Karpenter, KarpenterArgs
from infra.katib.names import COLLECTED
from infra.keys import Keys
from infra.mlflow.pods import CLIENT as MLFLOW_CLIENT
from infra.namespaces import Namespaces, Space
from infra.network import Network, NetworkArgs
from infra.on_premises import OnPremises, OnPremisesArgs
from infra.postgres import Postgres
from infra.rds import DatabaseArgs
from infra.redis import Redis, RedisArgs
from infra.redis.pod import CLIENT
from infra.registry import Registry, RegistryArgs
from infra.roles import ServiceRole, ServiceRoleArgs
from infra.scope import Scope
from infra.specs.storage import Purpose
from infra.stores import ArtifactStores, ArtifactStoresArgs
from infra.stores.policy import use_bucket
from stacks.settings import Settings

NAMESPACES: Mapping[str, Space] = {
    "ferry-system": Space("restricted", CLIENT),
    "features": Space("restricted"),
    "kubeflow": Space("baseline", {**CLIENT, **MLFLOW_CLIENT, **READER, **COLLECTED}),
}
"""Who lives where: Ferry's own controllers, the feature store, pipelines and their steps."""


PIPELINES = "kubeflow"
RUNNER = "pipeline-runner"
FEATURES = "features"


@dataclass(frozen=True)
class Foundation:
    """What the layers above build on.

    Attributes:
        scope: what every component is told.
        home: the way to AWS in the home region.
        away: the way to the region of the copies; None without one.
    """

    scope: Scope
    home: aws.Provider
    away: aws.Provider | None
    network: Network
    keys: Keys
    cluster: Cluster
    namespaces: Namespaces
    karpenter: Karpenter
    stores: ArtifactStores
    redis: Redis
    postgres: Postgres
    registry: Registry
    roles: Mapping[str, ServiceRole]

    @property
    def at_home(self) -> pulumi.ResourceOptions:
        """Options of components that stand in the home region only."""
        return pulumi.ResourceOptions(providers=[self.home])

    def inside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of components with objects in the cluster; they wait for ``after``."""
        return pulumi.ResourceOptions(providers=[self.home, self.cluster.kubernetes], depends_on=[*after])


def scope_of(settings: Settings) -> Scope:
    """What the components are told about the environment."""
    return Scope(
        name=settings.cluster_name,
        account=settings.account,
        region=settings.region,
        boundary=f"arn:aws:iam::{settings.account}:policy/{settings.cluster_name}-boundary",
        tags=tags_of(settings),
        protect=settings.protect,
        teardown=settings.teardown,
    )


def tags_of(settings: Settings) -> dict[str, str]:
    """Tags of every resource."""
    return {
        "project": "ferry",
        "environment": str(settings.environment),
        "owner": settings.owner,
        "cost-center": settings.cost_center,
        "managed-by": "pulumi",
    }


def aws_provider(settings: Settings, region: str) -> aws.Provider:
    """The one way to AWS for a region; it refuses every account but the configured one."""
    return aws.Provider(
        f"aws-{region}",
        region=region,
        allowed_account_ids=[settings.account],
        default_tags=aws.ProviderDefaultTagsArgs(tags=tags_of(settings)),
    )


def build(settings: Settings) -> Foundation:
    """Registers the layer's components."""
    builder = _Builder(settings)
    return Foundation(
        scope=builder.scope,
        home=builder.home,
        away=builder.away,
        network=builder.network,
        keys=builder.keys,
        cluster=builder.cluster,
        namespaces=builder.namespaces,
        karpenter=builder.karpenter,
        stores=builder.stores,
        redis=builder.redis,
        postgres=builder.postgres,
        registry=builder.registry,
        roles={RUNNER: builder.runner},
    )


class _Builder:
    """One environment, part by part; a part is made from those before it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.scope = scope_of(settings)
        self.home = aws_provider(settings, settings.region)
        region = settings.storage.replica_region
        self.away = aws_provider(settings, region) if region else None
        self._at_home = pulumi.ResourceOptions(providers=[self.home])
        self.keys = Keys("keys", self.scope, self._at_home)
        self.network = Network(
            "network", NetworkArgs(self.scope, settings.network, self.keys.logs), self._at_home
        )
        self._on_premises()
        self.registry = Registry(
            "registry", RegistryArgs(self.scope, settings.registry, self.keys.data), self._at_home
        )
        self.stores = self._stores()
        self.cluster = self._cluster()
        self.postgres = self._postgres()
        self.namespaces = Namespaces("namespaces", NAMESPACES, self._inside(*self.cluster.ready))
        self.karpenter = self._karpenter()
        self.redis = self._redis()
        self.runner = self._runner()

    def _on_premises(self) -> None:
        """The way in from the site that the settings name, if they name one (A13)."""
        spec = self._settings.network
        if spec.on_premises is None:
            return
        args = OnPremisesArgs(
            scope=self.scope,
            spec=spec.on_premises,
            vpc_id=self.network.vpc_id,
            cidr=spec.cidr,
            subnet_ids=self.network.private_subnet_ids,
            route_table_ids=self.network.route_table_ids,
            subnets=len(spec.zones),
            tables=len(spec.zones) + 1,
        )
        OnPremises("on-premises", args, self._at_home)

    def _inside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of components with objects in the cluster."""
        return pulumi.ResourceOptions(providers=[self.home, self.cluster.kubernetes], depends_on=[*after])

    def _stores(self) -> ArtifactStores:
        args = ArtifactStoresArgs(self.scope, self._settings.storage, self.keys.data, self.away)
        return ArtifactStores("stores", args, self._at_home)

    def _cluster(self) -> Cluster:
        args = ClusterArgs(
            scope=self.scope,
            spec=self._settings.cluster,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids,
            secrets_key=self.keys.cluster,
            logs_key=self.keys.logs,
            data_key=self.keys.data,
            ways_out=[self.network],
        )
        return Cluster("cluster", args, self._at_home)

    def _postgres(self) -> Postgres:
        args = DatabaseArgs(
            scope=self.scope,
            spec=self._settings.postgres,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.intra_subnet_ids,
            clients=self.cluster.node_security_group_id,
            key=self.keys.data,
            logs_key=self.keys.logs,
            log_retention_days=self._settings.cluster.log_retention_days,
        )
        return Postgres("postgres", args, self._at_home)

    def _karpenter(self) -> Karpenter:
        args = KarpenterArgs(
            scope=self.scope,
            spec=self._settings.karpenter,
            cluster_name=self.cluster.name,
            identity=self.cluster.identity,
            ready=self.cluster.ready,
        )
        return Karpenter("karpenter", args, self._inside())

    def _redis(self) -> Redis:
        args = RedisArgs(
            scope=self.scope,
            spec=self._settings.redis,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.intra_subnet_ids,
            clients=self.cluster.node_security_group_id,
            key=self.keys.data,
            logs_key=self.keys.logs,
            identity=self.cluster.identity,
            namespace=FEATURES,
            nodes=[self.namespaces.made[FEATURES], *self.karpenter.pools],
        )
        return Redis("redis", args, self._inside())

    def _runner(self) -> ServiceRole:
        """The account of pipeline steps: its own store, and nobody else's (A4)."""
        region = self._settings.region
        known = pulumi.Output.all(self.stores.buckets[Purpose.PIPELINES], self.keys.data)
        args = ServiceRoleArgs(
            scope=self.scope,
            identity=self.cluster.identity,
            namespace=PIPELINES,
            account=RUNNER,
            statements=known.apply(lambda found: use_bucket(found[0], found[1], region)),
            create_account=True,
        )
        return ServiceRole(RUNNER, args, self._inside(self.namespaces.made[PIPELINES]))
