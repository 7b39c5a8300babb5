"""Rows about a model that gets worse: how long callers meet it, and when others would have noticed."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ferry.drill.drill import RATE, Drill
from ferry.drill.estate import PATIENT
from ferry.drill.figures import Detection, Spread, detection, elsewhere, false_hours
from ferry.guard.counting import DECIDES
from ferry.rehearsal.show import Phase
from ferry.report.model import Check, Claim
from workloads.spec import OnlineSlo, Slo
from workloads.state import Stage

WEIGHT = 10
"""Percent that the platform has (issue: the crossing)."""
PACE_S, TIMES_SLOWER = 0.05, 5
"""How long a healthy answer takes where slowness is tried, and how many times longer a slow one."""
OBJECTIVE = Slo(online=OnlineSlo(p99_ms=200.0, error_rate=0.001))
"""Between the two; far enough above the first that a busy machine does not look like a slow model."""
HOURS = 2_000
"""Healthy hours that are simulated."""
_LAST_S = 1.0
"""Seconds for answers that are under way."""
_SPARE = 2
"""Tries in all, for each that counts."""


@dataclass(frozen=True)
class Failure:
    """One way to get worse.

    Attributes:
        kind, share: what the model server is told, and of how many answers.
        before: how it felt until then.
        cause: what the guard has to name.
        p50_s, p95_s: bars (issue: the crossing).
        exposed: bar for answers of the bad model, median; None where the issue names none.
        seen_by_others: share of bad answers by the default rules of others.
    """

    name: str
    said: str
    kind: str
    share: float
    cause: str
    p50_s: float
    p95_s: float
    exposed: int | None = None
    before: tuple[str, float] = ("well", 1.0)
    seen_by_others: float = 0.0


FAILURES = (
    Failure("hard", "hard errors", "errors", 1.0, "errors", 3, 5, 60, seen_by_others=1.0),
    Failure(
        "five",
        "5% errors at a 0.1% baseline",
        "errors",
        0.05,
        "errors",
        8,
        12,
        250,
        ("errors", 0.001),
        seen_by_others=0.05,
    ),
    Failure("slow", "five times slower", "slow", 1.0, "latency", 5, 8),
    Failure("wrong", "silently wrong in 30% of the answers", "wrong", 0.3, "disagreement", 30, 60),
)


def failures(drill: Drill, phase: Phase) -> list[Check]:
    """Each failure, again and again."""
    return [check for failure in FAILURES for check in tried(drill, phase, failure)]


def tried(drill: Drill, phase: Phase, failure: Failure) -> list[Check]:
    """One failure, so many times under one load."""
    load = drill.field.load("ill", f"--rate={RATE}", "--at-once=64")
    seen: list[tuple[list[str], list[str]]] = []
    others = 0
    for number in range(drill.runs * _SPARE):
        if len(seen) == drill.runs:
            break
        phase.note(f"{failure.said}: run {number + 1}")
        keys = once(drill, failure)
        others += keys is None
        seen += [keys] if keys else []
    answers = load.end()
    found = [item for keys in seen if (item := detection(answers, *keys)) is not None]
    unseen = len(seen) - len(found)
    notes = [f"{others} more tries ended before or for another reason than the failure; they do not count"]
    notes += [f"in {unseen} runs no caller met a bad answer at all"] if unseen else []
    return judged(failure, found, notes if others else notes[1:])


def once(drill: Drill, failure: Failure) -> tuple[list[str], list[str]] | None:
    """One try: keys that the platform was asked, and those it failed; None if something else was first."""
    field = drill.field
    paced = failure.kind == "slow"
    drill.stand(Stage.CANARY, 50, WEIGHT, OBJECTIVE if paced else PATIENT)
    kind, share = failure.before
    if paced:
        drill.feel(kind, share=share, pace_s=PACE_S, slow_s=PACE_S * TIMES_SLOWER)
    else:
        drill.feel(kind, share=share)
    drill.practise()
    before, mark = len(drill.changes()), field.since("blue")["next"]
    if field.read()["weight"] != WEIGHT:
        return None
    drill.feel(failure.kind, share=failure.share)
    drill.lowered()
    time.sleep(_LAST_S)
    rows = field.since("blue", mark)["answers"]
    drill.feel("well", pace_s=0.0)
    reasons = [item["reason"] for item in drill.changes()[before:]]
    if reasons[:1] != [f"{failure.cause} rose"]:
        return None
    live = [row for row in rows if not row[4]]
    return [row[0] for row in live], [row[0] for row in live if is_bad(failure, row)]


def is_bad(failure: Failure, row: list[Any]) -> bool:
    """Whether the platform failed at this row ``[key, score, ms, code, mirror]``."""
    key, score, ms, code, _ = row
    if failure.kind == "slow":
        return float(ms) > PACE_S * TIMES_SLOWER * 1_000 * 0.9
    if failure.kind == "wrong":
        return score is not None and (score >= DECIDES) != (right(key) >= DECIDES)
    return int(code) >= HTTPStatus.INTERNAL_SERVER_ERROR


def right(key: str) -> float:
    """What the healthy model says to the load generator's question of this key."""
    return 1 / (1 + math.exp(-(sum(key.encode()) % 7 - 3 + 0.5)))


def judged(failure: Failure, found: list[Detection], notes: list[str]) -> list[Check]:
    """The figures of one failure against their bars."""
    name, said = f"drill.detect.{failure.name}", f"{failure.said}: first bad response to last"
    if not found:
        return [Claim(name, "C8", said).failed("; ".join(["no run gave a figure", *notes]))]
    spread = Spread(tuple(item.seconds for item in found))
    exposed = Spread(tuple(float(item.exposed) for item in found))
    beside = elsewhere(failure.seen_by_others, spread.p50, RATE * WEIGHT / 100)
    detail = [spread.told("s"), f"answers of the bad model: {exposed.told('answers')}", *beside, *notes]
    checks = [
        Claim(f"{name}.p50", "C8", f"{said}, median").at_most(
            failure.p50_s, round(spread.p50, 2), "s", detail
        ),
        Claim(f"{name}.p95", "C8", f"{said}, 95th percentile").at_most(
            failure.p95_s, round(spread.p95, 2), "s"
        ),
    ]
    if failure.exposed is not None:
        claim = Claim(f"{name}.exposed", "C8", f"{failure.said}: answers served by the bad model, median")
        checks.append(claim.at_most(failure.exposed, round(exposed.p50, 1), "answers"))
    return checks


def healthy(_: Drill, phase: Phase) -> list[Check]:
    """How often an hour without any failure ends in a rollback."""
    checks = []
    for per_second in (RATE * WEIGHT / 100, RATE * (1 + WEIGHT / 100)):
        phase.note(f"{HOURS} hours at {per_second:.0f} requests a second")
        shares = false_hours(HOURS, per_second)
        parts = [f"{name}: {share:.2%}" for name, share in shares.items() if name != "any"]
        detail = [f"{HOURS} simulated hours through the guard's detectors", *parts]
        said = f"share of healthy hours with a false rollback, {per_second:.0f} requests a second (simulated)"
        claim = Claim(f"drill.healthy.{per_second:.0f}", "C8", said)
        checks.append(claim.at_most(1.0, round(shares["any"] * 100, 2), "%", detail))
    return checks
