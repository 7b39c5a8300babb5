"""One environment, as its stack file says it; pure, frozen, nothing beyond what is declared."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from infra.specs.cluster import ClusterSpec
from infra.specs.domain import AccountId, Region
from infra.specs.karpenter import KarpenterSpec
from infra.specs.network import NetworkSpec
from infra.specs.postgres import PostgresSpec
from infra.specs.redis import RedisSpec
from infra.specs.registry import RegistrySpec
from infra.specs.storage import StorageSpec
from stacks import rollout
from stacks.settings.cost import CostSpec
from stacks.settings.services import ServicesSpec
from workloads.state import WorkloadState


class Environment(StrEnum):
    """Which copy of the platform; the name of the stack."""

    DEV = "dev"
    """Smallest sizes, thrown away at will. Not less of the platform: every capability is rehearsed here."""
    STAGING = "staging"
    """Production's shape at smaller sizes, protected like it."""
    PROD = "prod"
    """What users depend on."""

    @property
    def keeps_data(self) -> bool:
        """Whether data here outlives an experiment, so that it must survive a zone and a slip of the hand."""
        return self is not Environment.DEV


class Settings(BaseModel):
    """Everything that may differ between environments; one attribute for each ``ferry:`` key.

    Attributes:
        environment: the stack's name; not a key.
        account: the AWS account that may be changed, and no other.
        region: home region.
        owner: who answers for it; the tag ``owner`` of every resource.
        cost_center: who pays; the tag ``cost-center``.
        rollout: level of capabilities; see :mod:`stacks.rollout`.
        capabilities: overrides of the level, name to on or off.
        protect: the engine refuses to delete data, the cluster and keys.
        teardown: a destroy may delete the stores and what is in them; lifts ``protect``.
        workloads: where each workload stands; one that is not named stands at ``legacy``.
        unverified_charts: what allows charts pinned by version only where data is kept: who agreed, and why
            (see :mod:`stacks.charts`).
        teardown_review: what allows ``teardown`` where data is kept: begins with :attr:`teardown_sentence`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    environment: Environment
    account: AccountId
    region: Region
    owner: str = Field(pattern=r"^[\w.@+-][\w .@+-]{0,62}$")
    cost_center: str = Field(pattern=r"^[\w.@+-][\w .@+-]{0,62}$")
    rollout: rollout.Level
    capabilities: dict[str, bool] = Field(default_factory=dict)
    protect: bool
    teardown: bool = False
    teardown_review: str | None = None
    unverified_charts: str | None = Field(default=None, min_length=10)
    network: NetworkSpec
    cluster: ClusterSpec
    karpenter: KarpenterSpec
    storage: StorageSpec
    redis: RedisSpec
    postgres: PostgresSpec
    registry: RegistrySpec
    cost: CostSpec = Field(default_factory=CostSpec)
    services: ServicesSpec = Field(default_factory=ServicesSpec)
    workloads: dict[str, WorkloadState] = Field(default_factory=dict)

    @property
    def enabled(self) -> frozenset[str]:
        """Names of the capabilities that are on."""
        return rollout.enabled(self.rollout, self.capabilities)

    @property
    def cluster_name(self) -> str:
        """The cluster's name, which also names what belongs to it: ``ferry-dev``."""
        return f"ferry-{self.environment}"

    @property
    def teardown_sentence(self) -> str:
        """What a review has to say: it names environment and account, so that none is copied from another."""
        return f"destroy {self.cluster_name} in {self.account}"

    def teardown_lines(self, reason: str) -> dict[str, str]:
        """The configuration that a reviewed teardown of this environment changes, key to value.

        Args:
            reason: who agreed, and why.
        """
        lines = {"ferry:teardown": "true"}
        if self.environment.keeps_data:
            lines["ferry:teardown_review"] = f"{self.teardown_sentence}: {reason}"
        return lines
