"""The third layer's doing: one component for each workload that has left ``legacy`` (C1 to C3, C5).

:mod:`stacks.fleet` decides where each stands; this makes what that needs.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from infra.specs.crossing import CrossingSpec
from infra.specs.storage import Purpose
from stacks.fleet import RefusedError
from stacks.foundation import PIPELINES, Foundation
from stacks.services import Services
from stacks.settings import Settings
from stacks.shelf import bucket_of, signing_key_of
from workloads.catalogue import CATALOGUE
from workloads.patterns.crossing import Crossing, CrossingArgs, Ground, Stores, stands
from workloads.patterns.lift_and_shift import LiftAndShift
from workloads.patterns.migration import EvidencePlace, Way
from workloads.patterns.rebuild_and_enhance import RebuildAndEnhance
from workloads.patterns.refactor_and_optimize import RefactorAndOptimize
from workloads.spec import Pattern, WorkloadSpec
from workloads.stages import Recorded, place
from workloads.traffic import TABLE, Up

REPOSITORY = "ferry"
"""Repository of the project's own image."""
COMPONENTS: Mapping[Pattern, type[Crossing]] = {
    Pattern.LIFT_AND_SHIFT: LiftAndShift,
    Pattern.REFACTOR_AND_OPTIMIZE: RefactorAndOptimize,
    Pattern.REBUILD_AND_ENHANCE: RebuildAndEnhance,
}
"""What each pattern makes. Whoever is retired without moving has nothing here."""


OWN_ADAPTERS = frozenset({"sagemaker"})
"""Old systems whose adapter every level has; the others' come with ``legacy_adapters`` (E5)."""


def standing(crossed: Mapping[str, Recorded]) -> dict[str, Recorded]:
    """Those of whom anything is on the platform."""
    return {
        name: stood
        for name, stood in crossed.items()
        if stands(stood.stage) and CATALOGUE[name].pattern in COMPONENTS
    }


def check(settings: Settings, crossed: Mapping[str, Recorded]) -> None:
    """Whether the environment has what the stages need.

    Raises:
        RefusedError: with one paragraph for each workload that lacks something.
    """
    lacking = [
        sentence
        for name, stood in standing(crossed).items()
        if (sentence := _lacking(settings, CATALOGUE[name], stood))
    ]
    if lacking:
        lines = "\n\n".join(f"  {sentence}" for sentence in lacking)
        raise RefusedError(f"Nothing was created or changed:\n\n{lines}")


def _lacking(settings: Settings, spec: WorkloadSpec, stood: Recorded) -> str | None:
    """What is missing for one workload, as fact, consequence and way out."""
    images, where = settings.services.crossing, place(stood.stage, stood.ceiling)
    up, online = TABLE[stood.stage].up is Up.MODEL, spec.serving.online
    wanted = {
        "gateway": online,
        "model_serving": up and online and spec.pattern is not Pattern.LIFT_AND_SHIFT,
        "legacy_adapters": spec.legacy.kind not in OWN_ADAPTERS,
    }
    off = [name for name, needed in wanted.items() if needed and name not in settings.enabled]
    if off:
        lines = ", ".join(f"{name}: true" for name in off)
        return (
            f"{spec.name}: {where} needs {' and '.join(off)}, which {settings.environment} has switched off, "
            f"so nobody could be answered and it stays where it is. Set `ferry:capabilities: {{{lines}}}` "
            "and apply that first, or leave its stage as it was."
        )
    if images is None or REPOSITORY not in settings.registry.repositories:
        return (
            f"{spec.name}: {where} needs the image of guard and adapters, and nothing names it, so no pod "
            "could start and it stays where it is. Set `ferry:services.crossing` as in Pulumi.dev.yaml, and "
            f"put {REPOSITORY} into `ferry:registry.repositories`."
        )
    if up and spec.serving.batch and spec.name not in images.packaged:
        return (
            f"{spec.name}: {where} runs in batch on the platform, and nothing names the image of its code, "
            f"so it stays where it is. Set `ferry:services.crossing.packaged.{spec.name}` to it, by digest."
        )
    return None


def build(
    settings: Settings, base: Foundation, above: Services, crossed: Mapping[str, Recorded]
) -> pulumi.Output[dict[str, Recorded]]:
    """Registers a component for each; where each stands, known once all of it was applied."""
    found = standing(crossed)
    images = settings.services.crossing
    if not found or images is None:
        return pulumi.Output.from_input(dict(crossed))
    ground = _ground(settings, images, base, above)
    made = {
        name: COMPONENTS[CATALOGUE[name].pattern](
            name, CrossingArgs(CATALOGUE[name], stood, ground), base.inside(*_waits(base, above))
        )
        for name, stood in found.items()
    }
    applied = pulumi.Output.all(**{name: item.recorded for name, item in made.items()})
    return applied.apply(lambda reached: {**crossed, **reached})


def _ground(settings: Settings, images: CrossingSpec, base: Foundation, above: Services) -> Ground:
    """What the platform gives to all of them."""
    buckets, gateway = base.stores.buckets, above.gateway
    argo = above.charted.argo_cd
    return Ground(
        scope=base.scope,
        environment=str(settings.environment),
        identity=base.cluster.identity,
        image=pulumi.Output.concat(base.registry.urls[REPOSITORY], "@", images.digest),
        images=images,
        stores=Stores(
            evidence=buckets[Purpose.EVIDENCE],
            models=buckets[Purpose.MODELS],
            training_data=buckets[Purpose.TRAINING_DATA],
            key=base.keys.data,
            signing=base.keys.evidence,
        ),
        evidence=EvidencePlace(
            bucket=bucket_of(settings),
            owner=settings.account,
            key=signing_key_of(settings),
            region=settings.region,
        ),
        way=Way(hostname=gateway.hostname, parent=gateway.parent) if gateway else None,
        redis_secret=base.redis.secret_arn,
        pipelines=PIPELINES,
        enabled=settings.enabled,
        ready=_waits(base, above),
        models_repository=argo.source if argo else None,
    )


def _waits(base: Foundation, above: Services) -> list[pulumi.Resource]:
    """The cluster, its nodes, and the definitions that routes are made of."""
    gateway = above.gateway.ready if above.gateway else []
    argo = [above.charted.argo_cd.project] if above.charted.argo_cd else []
    watching = [above.charted.watching.operator] if above.charted.watching else []
    katib = above.kubeflow.katib.ready if above.kubeflow.katib else []
    return [
        *base.cluster.ready,
        *base.karpenter.pools,
        base.namespaces.made[PIPELINES],
        *gateway,
        *argo,
        *watching,
        *katib,
    ]
