"""Teams: who may do what in which namespace, and how much of the cluster they may ask for."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import NamespaceName, PrincipalArn


class QuotaSpec(Spec):
    """The most that all pods of a team may ask for together.

    Attributes:
        cpu: cores requested.
        memory_gib: GiB requested; limits may be twice as much.
        gpus: whole GPUs; 0 refuses pods that ask for one.
        storage_gib: GiB of volumes; 0 refuses volumes.
        pods: number of pods that are not finished.
    """

    cpu: int = Field(ge=1)
    memory_gib: int = Field(ge=1)
    gpus: int = Field(ge=0, default=0)
    storage_gib: int = Field(ge=0, default=0)
    pods: int = Field(ge=1, default=50)


class TeamSpec(Spec):
    """One team and its namespace.

    Attributes:
        name: of the team and of its namespace.
        developers: IAM principals that run things there.
        viewers: IAM principals that look at things there.
        quota: how much of the cluster it may ask for.
    """

    name: NamespaceName
    developers: list[PrincipalArn] = Field(default_factory=list)
    viewers: list[PrincipalArn] = Field(default_factory=list)
    quota: QuotaSpec
