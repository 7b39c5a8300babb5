"""How critical, complex, entangled and exposed a workload is: sums of observations, each of which is said.

The points are ours; they order an estate for a conversation and measure nothing. Somebody who knows better
changes the definition that ``--write`` makes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ferry.assess.model import Kind, Score, Workload
from workloads.schedules import ScheduleError, shortest_gap

MOST = 10
Point = tuple[int, str]

_BUSY = 10_000
"""Requests a day from which an endpoint counts as busy."""
_LONG = 400
"""Lines of code from which reading alone takes a day."""
_HOUR, _DAY = 3600, 86_400
_URGENT = {"critical", "high", "tier1", "tier-1", "p1", "1"}
_IDLE = {"low", "deprecated", "experimental", "sandbox", "test", "p3", "3"}


def _score(points: Iterator[Point]) -> Score:
    found = list(points)
    total = sum(value for value, _ in found)
    return Score(max(0, min(MOST, total)), tuple(why for _, why in found))


def criticality(workload: Workload, readers: int) -> Score:
    """What stops when it stops. ``readers``: workloads that read what it writes."""
    return _score(_critical(workload, readers))


def _critical(workload: Workload, readers: int) -> Iterator[Point]:
    live = [part for part in workload.parts if part.kind is Kind.ENDPOINT and not part.off]
    if live:
        yield 4, "answers requests"
    machines = sum(part.machines for part in live)
    if machines > 1:
        yield min(2, machines - 1), f"{machines} instances serve it"
    asked = [part.requests for part in live if part.requests is not None]
    if sum(asked) >= _BUSY:
        yield 2, f"{sum(asked):,.0f} requests a day"
    elif asked and not sum(asked):
        yield -4, "nobody asked it in two weeks"
    yield from _clock(workload.cron)
    if readers:
        yield min(3, readers), f"read by others: {readers}"
    yield from _tagged(workload)
    if all(part.off for part in workload.parts):
        yield -4, "is switched off"


def _clock(cron: str) -> Iterator[Point]:
    if not cron:
        return
    try:
        gap = shortest_gap(cron).total_seconds()
    except ScheduleError:
        return
    points = 4 if gap <= _HOUR else 3 if gap <= _DAY else 2
    yield points, f'runs by the clock ("{cron}")'


def _tagged(workload: Workload) -> Iterator[Point]:
    for key, value in sorted({pair for part in workload.parts for pair in part.tags}):
        plain, name = value.lower(), key.lower()
        if name in {"criticality", "tier", "priority", "importance"} and plain in _URGENT:
            yield 2, f"its tag {key} is {value}"
        elif name in {"criticality", "tier", "priority", "importance", "status"} and plain in _IDLE:
            yield -3, f"its tag {key} is {value}"
        elif name in {"environment", "env", "stage"} and plain in {"prod", "production", "live"}:
            yield 1, f"its tag {key} is {value}"


def complexity(workload: Workload) -> Score:
    """How much there is to carry."""
    return _score(_complex(workload))


def _complex(workload: Workload) -> Iterator[Point]:
    parts = workload.parts
    lines = sum(part.lines for part in parts)
    if lines >= _LONG:
        yield min(3, lines // _LONG), f"{lines} lines of code"
    steps = sum(part.steps for part in parts if part.kind is Kind.PIPELINE)
    if steps > 1:
        yield min(3, steps // 2), f"a pipeline of {steps} steps"
    frameworks = {name for part in parts for name in part.frameworks} - {"sagemaker", "mlflow"}
    if len(frameworks) > 1:
        yield min(2, len(frameworks) - 1), f"{len(frameworks)} frameworks ({', '.join(sorted(frameworks))})"
    gpus = max(part.gpus for part in parts)
    if gpus:
        yield (3, f"{gpus} GPUs at once") if gpus > 1 else (2, "a GPU")
    if any(part.custom_image for part in parts):
        yield 1, "an image of its own"
    if any(part.kind is Kind.TUNING for part in parts):
        yield 1, "hyperparameters are searched"
    faults = sorted({fault for part in parts for fault in part.faults})
    if faults:
        yield min(2, len(faults)), "; ".join(faults)


def dependencies(workload: Workload, readers: int) -> Score:
    """Who else has to be asked."""
    return _score(_entangled(workload, readers))


def _entangled(workload: Workload, readers: int) -> Iterator[Point]:
    if workload.needs:
        yield min(4, 2 * len(workload.needs)), f"reads what {', '.join(workload.needs)} writes"
    if readers:
        yield min(3, readers), f"read by others: {readers}"
    stores = sorted({place.split("://")[0] for part in workload.parts for place in part.sources})
    if stores:
        yield min(4, len(stores)), f"data in {', '.join(stores)}"


def compliance(workload: Workload) -> Score:
    """What an auditor would ask about."""
    return _score(_exposed(workload))


def _exposed(workload: Workload) -> Iterator[Point]:
    secrets = [secret for part in workload.parts for secret in part.secrets]
    if secrets:
        kinds = ", ".join(sorted({secret.kind for secret in secrets}))
        yield 4, f"secrets in plain sight: {len(secrets)} ({kinds})"
    personal = sorted({word for part in workload.parts for word in part.personal})
    if personal:
        yield min(3, 1 + len(personal)), f"personal data ({', '.join(personal)})"
    exposures = {text for part in workload.parts for text in part.exposures}
    exposures = {text for text in exposures if not text.startswith("a secret in code")}
    if exposures:
        yield min(3, len(exposures)), "; ".join(sorted(exposures))
