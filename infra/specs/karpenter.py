"""Karpenter: which nodes it may answer pods with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import AmiAlias, ChartVersion, Duration

Capacity = Literal["spot", "on-demand"]


class PoolSpec(Spec):
    """One NodePool.

    Attributes:
        name: its name and the value of the label ``ferry.dev/pool``.
        kind: ``general`` (CPU) or ``gpu`` (tainted ``nvidia.com/gpu``: pods that ask for one land there).
        families: instance families, for example ``[m5, c5]`` or ``[g4dn]``.
        sizes: sizes of the families. One GPU count per GPU pool: with a four-GPU size beside a one-GPU size,
            Karpenter packs two one-GPU pods into the large one at nearly four times the price (measured).
        capacity: ``spot``, ``on-demand`` or both.
        cpu_limit: vCPUs that the pool may hold in all.
        gpu_limit: GPUs that the pool may hold in all; 0 for a general pool.
        consolidate_after: how long a node may be idle before it goes.
        expire_after: how old a node may become.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$")
    kind: Literal["general", "gpu"]
    families: list[str] = Field(min_length=1)
    sizes: list[str] = Field(min_length=1)
    capacity: list[Capacity] = Field(min_length=1)
    cpu_limit: int = Field(ge=1)
    gpu_limit: int = Field(ge=0, default=0)
    consolidate_after: Duration
    expire_after: Duration


class KarpenterSpec(Spec):
    """The controller and its pools.

    Attributes:
        version: of the charts, one that their lock holds; the rehearsal runs the same controller.
        ami_alias: the dated node image, ``al2023@v20260903``.
        pools: at least one.
    """

    version: ChartVersion
    ami_alias: AmiAlias
    pools: list[PoolSpec] = Field(min_length=1)
