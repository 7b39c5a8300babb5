"""A Helm release of a locked chart: the one way in which Ferry installs one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import Chart
from infra.scope import Component

TIMEOUT = 600
"""Seconds until a chart's pods must be ready: twice Helm's default, because nodes may have to be bought."""


@dataclass(frozen=True)
class ReleaseArgs:
    """One release.

    Attributes:
        chart: of the lock: ``locked("argo-cd")``.
        namespace: where it goes; it must be there already.
        values: on top of the chart's own; no secrets (Helm stores them where everybody who may read the
            namespace's Secrets reads them): give the chart the name of a Secret instead.
        name: of the release; default the chart's.
        skip_crds: the chart's ``crds/`` folder is left out, because another chart owns the definitions.
        timeout: seconds until its pods must be ready.
    """

    chart: Chart
    namespace: pulumi.Input[str]
    values: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    skip_crds: bool = False
    timeout: int = TIMEOUT


def release(
    owner: Component, args: ReleaseArgs, after: Sequence[pulumi.Resource] = ()
) -> kubernetes.helm.v3.Release:
    """The release as a child of ``owner``, after ``after``: nodes for its pods, its namespace, CRDs."""
    chart, name = args.chart, args.name or args.chart.name
    looked_up_at = chart.looked_up_at
    return kubernetes.helm.v3.Release(
        owner.part(name),
        name=name,
        namespace=args.namespace,
        chart=chart.reference,
        version=chart.version,
        repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo=looked_up_at) if looked_up_at else None,
        values=dict(args.values),
        skip_crds=args.skip_crds,
        timeout=args.timeout,
        opts=owner.child(depends_on=[*after]),
    )
