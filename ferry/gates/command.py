"""``ferry gate``: measure, judge, sign, and say which line of configuration may now change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from ferry.gates.gate import Measured, Where, judge, verdict
from ferry.gates.rows import RowsError, labels, side
from ferry.gates.sources import MlflowTracker, NoTracker, SourceError, Store, Tracker
from stacks.settings import Environment, Settings, SettingsError, load_file
from workloads.catalogue import CATALOGUE
from workloads.evidence import Evidence, Kind, Verdict
from workloads.spec import WorkloadSpec
from workloads.stages import ladder, needs
from workloads.state import CEILINGS, Stage, WorkloadState
from workloads.traffic import Side


def gate(  # noqa: PLR0917 - an option each; Typer calls it by name
    name: Annotated[str, typer.Argument(help="The workload, as in `ferry:workloads`.")] = "",
    env: Annotated[Environment, typer.Option("--env", help="Which Pulumi.<env>.yaml.")] = Environment.DEV,
    mlflow: Annotated[str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="URL of MLflow.")] = "",
    hours: Annotated[int, typer.Option(min=1, help="How far back recorded answers count.")] = 168,
    every: Annotated[bool, typer.Option("--all", help="Each workload that is on its way.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge only, store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Judge whether a workload may take its next step, and sign what was found.

    Reads both sides' recorded answers, labels and feature comparisons from the evidence store, and training
    runs from MLflow. Exit code 0 if all passed, 1 if not or if it could not be judged, 2 for wrong use. With
    --all, which is what runs every night, too few rows are said and are no failure; a check that fails is.

    \b
      ferry gate fraud-detection --env dev --dry-run        judge only
      ferry gate fraud-detection --env prod                 judge, sign, print the digest
      ferry gate churn --env prod --json                    the same for a script
      ferry gate --all --env prod                           every workload on its way
    """
    if bool(name) is every:
        raise typer.BadParameter("name one workload, or give --all")
    if name:
        known_or_refused(name)
    console = Console(stderr=as_json)
    try:
        settings = load_file(Path(f"Pulumi.{env}.yaml"))
    except SettingsError as error:
        raise _ended(console, str(error)) from None
    store = Store(settings, boto3.Session(region_name=settings.region))
    tracker: Tracker = MlflowTracker(mlflow) if mlflow else NoTracker()
    gates = _Gate(settings, store, tracker, hours, keep=not dry_run)
    found, wrong = _measured(gates, on_their_way(settings) if every else [name], console)
    _report_all(found, console, as_json=as_json, every=every)
    for text in wrong:
        console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    if wrong or any(_stops(evidence, every=every) for evidence, _ in found):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Gate:
    """Where it measures and what it does with what it finds."""

    settings: Settings
    store: Store
    tracker: Tracker
    hours: int
    keep: bool

    def measure(self, name: str) -> tuple[Evidence, str]:
        """Evidence, and its address where it is kept."""
        sources = (self.store, self.tracker)
        evidence = run(CATALOGUE[name], self.settings, sources, datetime.now(UTC), self.hours)
        return evidence, self.store.put(evidence) if self.keep else ""


def _measured(
    gates: _Gate, names: list[str], console: Console
) -> tuple[list[tuple[Evidence, str]], list[str]]:
    """Evidence of each workload, and why there is none of some; one that cannot be judged stops no other."""
    found: list[tuple[Evidence, str]] = []
    wrong: list[str] = []
    for name in names:
        with console.status(f"Reading what is known about {name}"):
            try:
                found.append(gates.measure(name))
            except (RowsError, SourceError, BotoCoreError, ClientError) as error:
                wrong.append(_refusal(error))
    return found, wrong


def known_or_refused(name: str) -> None:
    """Refuse a name that is no workload with a gate."""
    spec = CATALOGUE.get(name)
    if spec is None or not spec.pattern.moves:
        known = ", ".join(item.name for item in CATALOGUE.values() if item.pattern.moves)
        raise typer.BadParameter(f'there is no workload "{name}" with a gate; known are {known}')


def on_their_way(settings: Settings) -> list[str]:
    """Workloads of the settings whose next step needs evidence."""
    return [
        name
        for name, state in settings.workloads.items()
        if CATALOGUE[name].pattern.moves and kinds_from(CATALOGUE[name], state)
    ]


