"""Inside a drill's network: ``python -m ferry.drill.inside OPTIONS``, started by ``ferry drill``."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from rich.console import Console

from ferry.drill.drill import Drill
from ferry.drill.estate import WORKLOAD, told
from ferry.drill.field import Field, opened, until
from ferry.drill.figures import MEDIAN, TAIL, percentile
from ferry.drill.rows import ROWS, TITLES
from ferry.rehearsal.inside import verdict
from ferry.rehearsal.show import Phase, Show
from ferry.report import write
from ferry.report.model import Check, Claim, Report, Timings, Traffic
from sandbox.isolation import IsolationError
from sandbox.processes import ProcessError
from sandbox.toolchain.table import RECIPES, Tool
from sandbox.world import WorldError
from workloads.state import Stage

SLOTS = ("blue", "green")
_TOOLS = (Tool.ENVOY, Tool.ENVOY_GATEWAY, Tool.APISERVER)
_BY_HAND = 130
_SIMULATED = (
    "healthy hours: drawn at random, through the guard's detectors",
    "the ten healthy minutes before each failure: fed to the guard, not waited for",
    "Flagger and Argo Rollouts: computed from their documented default rules, not run",
    "the model server: a small one that can fall ill on demand; Triton is met in the rehearsal",
    "pods: processes at addresses of their own; there is no kubelet and no load balancer",
)


class Options(BaseModel):
    """One drill: which rows, how often each failure is tried, where the report goes, whether logs stay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[str, ...]
    runs: int
    report: Path
    keep: bool = False


def main(argument: str) -> int:
    """Run the rows, write the report, say the verdict: 0 all held, 1 something did not."""
    options, console = Options.model_validate_json(argument), Console(stderr=True)
    began, started = time.monotonic(), datetime.now(UTC)
    state = Path(tempfile.mkdtemp(prefix="ferry-drill-"))
    try:
        with opened(state, SLOTS) as (field, world), Show(console).live() as show:
            report = run(options, Drill(field, world, options.runs), show, started)
    except (IsolationError, ProcessError, WorldError, TimeoutError) as error:
        console.print(f"The drill could not begin: {error}", style="red", highlight=False, markup=False)
        return 1
    except KeyboardInterrupt:
        console.print(f"Ended by hand; what was seen until then is in {options.report}.", highlight=False)
        return _BY_HAND
    finally:
        if options.keep:
            console.print(f"logs: {state / 'logs'}", highlight=False, soft_wrap=True)
        else:
            shutil.rmtree(state, ignore_errors=True)
    write(report, options.report)
    verdict(console, options.report, report)
    console.print(f"{(time.monotonic() - began) / 60:.1f} minutes", highlight=False)
    return 0 if report.ok else 1


def run(options: Options, drill: Drill, show: Show, started: datetime) -> Report:
    """Every row; one that breaks off is a claim that failed, and the next one is tried all the same."""
    with show.phase("API server, gateway, adapters and guard") as phase:
        phase.note("what an `up` makes")
        arrive(drill.field)
        boot = time.time() - started.timestamp()
    checks: list[Check] = []
    for name in options.rows:
        with show.phase(TITLES[name]) as phase:
            found = tried(name, drill, phase)
        for check in found:
            mark = "✔" if check.passed else "✘"
            show.say(f"    {mark} {check.scenario}: {check.value} {check.unit} (bar {check.bar})")
        checks += found
        write(summed(options, drill, checks, started, boot), options.report)
    return summed(options, drill, checks, started, boot)


def tried(name: str, drill: Drill, phase: Phase) -> list[Check]:
    """One row's checks."""
    try:
        return ROWS[name](drill, phase)
    except Exception as error:  # whatever broke it: the row was not shown, and the others still can be
        return [Claim(f"drill.{name}", "C8", TITLES[name]).failed(f"{type(error).__name__}: {error}"[:400])]


def arrive(field: Field) -> None:
    """Objects, programs, and the first answer through the guard's route."""
    field.practised = True
    field.build(told(Stage.SHADOW, None))
    until(field.cluster.overlay)
    until(lambda: field.arrived() and field.by_overlay())


def summed(options: Options, drill: Drill, checks: list[Check], started: datetime, boot: float) -> Report:
    """The report so far."""
    tools = {str(tool): RECIPES[tool].version for tool in _TOOLS}
    return Report(
        kind="drill",
        environment="drill" if options.rows == tuple(ROWS) else f"drill of {', '.join(options.rows)}",
        started_at=started.isoformat(timespec="seconds"),
        versions={"runs": str(options.runs), "workload": WORKLOAD, **tools, "aiohttp": version("aiohttp")},
        providers={},
        checks=checks,
        resources={},
        simulated=[*_SIMULATED],
        timings=Timings(build=0.0, boot=boot),
        second_preview_changes=None,
        cluster=None,
        traffic=traffic(drill, checks),
    )


def traffic(drill: Drill, checks: list[Check]) -> Traffic | None:
    """What requests met, once weights have moved and a failure was found."""
    times, by_id = drill.times.get("switched"), {check.id: check for check in checks}
    if not times or "drill.detect.hard.p50" not in by_id:
        return None
    return Traffic(
        requests=drill.counted["requests"],
        lost=drill.counted["lost"],
        switches=drill.counted["switches"],
        p50_ms=percentile(times, MEDIAN),
        p99_ms=percentile(times, TAIL),
        rollback_s=float(by_id["drill.detect.hard.p50"].value),
        exposed_requests=round(float(by_id["drill.detect.hard.exposed"].value)),
        mirrored=drill.counted["mirrored"],
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
