"""What the engine showed of real changes, once: data, from which a comment can be made without an engine.

``python -m tests.ferry.preview.recording`` brings the environment dev up in a rehearsal's world, as far as
the rollout `foundation`, takes fraud-detection to `canary` at 1%, and then lets `ferry preview` look at each
change below: a real edit of a real checkout, previewed by the real engine beside its base. It needs as long
as a rehearsal; run it again when the engine or the form of a recording changes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from pydantic import BaseModel
from rich.console import Console

from ferry.gates.sources import Store
from ferry.preview import acting
from ferry.preview.seen import Seen
from ferry.rehearsal.driver import Rehearsal
from ferry.rehearsal.options import Options
from ferry.rehearsal.show import Show
from sandbox.engine import Engine
from sandbox.isolation import run_isolated
from sandbox.world import World
from stacks.settings import Settings, load_file
from stacks.shelf import S3Shelf
from workloads.catalogue import CATALOGUE
from workloads.evidence import Check, Evidence, Kind, Verdict, digest_of
from workloads.stages import needs
from workloads.state import Stage

PROJECT = Path(__file__).parents[3]
RECORDED = Path(__file__).with_name("recorded")
CANARY = "canary-step"
WORKLOAD = "fraud-detection"
STACK_FILE = "Pulumi.dev.yaml"
LEGACY_LINE = f"{WORKLOAD}: {{stage: legacy}}"

CHANGES = {
    "harmless-tag": (STACK_FILE, "ferry:cost_center: ml-platform", "ferry:cost_center: ml-research"),
    "replaced-database": ("infra/postgres.py", 'DATABASE = "mlflow"', 'DATABASE = "tracking"'),
    "iam-wildcard": (
        "infra/stores/policy.py",
        'actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]',
        'actions=["s3:*"], reason="whatever a pipeline may want"',
    ),
    "rollout-upgrade": (STACK_FILE, "ferry:rollout: foundation", "ferry:rollout: innovation"),
}
"""Name → file, and the text that is replaced by what; the canary step is made below, its digest being new."""


class Recording(BaseModel):
    """One change: its preview, its base's, and the evidence that it names.

    Attributes:
        change: the edit, in words.
        seconds: that both previews took together, with everything that `ferry preview` does around them.
    """

    change: str
    seen: Seen
    base: Seen
    evidence: dict[str, Evidence | str]
    seconds: float


def load(name: str) -> Recording:
    """A kept recording."""
    return Recording.model_validate_json((RECORDED / f"{name}.json").read_text())


class Recorder(Rehearsal):
    """The first acts of a rehearsal, and then previews of changes."""

    def record(self, checkout: Path, only: list[str]) -> None:
        """Bring the world up, and write every recording, or those that are named."""
        self._boot_cluster()
        engine = self._engine_with(self._providers(), "engine")
        self._bootstrap()
        stack_file = self._world.spec.state / "engine" / "project" / STACK_FILE
        _edit(stack_file, "ferry:rollout: innovation", "ferry:rollout: foundation")
        _edit(checkout / STACK_FILE, "ferry:rollout: innovation", "ferry:rollout: foundation")
        self._up(engine)
        self._cross(engine, stack_file)
        _edit(checkout / STACK_FILE, LEGACY_LINE, f"{WORKLOAD}: {{stage: canary, ceiling: 1}}")
        _git(checkout, "commit", "--quiet", "--all", "--message", "base")
        os.environ.update(engine.environment())
        for name, edit in CHANGES.items():
            if not only or name in only:
                self._keep(name, checkout, edit)
        if only and CANARY not in only:
            return
        line = f"{WORKLOAD}: {{stage: canary, ceiling: "
        digest = self._measured(Stage.CANARY, Stage.CANARY, 1)
        self._keep(CANARY, checkout, (STACK_FILE, f"{line}1}}", f'{line}5, evidence: "{digest}"}}'))

    def _cross(self, engine: Engine, stack_file: Path) -> None:
        """From legacy to canary at 1%, as a person would: a step, its evidence, an `up`."""
        line, before = LEGACY_LINE, Stage.LEGACY
        for stage in (Stage.FRONTED, Stage.SHADOW, Stage.CANARY):
            digest = self._measured(before, stage, None)
            ceiling = ", ceiling: 1" if stage is Stage.CANARY else ""
            wanted = f'{WORKLOAD}: {{stage: {stage}{ceiling}, evidence: "{digest}"}}'
            _edit(stack_file, line, wanted)
            engine.up()
            line, before = wanted, stage

    def _measured(self, before: Stage, after: Stage, ceiling: int | None) -> str:
        """Digest of evidence for a step, signed and stored as `ferry gate` does. Its figures are samples."""
        now = datetime.now(UTC).replace(microsecond=0)
        kinds = needs(CATALOGUE[WORKLOAD], before, after)
        evidence = Evidence(
            workload=WORKLOAD,
            environment="dev",
            stage=before,
            ceiling=ceiling,
            legacy_model=digest_of(b"legacy"),
            platform_model=digest_of(b"platform"),
            dataset=digest_of(b"rows"),
            checks=tuple(FIGURES[kind] for kind in sorted(kinds)),
            multiplicity="Holm over all checks",
            made_at=now + timedelta(seconds=1) if ceiling is None else now,
            expires_at=now + timedelta(hours=24),
        )
        Store(self._settings, self._session()).put(evidence)
        return evidence.digest

    def _session(self) -> boto3.Session:
        spec = self._world.spec
        os.environ.update(spec.environment())
        return boto3.Session(region_name=spec.region)

    def _keep(self, name: str, checkout: Path, edit: tuple[str, str, str]) -> None:
        path, old, new = edit
        with self._show.phase(name) as phase:
            _edit(checkout / path, old, new)
            seen, base = acting.run(acting.Wanted(checkout, "dev", "HEAD"))
            found = acting.evidence(seen, S3Shelf(self._settings, self._session()))
            _git(checkout, "checkout", "--quiet", "--", ".")
        assert base is not None
        kept = Recording(
            change=f"{path}: {old} → {new}",
            seen=seen,
            base=base.model_copy(
                update={"steps": base.changes}
            ),  # of the base only its changes are looked at
            evidence=found,
            seconds=round(phase.seconds, 1),
        )
        (RECORDED / f"{name}.json").write_text(kept.model_dump_json(exclude_defaults=True, indent=1) + "\n")


FIGURES = {
    Kind.PARITY: Check(
        kind=Kind.PARITY,
        metric="auc",
        verdict=Verdict.PASS,
        method="DeLong, paired, one-sided 95%",
        n=12_400,
        needed=3_400,
        estimate=0.0012,
        low=-0.0021,
        high=0.0044,
        limit=-0.01,
    ),
    Kind.TRAINING: Check(
        kind=Kind.TRAINING,
        metric="seconds_ratio",
        verdict=Verdict.PASS,
        method="ratio of medians, bootstrap 95%",
        n=10,
        needed=6,
        estimate=0.93,
        low=0.88,
        high=0.99,
        limit=1.2,
    ),
    Kind.SLO: Check(
        kind=Kind.SLO,
        metric="p99_ms",
        verdict=Verdict.PASS,
        method="order statistic, one-sided 95%",
        n=48_210,
        needed=1_000,
        estimate=41.0,
        low=40.2,
        high=42.7,
        limit=50.0,
    ),
    Kind.FEATURES: Check(
        kind=Kind.FEATURES,
        metric="equal_reads",
        verdict=Verdict.PASS,
        method="every read compared",
        n=96_000,
        needed=1_000,
        estimate=1.0,
        limit=1.0,
    ),
}
"""Samples of results, for a comment to show."""


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path}: {old} is there {text.count(old)} times"
    path.write_text(text.replace(old, new))


def _git(repository: Path, *arguments: str) -> None:
    command = ["git", "-C", str(repository), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run([*command, *arguments], check=True)


def cloned(place: Path) -> Path:
    """A checkout of our own, to edit."""
    _git(PROJECT, "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(place))
    return place


def main() -> int:
    """Outside: a namespace of our own. Inside: everything."""
    if sys.argv[1:2] != ["--inside"]:
        again = [sys.executable, "-m", "tests.ferry.preview.recording", "--inside"]
        return run_isolated([*again, *sys.argv[1:]])
    console = Console(stderr=True)
    settings: Settings = load_file(PROJECT / STACK_FILE)
    options = Options(project=PROJECT, environment="dev", report=Path("unused"))
    with World.open(settings) as world, Show(console).live() as show:
        Recorder(options, settings, world, show).record(cloned(world.spec.state / "checkout"), sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