def _stops(evidence: Evidence, *, every: bool) -> bool:
    """Whether what was found ends the command as failed."""
    if every:
        return any(check.verdict is Verdict.FAIL for check in evidence.checks)
    return bool(evidence.checks) and verdict(evidence) is not Verdict.PASS


def _refusal(error: Exception) -> str:
    if isinstance(error, RowsError | SourceError):
        return str(error)
    return (
        f"AWS refused ({error}), so no evidence was written. Ask for read and write access to the "
        "evidence store and kms:Sign on its key, or try --dry-run."
    )


def run(
    spec: WorkloadSpec, settings: Settings, sources: tuple[Store, Tracker], now: datetime, hours: int
) -> Evidence:
    """Evidence about the next step of a workload, from where configuration says that it stands."""
    state = settings.workloads.get(spec.name, WorkloadState(stage=Stage.LEGACY))
    since = now - timedelta(hours=hours)
    store, tracker = sources
    measured = Measured(
        legacy=side(store.predictions(spec.name, Side.LEGACY), since),
        platform=side(store.predictions(spec.name, Side.PLATFORM), since),
        truth=labels(store.labels(spec.name)),
        serving=tracker.serving(spec.name),
        runs=(tracker.runs(spec.name, Side.LEGACY), tracker.runs(spec.name, Side.PLATFORM)),
        compared=store.compared(spec.name),
        exported=store.exported(spec.name),
    )
    where = Where(str(settings.environment), state.stage, state.ceiling)
    return judge(spec, where, kinds_from(spec, state), measured, now)


def kinds_from(spec: WorkloadSpec, state: WorkloadState) -> frozenset[Kind]:
    """What the step forward from here has to show; at the end of the way, what the last one had to."""
    steps = ladder(spec)
    if state.stage is Stage.CANARY and state.ceiling != CEILINGS[-1]:
        return needs(spec, Stage.CANARY, Stage.CANARY)
    at = min(steps.index(state.stage), len(steps) - 2)
    return needs(spec, steps[at], steps[at + 1])


def _ended(console: Console, text: str) -> typer.Exit:
    console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def _report_all(found: list[tuple[Evidence, str]], console: Console, *, as_json: bool, every: bool) -> None:
    """One answer for one workload; with --all a list of them, which may be empty."""
    if as_json:
        answers = [_as_data(*item) for item in found]
        if every or answers:
            typer.echo(json.dumps(answers if every else answers[0], indent=2))
        return
    if every and not found:
        console.print("No workload stands where its next step needs evidence.")
    for evidence, address in found:
        if every:
            console.print(f"{evidence.workload}, at {evidence.stage}", style="bold")
        _report(evidence, address, console)


def _as_data(evidence: Evidence, address: str) -> dict[str, Any]:
    data: dict[str, Any] = evidence.model_dump(mode="json")
    return {
        "verdict": verdict(evidence),
        "digest": evidence.digest,
        "stored": address,
        "evidence": data,
    }


def _report(evidence: Evidence, address: str, console: Console) -> None:
    found = verdict(evidence)
    table = Table("check", "verdict", "rows", "needed", "found", "limit", "method")
    for check in evidence.checks:
        colour = "green" if check.verdict is Verdict.PASS else "red"
        interval = "" if check.estimate is None else f"{check.estimate:+.4f}"
        if check.low is not None and check.high is not None:
            interval += f" [{check.low:+.4f}, {check.high:+.4f}]"
        limit = "" if check.limit is None else f"{check.limit:g}"
        what = f"{check.kind} {check.metric}"
        cells = (str(check.n), str(check.needed or ""), interval.replace("[", r"\["), limit)
        table.add_row(what, f"[{colour}]{check.verdict}[/]", *cells, check.note or check.method)
    console.print(table)
    if not evidence.checks:
        console.print(f"{evidence.workload}: the next step from {evidence.stage} needs no evidence.")
    elif found is Verdict.PASS and address:
        console.print(f"Every check passed. In Pulumi.{evidence.environment}.yaml, with the next stage:")
        console.print(f'  evidence: "{evidence.digest}"', markup=False, highlight=False, soft_wrap=True)
