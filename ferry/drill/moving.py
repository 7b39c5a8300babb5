"""Rows about weights that move, a platform that dies, and a route that appears: no request is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from ferry.drill.drill import RATE, SETTLES_S, Drill
from ferry.drill.field import Field, until
from ferry.drill.figures import MEDIAN, TAIL, Spread, lost, percentile
from ferry.drill.programs import Load
from ferry.rehearsal.show import Phase
from ferry.report.model import Check, Claim
from sandbox.servers.dump import mappings
from workloads.state import Stage

STEPS = (25, 0, 50, 5, 50, 1)
"""Where the weight goes, again and again."""
REQUESTS, SWITCHES = 5_000, 5
"""For each of the drill's runs: 100,000 and 100 of 20 (issue: the crossing)."""
KILLED_AT = (10, 50, 90, 100)
KILLS = 4
"""One kill at each share for so many runs: no time is claimed."""
_LOOK_S = 0.1
_ANSWERED = 20
"""So many requests are answered by the platform before it dies."""


def switched(
    field: Field,
    load: Load,
    requests: int,
    switches: int,
    *,
    note: Callable[[str], object] = len,
    before: float = 0,
) -> int:
    """Move the weight, evenly over the requests, until all are answered; how often it was moved.

    Args:
        before: answers that others were given.
    """
    done = 0
    while load.running:
        asked = field.answered() - before
        if done < switches and asked > (done + 0.5) * requests / switches:
            weight = STEPS[done % len(STEPS)]
            field.weigh(weight)
            done += 1
            note(f"{weight}% after {asked:.0f} of {requests} requests")
        time.sleep(_LOOK_S)
    return done


def switches(drill: Drill, phase: Phase) -> list[Check]:
    """Many requests, many switches."""
    field, wanted = drill.field, REQUESTS * drill.runs
    drill.stand(Stage.CANARY, 50, 25)
    before = field.answered()
    load = field.load("switched", count=wanted)
    done = switched(field, load, wanted, SWITCHES * drill.runs, note=phase.note, before=before)
    answers = load.answers()
    drill.note(answers, lost(answers))
    drill.counted["switches"] += done
    drill.times["switched"] = [item.seconds * 1_000 for item in answers]
    times = drill.times["switched"]
    detail = [f"p50 {percentile(times, MEDIAN):.1f} ms, p99 {percentile(times, TAIL):.1f} ms while it moved"]
    said = f"requests lost over {len(answers):,} requests and {done} switches"
    return [
        Claim("drill.switches.lost", "C6", said).equal(0, lost(answers), "requests", detail),
        Claim("drill.switches.made", "C6", "switches under load").at_least(SWITCHES * drill.runs, done),
    ]


def more(field: Field, part: str, traffic: str, count: float) -> float:
    """Seconds until a side has answered so many more requests or copies."""
    before = field.live(part, traffic)
    return until(lambda: field.live(part, traffic) >= before + count)


def kills(drill: Drill, phase: Phase) -> list[Check]:
    """The platform dies while it has a share of the requests."""
    checks = [retries(drill.field)]
    for share in KILLED_AT:
        total, gone, took = 0, 0, []
        for number in range(max(1, drill.runs // KILLS)):
            phase.note(f"at {share}%, run {number + 1}")
            answers, seconds = _killed(drill, share)
            total, gone = total + len(answers), gone + lost(answers)
            took.append(seconds)
            drill.note(answers, lost(answers))
        said = f"requests lost when the platform is killed at {share}%"
        detail = [f"{total:,} requests", f"until its weight was 0: {Spread(tuple(took)).told('s')}"]
        checks.append(Claim(f"drill.kill.{share}", "C8", said).equal(0, gone, "requests", detail))
    return checks


def _killed(drill: Drill, share: int) -> tuple[list[Any], float]:
    field = drill.field
    stage, ceiling = (Stage.CANARY, 50) if share <= max(STEPS) else (Stage.PLATFORM, None)
    drill.stand(stage, ceiling, share)
    load = field.load("killed", f"--rate={RATE}", "--at-once=64")
    more(field, "blue", "live", _ANSWERED)
    field.kill("blue", "model-blue")
    seconds = drill.lowered()
    time.sleep(SETTLES_S)
    return load.end(), seconds


def retries(field: Field) -> Check:
    """What Envoy was told about failed tries, as it says itself."""
    policies = [item for item in mappings(field.dump(), "retry_policy") if isinstance(item, dict)]
    ours = [item for item in policies if "previous_priorities" in json.dumps(item.get("retry_priority", {}))]
    found = sorted({item.get("retry_on", "") for item in ours})
    holds = bool(ours) and all("5xx" in item and "connect-failure" in item for item in found)
    said = "Envoy retries at the other side: `retry_priority: previous_priorities` read back from its config"
    return Claim("drill.kill.patch", "C8", said).equal(True, holds, detail=found)


def arrivals(drill: Drill, phase: Phase) -> list[Check]:
    """The guard's route appears while callers ask: with the platform's first copy, nobody loses anything."""
    field, gone, total, took = drill.field, 0, 0, []
    for number in range(max(1, drill.runs // KILLS)):
        phase.note(f"run {number + 1}")
        drill.stand(Stage.SHADOW, None, 0)
        field.stop("guard")
        field.forget()
        until(lambda: not field.has_overlay())
        load = field.load("arrival", f"--rate={RATE}", "--at-once=64")
        more(field, "legacy", "live", RATE / 4)
        field.start("guard")
        took.append(until(lambda: field.cluster.overlay() and not field.warming()))
        more(field, "blue", "mirror", 1)
        time.sleep(SETTLES_S)
        answers = load.end()
        total, gone = total + len(answers), gone + lost(answers)
        drill.note(answers, lost(answers))
    said = "requests lost when the guard's route appears under load"
    detail = [
        f"{total:,} requests",
        f"from the guard's start to the open route: {Spread(tuple(took)).told('s')}",
    ]
    return [Claim("drill.arrival.lost", "C6", said).equal(0, gone, "requests", detail)]
