"""The report of a rehearsal: every key of `report.json`, its meaning and its unit.

The table in the design ("The rehearsal") is the contract; keys beyond it (`relation`, `detail`, `memory`,
`graph`, a node's `zone` and `pods`) only ever add. Times are seconds, memory is GB (10^9 bytes), money is US
dollars. A figure that was not measured is ``null``: it is never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Figure = bool | int | float | str

Relation = Literal["at_most", "at_least", "equal"]

PREVIEW_LIMIT = 1.3
"""A preview may take this many times its floor (issue: speed and memory)."""
UP_LIMIT = 1.5
"""An `up` may take this many times its floor (issue: speed and memory)."""
BOOT_LIMIT = 15.0
"""Seconds from a warm start to a ready control plane."""
MEMORY_LIMIT = 3.0
"""GB that a whole rehearsal of the foundation may hold at its peak."""
MEMORY_LIMIT_WITH_SERVICES = 6.0
"""The same when real services run in it: MLflow, Postgres, Triton, the gateway."""
SERVICES = frozenset({"mlflow", "postgres", "tritonserver", "envoy"})
"""Names of their processes."""


class _Part(BaseModel):
    """Every part of a report: frozen, and a key that nobody declared is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Part):
    """One claim of the run, with what was asked (`bar`), what was seen (`value`) and the verdict."""

    id: str
    """Stable name, for example ``gpu.one-node-per-gpu``."""
    requirement: str
    """The requirement it serves, for example ``A3``."""
    scenario: str
    """The claim as a sentence that a person can read."""
    bar: Figure
    value: Figure
    unit: str = ""
    passed: bool = Field(validation_alias=AliasChoices("pass", "passed"), serialization_alias="pass")
    relation: Relation = "equal"
    """How the value must stand to the bar."""
    detail: list[str] = Field(default_factory=list)
    """What is wrong, one sentence each (object, field, missing name), or what was seen."""


@dataclass(frozen=True)
class Claim:
    """A claim before it is judged: name, requirement and sentence. Its methods hold it to a bar."""

    id: str
    requirement: str
    scenario: str

    def at_most(self, bar: float, value: float, unit: str = "", detail: Sequence[str] = ()) -> Check:
        """A figure that must not exceed its bar."""
        return self._check("at_most", bar, value, unit, detail, passed=value <= bar)

    def at_least(self, bar: float, value: float, unit: str = "", detail: Sequence[str] = ()) -> Check:
        """A figure that must reach its bar."""
        return self._check("at_least", bar, value, unit, detail, passed=value >= bar)

    def equal(self, bar: Figure, value: Figure, unit: str = "", detail: Sequence[str] = ()) -> Check:
        """A figure or word that must be exactly its bar."""
        return self._check("equal", bar, value, unit, detail, passed=value == bar)

    def none_of(self, problems: Sequence[str], unit: str = "problems") -> Check:
        """A list of problems that must be empty; they become the detail."""
        return self.equal(0, len(problems), unit, problems)

    def failed(self, reason: str) -> Check:
        """The claim could not even be tried; that is never a pass."""
        return self.equal("tried", "not tried", detail=[reason])

    def _check(
        self,
        relation: Relation,
        bar: Figure,
        value: Figure,
        unit: str,
        detail: Sequence[str],
        *,
        passed: bool,
    ) -> Check:
        return Check(
            id=self.id,
            requirement=self.requirement,
            scenario=self.scenario,
            bar=bar,
            value=value,
            unit=unit,
            passed=passed,
            relation=relation,
            detail=list(detail),
        )


class Timings(_Part):
    """Seconds of each phase; ``null`` where the phase did not run."""

    build: float | None = None
    """Building the tools; about 0 when the cache is warm."""
    boot: float | None = None
    """From the start to a ready control plane."""
    preview: float | None = None
    up: float | None = None
    """`up` without the readiness waits."""
    waiting: float | None = None
    """Readiness waits, apart from `up`."""
    second_preview: float | None = None
    destroy: float | None = None
    floor_preview: float | None = None
    """The same inputs and dependencies previewed through a provider that does nothing."""
    floor_up: float | None = None

    @property
    def preview_ratio(self) -> float | None:
        """How many times its floor the preview took."""
        return _ratio(self.preview, self.floor_preview)

    @property
    def up_ratio(self) -> float | None:
        """How many times its floor the `up` took."""
        return _ratio(self.up, self.floor_up)


