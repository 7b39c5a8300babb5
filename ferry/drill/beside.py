"""Rows about what crossing costs callers: the way through gateway and adapter, and copies of requests."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from ferry.drill.drill import PATH, Drill
from ferry.drill.field import until
from ferry.drill.figures import MEDIAN, TAIL, Spread, lost, percentile
from ferry.drill.load import BESIDE
from ferry.drill.programs import Answer
from ferry.rehearsal.show import Phase
from ferry.report.model import Check, Claim
from workloads.state import Stage

ADDED_MS = (2.0, 10.0)
"""At most so much more, at the median and at the 99th percentile (issue: the crossing)."""
SLOWER = 1.10
"""Callers' p99 with a slow shadow, as a multiple of the same with a healthy one."""
SLOW_S = 0.25
_PER_BLOCK, _PACE = 800, 100
_COPIED, _COPIES_PACE = 900, 150


def added(drill: Drill, phase: Phase) -> list[Check]:
    """Every other request goes straight to the model server, so both ways meet the same machine."""
    field = drill.field
    drill.stand(Stage.STANDBY, None, 100)
    direct = f"http://127.0.0.1:{field.ports['blue']}{PATH}"
    found: list[tuple[float, float]] = []
    plain: list[float] = []
    for number in range(drill.runs):
        phase.note(f"run {number + 1}")
        more = (f"--rate={_PACE}", "--at-once=64", f"--beside={direct}")
        answers = field.load("added", *more, count=_PER_BLOCK).answers()
        drill.note(answers, lost(answers))
        ways = [times(answers, beside=beside) for beside in (False, True)]
        through, straight = ([percentile(way, share) for share in (MEDIAN, TAIL)] for way in ways)
        found.append((through[0] - straight[0], through[1] - straight[1]))
        plain.append(straight[0])
    checks = []
    for place, (name, bar) in enumerate(zip(("p50", "p99"), ADDED_MS, strict=True)):
        spread = Spread(tuple(item[place] for item in found))
        detail = [spread.told("ms"), f"the model server alone, p50: {Spread(tuple(plain)).told('ms')}"]
        claim = Claim(f"drill.added.{name}", "C6", f"added latency of gateway and adapter, {name}")
        checks.append(claim.at_most(bar, round(spread.p50, 2), "ms", detail))
    return checks


def times(answers: Sequence[Answer], *, beside: bool) -> list[float]:
    """Milliseconds of the requests that went one way."""
    return [item.seconds * 1_000 for item in answers if item.key.startswith(f"{BESIDE}-") == beside]


def copies(drill: Drill, phase: Phase) -> list[Check]:
    """Copies of all requests to a healthy shadow and to a slow one, block by block."""
    field = drill.field
    drill.stand(Stage.SHADOW, None, 0)
    p99: dict[bool, list[float]] = {False: [], True: []}
    missing, shed = 0, 0
    for number in range(drill.runs):
        for slow in (False, True):
            phase.note(f"run {number + 1}, {'slow' if slow else 'healthy'} shadow")
            drill.feel("slow" if slow else "well", slow_s=SLOW_S)
            before = mirrored(drill)
            answers = field.load("copied", f"--rate={_COPIES_PACE}", "--at-once=64", count=_COPIED).answers()
            drill.note(answers, lost(answers))
            _await(drill, sum(before) + _COPIED)
            arrived, turned = (now - then for now, then in zip(mirrored(drill), before, strict=True))
            drill.counted["mirrored"] += int(arrived)
            p99[slow].append(percentile(times(answers, beside=False), TAIL))
            missing += _COPIED - int(arrived + (turned if slow else 0))
            shed += int(turned)
    ratio = Spread(tuple(ill / well for well, ill in zip(p99[False], p99[True], strict=True)))
    asked = 2 * _COPIED * drill.runs
    said = "copies that did not arrive: at a healthy shadow none is missing, a slow one counts those it sheds"
    detail = [f"{asked:,} requests, {shed:,} copies shed by the slow shadow and counted"]
    slower = "callers' p99 with a slow shadow, as a multiple of that with a healthy one"
    both = [f"healthy: {Spread(tuple(p99[False])).told('ms')}"]
    both += [f"slow: {Spread(tuple(p99[True])).told('ms')}"]
    return [
        Claim("drill.copies.missing", "C6", said).equal(0, missing, "copies", detail),
        Claim("drill.copies.slow", "C6", slower).at_most(SLOWER, round(ratio.p50, 2), "times", both),
    ]


def _await(drill: Drill, total: float) -> None:
    """Give copies that are under way a moment; what never arrives is the figure."""
    with contextlib.suppress(TimeoutError):
        until(lambda: sum(mirrored(drill)) >= total, 5.0)


def mirrored(drill: Drill) -> tuple[float, float]:
    """Copies that the shadow answered, and those that it shed."""
    counts = drill.field.counts("blue")
    copied = {name: value for name, value in counts.items() if 'traffic="mirror"' in name}
    turned = sum(value for name, value in copied.items() if 'code="503"' in name)
    return sum(copied.values()) - turned, turned
