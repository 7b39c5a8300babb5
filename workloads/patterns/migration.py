"""What Pulumi tells the guard and the adapters of one workload: a ConfigMap, and what everything is called.

Pure. Pulumi writes it, guard and adapters only read it; what the guard decides it writes elsewhere
(:mod:`workloads.patterns.routes`). Neither writes the other's object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from infra.specs.base import Spec
from workloads.spec import LegacySpec, Pattern, Serving, Slo, WorkloadSpec
from workloads.stages import Recorded
from workloads.state import Slot, Stage

POLICY = "policy.json"
"""Key in the ConfigMap, and the file's name where it is mounted."""
MOUNT = "/etc/ferry"
"""Where adapters find it; the guard asks the API server, because a mounted one comes late."""
WORKLOAD = "ferry.dev/workload"
"""Label of everything that belongs to a workload."""
VERSION = "ferry.dev/model-digest"
"""Annotation of a slot's Deployment: which version it holds."""
PART = "app.kubernetes.io/component"
"""Label that says which part of it."""


@dataclass(frozen=True)
class Names:
    """What the parts of one workload are called. Each workload has a namespace of its own, of its name."""

    workload: str

    @property
    def namespace(self) -> str:
        """Where everything of it lives."""
        return self.workload

    @property
    def migration(self) -> str:
        """The ConfigMap that says what configuration wants."""
        return f"{self.workload}-migration"

    @property
    def base(self) -> str:
        """Pulumi's route: where requests go if no guard ever ran."""
        return self.workload

    @property
    def overlay(self) -> str:
        """The guard's route, which takes precedence; also the guard's Lease, Deployment and account."""
        return f"{self.workload}-guard"

    @property
    def watchdog(self) -> str:
        """The Deployment that watches the guard; it has the guard's account."""
        return f"{self.workload}-watchdog"

    @property
    def legacy(self) -> str:
        """The Service of the adapter before the old system."""
        return f"{self.workload}-legacy"

    @property
    def adapter(self) -> str:
        """The adapter's Deployment and account."""
        return f"{self.workload}-adapter"

    def slot(self, slot: Slot) -> str:
        """A slot's Service, and the Deployment behind it."""
        return f"{self.workload}-{slot}"

    @property
    def slots(self) -> str:
        """The account of both slots' pods, their fences and their budgets."""
        return f"{self.workload}-slots"

    @property
    def fetch(self) -> str:
        """The ConfigMap with the script that brings a model into a slot."""
        return f"{self.workload}-fetch"

    @property
    def training(self) -> str:
        """The account of pipeline steps and trials; it lives in the pipelines' namespace."""
        return f"{self.workload}-training"

    def batch(self, side: str) -> str:
        """A side's CronJob, and its account."""
        return f"{self.workload}-batch-{side}"

    def second(self, backend: str) -> str:
        """The Backend that answers what the first choice did not: a Service's pods, second in line."""
        return f"{backend}-second"

    def labels(self, part: str) -> dict[str, str]:
        """Of a part: ``adapter``, ``guard``, ``blue``, ``green``, …"""
        return {
            "app.kubernetes.io/name": f"{self.workload}-{part}",
            "app.kubernetes.io/part-of": "ferry",
            PART: part,
            WORKLOAD: self.workload,
        }


class Way(Spec):
    """The way in, as a route names it.

    Attributes:
        hostname: what callers ask for.
        parent: the Gateway's listener: ``name``, ``namespace``, ``sectionName``.
    """

    hostname: str
    parent: Mapping[str, str]


class EvidencePlace(Spec):
    """Where predictions go and evidence lies.

    Attributes:
        bucket: the evidence store.
        owner: account that it must belong to.
        key: alias of the key that signs evidence.
        region: of all of them.
    """

    bucket: str
    owner: str
    key: str
    region: str


class Migration(Spec):
    """What configuration says of one workload; the content of its ConfigMap.

    Attributes:
        workload, environment: whose and where.
        stage, ceiling, epoch, active: as applied; see :class:`workloads.state.WorkloadState`.
        since: when it came to this stage or ceiling (ISO 8601); evidence taken before does not count.
        pattern, serving: as in the definition.
        model: its name on the server, part of every path.
        slo: what callers may count on.
        legacy: which old system the adapter talks to.
        way: None for a workload that only runs in batch.
        evidence: where both sides' predictions go, and what was found about them.
    """

    workload: str
    environment: str
    stage: Stage
    ceiling: int | None = None
    epoch: int = Field(ge=1, default=1)
    active: Slot | None = None
    since: str | None = None
    pattern: Pattern
    serving: Serving
    model: str
    slo: Slo
    legacy: LegacySpec
    way: Way | None = None
    evidence: EvidencePlace

    @property
    def names(self) -> Names:
        """What its parts are called."""
        return Names(self.workload)


class MigrationError(Exception):
    """A ConfigMap that cannot be read; whoever reads it changes nothing then."""


def migration(
    spec: WorkloadSpec, stood: Recorded, environment: str, way: Way | None, evidence: EvidencePlace
) -> Migration:
    """What Pulumi writes for a workload that moves and stands where ``stood`` says.

    Raises:
        ValueError: the definition has no model or no SLO; the settings refuse it before this.
    """
    if spec.model is None or spec.slo is None:
        raise ValueError(f"{spec.name} has no model or no SLO, so nothing could be served or guarded")
    return Migration(
        workload=spec.name,
        environment=environment,
        stage=stood.stage,
        ceiling=stood.ceiling,
        epoch=stood.epoch,
        active=stood.active,
        since=stood.since.isoformat() if stood.since else None,
        pattern=spec.pattern,
        serving=spec.serving,
        model=spec.model.name,
        slo=spec.slo,
        legacy=spec.legacy,
        way=way if spec.serving.online else None,
        evidence=evidence,
    )


def data(told: Migration) -> dict[str, str]:
    """The ConfigMap's ``data``; the same text for the same content."""
    return {POLICY: told.model_dump_json(indent=1, exclude_none=True)}


def read(found: Mapping[str, Any]) -> Migration:
    """What a ConfigMap's ``data`` says.

    Raises:
        MigrationError: it is not what Pulumi writes.
    """
    try:
        return Migration.model_validate_json(found[POLICY])
    except KeyError:
        raise MigrationError(
            f"the ConfigMap has no {POLICY}, so nothing is changed; `pulumi up` writes it"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the text"
        raise MigrationError(
            f"{POLICY} cannot be read ({where}: {first['msg']}), so nothing is changed. It was written by "
            "another version of Ferry: apply with the version of this image, or roll the image out again."
        ) from None
