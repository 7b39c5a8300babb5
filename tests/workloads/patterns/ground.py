"""A platform under one workload: its component alone, without the layers below, which take seconds each."""

from __future__ import annotations

import functools

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra.deploying.manifests import Source
from infra.roles import Identity
from infra.scope import Scope
from infra.specs.crossing import CrossingSpec
from stacks.crossings import COMPONENTS
from tests.infra.engine import Made, run
from workloads.catalogue import CATALOGUE
from workloads.patterns.crossing import Crossing, CrossingArgs, Ground, Stores
from workloads.patterns.migration import EvidencePlace, Way
from workloads.stages import Recorded
from workloads.state import Slot, Stage

IMAGE = f"registry.example/x@sha256:{'0' * 64}"
EVERYTHING = frozenset(
    {
        "automated_retraining",
        "basic_metrics",
        "drift_detection",
        "hyperparameter_search",
        "pipelines",
        "scheduled_runs",
    }
)
SCOPE = Scope(
    "ferry-dev",
    "123456789012",
    "us-east-1",
    boundary="arn:aws:iam::123456789012:policy/ferry-dev-boundary",
)
WAY = Way(hostname="ml.example.com", parent={"name": "ferry", "namespace": "gateway", "sectionName": "https"})
PLACE = EvidencePlace(
    bucket="evidence", owner=SCOPE.account, key="alias/ferry-dev-evidence", region=SCOPE.region
)


def ground(enabled: frozenset[str] = EVERYTHING) -> Ground:
    """Everything that the platform gives, known at once."""

    def known(text: str) -> pulumi.Output[str]:
        return pulumi.Output.from_input(text)

    names = [spec.name for spec in CATALOGUE.values()]
    images = CrossingSpec.model_validate(
        {
            "digest": f"sha256:{'0' * 64}",
            "triton_image": IMAGE,
            "fetch_image": IMAGE,
            "packaged": dict.fromkeys(names, IMAGE),
            "trained": {name: {"image": IMAGE} for name in names},
        }
    )
    key = f"arn:aws:kms:{SCOPE.region}:{SCOPE.account}:key"
    return Ground(
        scope=SCOPE,
        environment="dev",
        identity=Identity(known("arn:oidc"), known("https://issuer")),
        image=known(IMAGE),
        images=images,
        stores=Stores(
            known("evidence"), known("models"), known("training"), known(f"{key}/data"), known(f"{key}/sign")
        ),
        evidence=PLACE,
        way=WAY,
        redis_secret=known(f"arn:aws:secretsmanager:{SCOPE.region}:{SCOPE.account}:secret:redis"),
        pipelines="kubeflow",
        enabled=enabled,
        ready=[],
        models_repository=Source("https://github.com/example/models.git", "main"),
    )


def component(
    name: str, stood: Recorded, on: Ground, providers: list[pulumi.ProviderResource] | None = None
) -> Crossing:
    """One workload's component."""
    opts = pulumi.ResourceOptions(providers=providers) if providers else None
    return COMPONENTS[CATALOGUE[name].pattern](name, CrossingArgs(CATALOGUE[name], stood, on), opts)


def two_ways() -> list[pulumi.ProviderResource]:
    """To AWS and to the cluster."""
    cluster = kubernetes.Provider("cluster", kubeconfig="{}")
    return [aws.Provider("account", region=SCOPE.region, skip_credentials_validation=True), cluster]


@functools.cache
def made(stage: Stage, name: str, active: Slot | None = None, enabled: frozenset[str] = EVERYTHING) -> Made:
    """What a workload's component registers at a stage."""
    ceiling = 5 if stage is Stage.CANARY else None
    stood = Recorded(stage=stage, ceiling=ceiling, active=active)

    def program() -> dict[str, object]:
        return {"recorded": component(name, stood, ground(enabled)).recorded}

    return run(program)