def _ratio(seconds: float | None, floor: float | None) -> float | None:
    return seconds / floor if seconds is not None and floor else None


class Deployments(_Part):
    """Workload controllers of the cluster: how many are ready of how many are wanted."""

    ready: int
    wanted: int


class Pod(_Part):
    """One pod as it stood on its node."""

    namespace: str
    name: str
    phase: str = ""
    gpus: int = 0
    owner: str = ""
    """Kind and name of its controller, for example ``Deployment/coredns``; empty for a bare pod."""


class Node(_Part):
    """One machine of the cluster."""

    name: str
    instance_type: str
    capacity_type: str
    """``spot`` or ``on-demand``."""
    nodepool: str = ""
    """Karpenter NodePool, or empty for a node of a managed node group."""
    gpus: int = 0
    zone: str = ""
    pods: list[Pod] = Field(default_factory=list)
    gone: bool = False
    """Provisioned during the run and consolidated away before the picture was taken."""
    paid_s: float | None = None
    """Of a GPU node: seconds from its making until it was gone, or until it was last looked at."""
    used_s: float | None = None
    """Of a GPU node: seconds that its GPUs were held by pods, summed over the GPUs."""


class Cluster(_Part):
    """The cluster at its fullest: what was wanted, what pended, which nodes carried it."""

    deployments: Deployments
    pending_pods: int
    nodes: list[Node]


class Workload(_Part):
    """How far one workload crossed."""

    pattern: str
    stage: str
    gates: dict[str, str] = Field(default_factory=dict)


class Traffic(_Part):
    """What live requests met during the crossing."""

    requests: int
    lost: int
    switches: int
    p50_ms: float
    p99_ms: float
    rollback_s: float
    exposed_requests: int
    mirrored: int


class Policy(_Part):
    """The policy pack's view of the plan."""

    rules: int
    violations: list[str]


class Cost(_Part):
    """What the environment costs a month, before anything is applied."""

    monthly_usd: float
    by_component: dict[str, float]
    budget_usd: float | None = None


class Kept(_Part):
    """Something that stays after destroy on purpose."""

    what: str
    reason: str


class Warned(_Part):
    """What the API server warned of, or a provider could not do as asked, at one resource."""

    resource: str
    message: str


class Memory(_Part):
    """The peak of everything that ran, in GB, and each process's own peak."""

    peak_gb: float
    by_process: dict[str, float] = Field(default_factory=dict)


class Resource(_Part):
    """One resource of the stack, as a node of the graph; its edges are `parent` and `dependencies` (URNs)."""

    urn: str
    type: str
    name: str
    parent: str = ""
    dependencies: list[str] = Field(default_factory=list)
    started: float | None = None
    """Seconds after `up` began."""
    seconds: float | None = None
    """How long creating it took, waits included."""


class Report(_Part):
    """Everything a rehearsal has to say. `ok` is the verdict."""

    kind: Literal["rehearsal", "drill"] = "rehearsal"
    """A drill measures a crossing and makes no stack: nothing is previewed twice, nothing destroyed."""
    environment: str
    started_at: str = ""
    """When the run began, ISO 8601 in UTC."""
    versions: dict[str, str]
    providers: dict[str, str]
    """Provider to `emulated` or `real`."""
    checks: list[Check]
    resources: dict[str, int]
    recorded_only: list[str] = Field(default_factory=list)
    simulated: list[str] = Field(default_factory=list)
    warnings: list[Warned] = Field(default_factory=list)
    timings: Timings
    second_preview_changes: int | None
    cluster: Cluster | None
    workloads: dict[str, Workload] = Field(default_factory=dict)
    traffic: Traffic | None = None
    policy: Policy | None = None
    cost: Cost | None = None
    kept: list[Kept] = Field(default_factory=list)
    leaks: list[str] = Field(default_factory=list)
    memory: Memory | None = None
    graph: list[Resource] = Field(default_factory=list)
    failure: str = ""
    """Why the run stopped early, when it did: then some parts above are empty."""

    @property
    def failed(self) -> list[Check]:
        """The checks that did not hold."""
        return [check for check in self.checks if not check.passed]

    @property
    def ok(self) -> bool:
        """True only for a run that finished, held its claims (at least one), and left nothing."""
        return (
            not self.failure
            and bool(self.checks)
            and not self.failed
            and (self.second_preview_changes == 0 or self.kind == "drill")
            and not self.leaks
        )
