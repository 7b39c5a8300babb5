"""The program that `pulumi up` and the rehearsal run: settings, layers, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config

from infra.charts.lock import LockError, committed
from infra.contents.lock import ContentError
from infra.contents.sources import Nothing, Published, Source
from infra.in_use import InUse, resources_of
from stacks import charts, crossings, fleet, foundation, garbage, lowering, marking, services
from stacks.foundation import Foundation
from stacks.services import Services
from stacks.settings import Settings, SettingsError, load
from stacks.shelf import S3Shelf
from workloads.stages import Recorded


def run(source: Source | None = None) -> None:
    """Build the environment that this stack's configuration describes.

    Args:
        source: who has the manifests of others; by default their publishers.

    Raises:
        pulumi.RunError: the configuration cannot be used, or wants a step of a workload that is not legal or
            not proven, or switches off what the stack has without a reviewed teardown; nothing was
            registered, and the engine shows the message without a traceback.
    """
    garbage.seldom()
    settings = read_settings()
    if loose := committed().unverified:
        pulumi.log.warn(f"{len(loose)} charts are pinned by version only; `ferry charts lock` pins them")
    lower(settings)
    pulumi.runtime.register_stack_transformation(marking.marked)
    try:
        made = build(settings, crossed(settings), source or Published())
    except ContentError as error:
        raise pulumi.RunError(str(error)) from None
    for name, value in made.items():
        pulumi.export(name, value)


def build(
    settings: Settings, stages: Mapping[str, Recorded] | None = None, source: Source | None = None
) -> dict[str, Any]:
    """Register every layer; the stack's outputs.

    Args:
        stages: where each workload stands after this `up`; none: nothing has crossed.
        source: who has the manifests of others; none: they are left out.
    """
    base = foundation.build(settings)
    above = services.build(settings, base, source or Nothing())
    InUse("in-use", base.scope, [*resources_of(base), *resources_of(above)])
    stood = crossings.build(settings, base, above, stages or {})
    made = outputs(base, above)
    return {**made, lowering.OUTPUT: lowering.exported(settings), "workloads": stood.apply(fleet.exported)}


def lower(settings: Settings) -> None:
    """Say what this `up` takes away, or refuse it; see :func:`run` for errors."""
    try:
        gone = lowering.check(settings, fleet.last_outputs())
    except lowering.LoweringError as error:
        raise pulumi.RunError(str(error)) from None
    for line in gone:
        pulumi.log.warn(f"switched off: {line}")


def crossed(settings: Settings) -> dict[str, Recorded]:
    """Where each workload stands after this `up`; see :func:`run` for errors."""
    try:
        found = fleet.decide(settings, fleet.last_outputs(), S3Shelf(settings), datetime.now(UTC))
        crossings.check(settings, found)
    except fleet.RefusedError as error:
        raise pulumi.RunError(str(error)) from None
    return found


def read_settings() -> Settings:
    """Settings of the running stack; see :func:`run` for errors.

    ``pulumi.Config`` cannot list keys, so a misspelt one would be lost; the runtime holds them all. The
    command line hands them over in the environment, the Automation API sets them.
    """
    config = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    secret = {*runtime_config.get_config_secret_keys_env(), *runtime_config._SECRET_KEYS.get()}
    try:
        settings = load(pulumi.get_stack(), config, secret)
        charts.check(settings, committed(), Path.cwd())
    except (SettingsError, LockError) as error:
        raise pulumi.RunError(str(error)) from None
    return settings


def outputs(made: Foundation, above: Services) -> dict[str, Any]:
    """The stack's outputs."""
    return {
        "cluster_name": made.cluster.name,
        "cluster_endpoint": made.cluster.endpoint,
        "kubeconfig": made.cluster.kubeconfig,
        "oidc_issuer": made.cluster.identity.issuer,
        "vpc_id": made.network.vpc_id,
        "stores": {str(purpose): name for purpose, name in made.stores.buckets.items()},
        "roles": {name: role.arn for name, role in made.roles.items()},
        "redis": {
            "endpoint": made.redis.endpoint,
            "port": made.redis.port,
            "tls": made.redis.tls,
            "secret_arn": made.redis.secret_arn,
        },
        "postgres": {
            "endpoint": made.postgres.endpoint,
            "port": made.postgres.port,
            "secret_arn": made.postgres.secret_arn,
        },
        "registry": made.registry.urls,
        "karpenter": {"queue": made.karpenter.queue, "node_role": made.karpenter.node_role},
        **_of_services(above),
    }


def _of_services(above: Services) -> dict[str, Any]:
    """Outputs of what is switched on."""
    found: dict[str, Any] = {}
    if above.mlflow is not None:
        found["mlflow"] = {
            "url": above.mlflow.url,
            "secret_arn": above.mlflow.secret_arn,
            "database_secret_arn": above.mlflow.database_secret_arn,
        }
    if above.kubeflow.pipelines is not None:
        found["pipelines"] = {
            "url": above.kubeflow.pipelines.url,
            "database_endpoint": above.kubeflow.pipelines.database_endpoint,
            "secret_arn": above.kubeflow.pipelines.secret_arn,
        }
    if above.kubeflow.katib is not None:
        found["katib"] = {"secret_arn": above.kubeflow.katib.secret_arn}
    if above.audit is not None:
        found["audit"] = {"trail_arn": above.audit.trail_arn, "bucket": above.audit.bucket}
    if above.backup is not None:
        found["backup"] = {
            "vault": above.backup.vault,
            "copies": above.backup.copies,
            "plan_id": above.backup.plan_id,
            "restore_role": above.backup.restore_role,
        }
    if above.migration is not None:
        found["data_migration"] = above.migration.tasks
    if above.gateway is not None:
        found["gateway"] = {"hostname": above.gateway.hostname, "parent": above.gateway.parent}
    return found
