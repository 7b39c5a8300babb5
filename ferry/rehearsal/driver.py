"""The acts of a rehearsal, in order. `measure` decides what a figure means, `checks` what is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3

import infra
import policy
import stacks
import workloads
from ferry.bootstrap.policies import Place
from ferry.bootstrap.rehearsed import REPOSITORY, RehearsedBootstrap
from ferry.rehearsal import facts, images, measure, sdk_modules
from ferry.rehearsal.aside import aside
from ferry.rehearsal.checks import FIRST, LAST, OTHERS, PATIENT, CheckContext, CheckFunction, cluster, secrecy
from ferry.rehearsal.checks.context import ROOT
from ferry.rehearsal.options import PACKAGES, Options
from ferry.rehearsal.show import Show
from ferry.report.model import Check, Claim, Cluster, Kept, Memory, Policy, Report
from infra.contents.sources import Shelved
from policy.catalogue import ids
from sandbox.controlplane.client import Client
from sandbox.engine import Engine, EngineError, EngineSpec, Run
from sandbox.inventory import Leftovers, Things, aws_inventory, leftovers, why_a_key_stays
from sandbox.processes import ProcessError
from sandbox.toolchain.table import Tool
from sandbox.world import World, WorldError
from stacks.program import run as program
from stacks.settings import Settings, SettingsError

PACK = Path(policy.__file__).parent
STOPPERS = (EngineError, WorldError, ProcessError, SettingsError)
"""What ends a rehearsal early with a sentence for a person; anything else is a bug with its traceback."""


REVIEWED = {"ferry:unverified_charts": "a rehearsal reads no chart: each is recorded"}
"""What a rehearsal says that the stack file of a real account need not say."""


@dataclass
class Findings:
    """What has been seen so far. It grows act by act, so that a run that stops early still reports."""

    seconds: dict[str, float] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    up: Run | None = None
    resources: list[dict[str, Any]] = field(default_factory=list)
    second_preview_changes: int | None = None
    cluster: Cluster | None = None
    violations: list[str] = field(default_factory=list)
    left: Leftovers = field(default_factory=lambda: Leftovers({}, []))
    simulated: list[str] = field(default_factory=list)
    failure: str = ""


class Rehearsal:
    """One environment, from nothing to everything and back to nothing."""

    def __init__(self, options: Options, settings: Settings, world: World, show: Show) -> None:
        self._options = options
        self._settings = settings
        self._world = world
        self._show = show
        self.findings = Findings()
        self._ports: dict[str, int] = {}
        self._previewed = 0
        self._secrets: dict[str, list[str]] = {}
        self._recorded: set[str] = set()
        self._started = datetime.now(UTC)

    def run(self) -> Report:
        """All acts; the report says where it stopped, if it did."""
        try:
            self._acts()
        except EngineError as error:
            self.findings.violations = error.violations
            self.findings.failure = str(error)
            if error.violations:
                self._findings_of(self._obeyed)
        except STOPPERS as error:
            self.findings.failure = str(error)
        return self.report()

    def preview(self) -> Report:
        """Only the first preview, which needs the engine and the emulated account but no cluster."""
        try:
            self._preview(self._engine_with(self._providers(), "engine"))
        except STOPPERS as error:
            self.findings.failure = str(error)
        return self.report()

    def _acts(self) -> None:
        with ThreadPoolExecutor(max_workers=1) as pool:
            booting = pool.submit(self._boot_cluster)
            engine = self._engine_with(self._providers(), "engine")
            bootstrap = self._bootstrap()
            before = self._inventory()
            self._load_program()
            booting.result()  # so that what is timed from here on has the machine to itself
        self._preview(engine)
        self._up(engine)
        self._push_images(engine)
        self._findings_of(bootstrap.judge)
        self._judge(engine)
        self._take_down(engine)
        self._look_for_leaks(before)

    # --- the world ---------------------------------------------------------------------------------------

    def _boot_cluster(self) -> None:
        with self._show.phase("control plane") as phase:
            self._world.start_control_plane()
            self._world.start_cluster_agents()
        self.findings.seconds["boot"] = phase.seconds

    def _providers(self) -> dict[str, int]:
        """Starts the emulated account and the emulated providers; package → port."""
        with self._show.phase("emulated AWS and providers"):
            self._world.start_aws()
            emulated = [name for name in PACKAGES if self._options.providers[name] == "emulated"]
            recording = {"FERRY_RECORD_INVOKES": str(self._invokes)}
            with ThreadPoolExecutor(max_workers=len(PACKAGES)) as pool:
                ports = pool.map(lambda name: self._world.start_provider(name, recording), emulated)
                self._ports = dict(zip(emulated, ports, strict=True))
        return self._ports

    def _engine_with(self, providers: dict[str, int], home: str) -> Engine:
        spec = EngineSpec(
            project=self._options.project,
            environment=self._options.environment,
            home=self._world.spec.state / home,
            pulumi=self._world.spec.tools["pulumi"],
            providers=providers,
            config=REVIEWED,
            env=self._world.spec.environment(),
            policies=PACK,
        )
        return Engine(spec, partial(program, self._contents))

    @property
    def _contents(self) -> Shelved:
        """The manifests of others among the tools; a first preview may come before those are built."""
        tool = self._world.spec.tools.get(Tool.DEFINITIONS, self._world.spec.state / "no-tools-yet" / "none")
        return Shelved(tool.parent, self._recorded)

    def _bootstrap(self) -> RehearsedBootstrap:
        """What a person does once for an account, before the first `pulumi up`."""
        spec = self._world.spec
        place = Place(self._options.environment, spec.account, spec.region, REPOSITORY)
        bootstrap = RehearsedBootstrap(place, spec.aws_endpoint, spec.calls)
        with self._show.phase("bootstrap"):
            self._findings_of(bootstrap.bring)
        return bootstrap

    def _load_program(self) -> None:
        """Reads the SDK's modules before anything is timed: a floor that comes later finds them loaded."""
        with self._show.phase("program"):
            sdk_modules.load((infra, workloads, stacks))

    def _findings_of(self, judge: Callable[[], list[Check]]) -> None:
        self.findings.checks += judge()

    # --- the acts ----------------------------------------------------------------------------------------

    def _preview(self, engine: Engine) -> None:
        run = self._timed("preview", "preview", engine.preview)
        self._previewed = len(run.operations)
        self._show.say(facts.summary(run))

    def _up(self, engine: Engine) -> None:
        self.findings.up = run = self._timed("up", "up", engine.up, self._previewed)
        waits = facts.waits(self._world.spec, run)
        waiting = measure.only_waiting(run.operations, waits)
        with self._show.phase("everything wanted is ready") as phase:
            facts.await_ready(self._kube, phase.note)
        self.findings.seconds["waiting"] = waiting + phase.seconds
        self.findings.seconds["up"] = run.seconds - waiting
        self.findings.resources = engine.resources()
        self._findings_of(self._obeyed)

    def _obeyed(self) -> list[Check]:
        claim = Claim("policy", "E3", "the policy pack, enforced by the engine, finds nothing to stop")
        return [claim.none_of(self.findings.violations, "violations")]

    def _push_images(self, engine: Engine) -> None:
        """What a pipeline does once the repositories are there."""
        spec = self._world.spec
        with self._show.phase("images") as phase:
            ecr = boto3.Session(*ROOT, region_name=spec.region).client("ecr", endpoint_url=spec.aws_endpoint)
            for line in images.push(ecr, self._settings, engine.outputs()["registry"]):
                phase.note(line)
                self.findings.simulated.append(line)

    def _second_preview(self, engine: Engine) -> None:
        run = self._timed("second_preview", "second preview", engine.preview, len(self.findings.resources))
        self.findings.second_preview_changes = run.changed
        changed = [f"{step.op} {step.urn}" for step in run.operations if step.op not in {"same", "read"}]
        claim = Claim("second-preview", "E1", "a preview right after `up` changes nothing")
        self.findings.checks.append(claim.none_of(changed, "changes"))

    def _judge(self, engine: Engine) -> None:
        context = CheckContext(
            spec=self._world.spec,
            kube=self._kube,
            outputs=engine.outputs(),
            settings=self._settings,
            environment=self._options.environment,
            resources=self.findings.resources,
        )
        self._try(FIRST, context)
        waiting = aside(lambda: self._tried(PATIENT, context))
        self._second_preview(engine)
        self._try(OTHERS, context)
        if self._options.floor:
            self._floor(engine)
        self.findings.checks += waiting.result()
        self._try(LAST, context)
        self.findings.cluster = cluster(context)
        self.findings.simulated += context.simulated
        self._secrets = context.secrets

    def _try(self, checks: Sequence[tuple[str, CheckFunction]], context: CheckContext) -> None:
        for check in checks:
            self.findings.checks += self._tried(check, context)

    def _tried(self, check: tuple[str, CheckFunction], context: CheckContext) -> list[Check]:
        title, run = check
        with self._show.phase(title) as phase:
            return run(context, phase.note)

    def _floor(self, engine: Engine) -> None:
        """The same program through providers that do nothing: what the engine itself takes.

        The EKS component stays as it is: it makes nothing itself, its children go to the others.
        """
        replay = self._world.spec.state / "floor.json"
        engine.export_revealed(replay)
        env = {"FERRY_FLOOR": str(replay), "FERRY_FLOOR_INVOKES": str(self._invokes)}
        port = self._world.start_provider("noop", env=env)
        floor = self._engine_with({**self._ports, "aws": port, "kubernetes": port}, "floor")
        self._timed("floor_preview", "floor: preview", floor.preview, len(self.findings.resources))
        self._timed("floor_up", "floor: up", floor.up, len(self.findings.resources))
        replay.unlink()

    def _take_down(self, engine: Engine) -> None:
        if self._settings.protect:
            self.findings.checks.append(self._refuses_destroy(engine))
            for key, value in self._settings.teardown_lines("the end of a rehearsal").items():
                engine.configure(key, value)
            self._timed("teardown", "reviewed teardown: protection off", engine.up)
        self._timed("destroy", "destroy", engine.destroy, len(self.findings.resources))

    def _refuses_destroy(self, engine: Engine) -> Check:
        """An unreviewed destroy of a protected environment: refused, and nothing changed anywhere."""
        claim = Claim(
            "destroy.unreviewed",
            "A7",
            "an unreviewed destroy is refused and nothing changes, in state or account",
        )
        state, account = engine.resources(), self._inventory()
        with self._show.phase("unreviewed destroy is refused"):
            if said := _not_refused(engine):
                return claim.failed(said)
        gone = sorted(account ^ self._inventory())
        if engine.resources() != state:
            gone.append("the engine's state")
        return claim.none_of(gone, "changes")

    def _look_for_leaks(self, before: Things) -> None:
        with self._show.phase("leak check"):
            kept = why_a_key_stays(self._world.spec.aws_endpoint)
            self.findings.left = leftovers(before, self._inventory(), kept)

    # --- helpers -----------------------------------------------------------------------------------------

    def _inventory(self) -> Things:
        regions = {self._settings.region, self._settings.storage.replica_region or self._settings.region}
        return aws_inventory(self._world.spec.aws_endpoint, regions)

    def _timed(self, key: str, title: str, verb: Callable[..., Run], total: float | None = None) -> Run:
        with self._show.phase(title, total) as phase:
            run = verb(phase.engine_event)
        self.findings.seconds[key] = run.seconds
        return run

    @property
    def _kube(self) -> Client:
        return Client.of(self._world.spec)

    def _memory(self) -> Memory:
        peak = self._world.memory()
        return Memory(
            peak_gb=peak.total / 1e9, by_process={name: size / 1e9 for name, size in peak.by_name.items()}
        )

    @property
    def _invokes(self) -> Path:
        return self._world.spec.state / "invokes.jsonl"

    def report(self) -> Report:
        """Everything seen, in the report's shape."""
        seen = self.findings
        times = measure.timings(seen.seconds, self._options.build_seconds)
        memory = self._memory()
        made = Report(
            environment=self._options.environment,
            started_at=self._started.isoformat(timespec="seconds"),
            versions=facts.versions(),
            providers=dict(self._options.providers),
            checks=seen.checks + measure.speed_checks(times, memory),
            resources=measure.resource_counts(seen.resources),
            recorded_only=measure.recorded_only(seen.resources),
            simulated=sorted(
                {*facts.simulated(self._world.spec), *seen.simulated, *facts.recorded(self._recorded)}
            ),
            warnings=facts.warnings(self._world.spec),
            timings=times,
            second_preview_changes=seen.second_preview_changes,
            cluster=seen.cluster,
            policy=Policy(rules=len(ids()), violations=seen.violations),
            kept=[Kept(what=what, reason=reason) for what, reason in seen.left.kept.items()],
            leaks=seen.left.leaks,
            memory=memory,
            graph=measure.graph(seen.resources, seen.up.operations if seen.up else []),
            failure=seen.failure,
        )
        return secrecy.checked(made, self._secrets)


def _not_refused(engine: Engine) -> str:
    """What went wrong with an unreviewed destroy that had to be refused; empty if it was."""
    try:
        engine.destroy()
    except EngineError as error:
        return "" if "protect" in str(error) else f"it failed for another reason: {error}"
    return "it was not refused"
