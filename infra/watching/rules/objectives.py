"""The promise to callers: 99.9% of requests answered, each workload's own latency (requirement B7, E5).

Several windows and burn rates at once, after *The Site Reliability Workbook*, chapter 5: an alert wants both
a long window (the budget is really being spent) and a short one (it still is, so that the alert ends with the
trouble). A burn rate of 1 spends the month's budget in a month.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.watching.rules.model import Alert, Group, Recording, Severity

OBJECTIVE = 0.999
"""Share of requests that are answered without a server's error; E5's figure for ``enterprise``."""
BUDGET = round(1 - OBJECTIVE, 6)
FEWEST_ERRORS = 5
"""So many failed requests in the long window before somebody is woken: in a quiet hour one failed request of
sixty would be a burn rate of 16."""


@dataclass(frozen=True)
class Burn:
    """One row of the workbook's table.

    Attributes:
        name: of the alert.
        rate: of burning; 14.4 for an hour is 2% of the month's budget.
        long: window over which it is measured.
        short: a twelfth of it, so that the alert ends soon after its cause.
    """

    name: str
    rate: float
    long: str
    short: str
    severity: Severity


BURNS = (
    Burn("InferenceErrorBudgetBurnsFast", 14.4, "1h", "5m", Severity.CRITICAL),
    Burn("InferenceErrorBudgetBurns", 6, "6h", "30m", Severity.CRITICAL),
    Burn("InferenceErrorBudgetBurnsSlowly", 3, "1d", "2h", Severity.WARNING),
    Burn("InferenceErrorBudgetLeaks", 1, "3d", "6h", Severity.WARNING),
)

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def ratio(window: str) -> str:
    """Name of the recorded share of failed requests over a window."""
    return f"workload:inference_errors:ratio_rate{window}"


LATENCY = "workload:inference_latency_seconds:p99_rate5m"


def _failed(window: str) -> str:
    live = f'inference_requests_total{{traffic="live"}}[{window}]'
    bad = f'inference_requests_total{{traffic="live",code=~"5.."}}[{window}]'
    # Without `or` a workload that never failed would have no ratio at all, instead of zero.
    return (
        f"(sum by (workload) (rate({bad})) or 0 * sum by (workload) (rate({live}))) "
        f"/ sum by (workload) (rate({live}))"
    )


def _burning(burn: Burn) -> Alert:
    threshold = f"({burn.rate:g} * {BUDGET:g})"
    both = f"{ratio(burn.long)} > {threshold} and {ratio(burn.short)} > {threshold}"
    if burn.severity is Severity.CRITICAL:
        failed = f'increase(inference_requests_total{{traffic="live",code=~"5.."}}[{burn.long}])'
        both = f"{both} and sum by (workload) ({failed}) >= {FEWEST_ERRORS}"
    summary = (
        f"{{{{ $labels.workload }}}}: {{{{ $value | humanizePercentage }}}} of requests failed in "
        f"{burn.long}, {burn.rate:g} times what 99.9% allows"
    )
    return Alert(burn.name, both, burn.severity, summary)


_QUANTILE = (
    "histogram_quantile(0.99, sum by (workload, le) "
    '(rate(inference_latency_seconds_bucket{traffic="live"}[5m])))'
)

SLOW = Alert(
    "InferenceSlow",
    f"{LATENCY} > on (workload) group_left () max by (workload) (ferry_workload_latency_objective_seconds)",
    Severity.CRITICAL,
    "{{ $labels.workload }}: p99 is {{ $value | humanizeDuration }}, above its objective",
    lasting="10m",
)

NO_DATA = Alert(
    "InferenceNoData",
    'max by (workload) (ferry_workload_stage{stage=~"canary|platform|standby|retired"} == 1) '
    'unless on (workload) sum by (workload) (rate(inference_requests_total{traffic="live"}[15m])) > 0',
    Severity.CRITICAL,
    "{{ $labels.workload }} serves on the platform and no request is counted: no data is not healthy",
    lasting="15m",
)

GROUP = Group(
    "ferry-objectives",
    "basic_metrics",
    alerts=(*(_burning(burn) for burn in BURNS), SLOW, NO_DATA),
    recordings=(
        *(Recording(ratio(window), _failed(window)) for window in WINDOWS),
        Recording(LATENCY, _QUANTILE),
    ),
)
