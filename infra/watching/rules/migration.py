"""The crossing: is the platform as good as what it replaces, is the guard awake (requirement B7, C7, C8)."""

from __future__ import annotations

from infra.watching.rules.model import Alert, Group, Recording, Severity

WORSE_BY = 0.01
"""Errors that the platform may have above the legacy side, as a share of requests."""
DISAGREEMENT = 0.05
"""C7: less than 5% degradation overall."""
CONFIDENCE_SHIFT = 0.1
"""A model's mean confidence moves by less in ordinary weeks; a judgement, to be set from your own data."""
SILENCE_S = 60
"""The guard renews its heartbeat every few seconds; a minute is many missed."""

SIDE_ERRORS = "workload_side:inference_errors:ratio_rate15m"
CONFIDENCE_HOUR = "workload:model_confidence:mean1h"
CONFIDENCE_WEEK = "workload:model_confidence:mean1w"


def _mean(window: str) -> str:
    total, count = (f"model_confidence_{part}[{window}]" for part in ("sum", "count"))
    return f"sum by (workload) (increase({total})) / sum by (workload) (increase({count}))"


def _errors_by_side() -> str:
    every = "sum by (workload, side) (rate(inference_requests_total[15m]))"
    bad = 'sum by (workload, side) (rate(inference_requests_total{code=~"5.."}[15m]))'
    return f"({bad} or 0 * {every}) / {every}"


_DISAGREEING = (
    "sum by (workload) (rate(ferry_shadow_disagreements_total[30m])) "
    "/ sum by (workload) (rate(ferry_shadow_compared_total[30m]))"
)

ALERTS = (
    Alert(
        "GuardSilent",
        # Over a day, because the series ends with the guard, and the alert must not end with it.
        f"time() - max(max_over_time(ferry_guard_heartbeat_timestamp_seconds[1d])) > {SILENCE_S}",
        Severity.CRITICAL,
        "The guard's last heartbeat is {{ $value | humanizeDuration }} old: nobody would roll back",
        lasting="1m",
    ),
    Alert(
        "WeightAboveCeiling",
        "max by (workload) (ferry_guard_weight) > on (workload) max by (workload) (ferry_guard_ceiling)",
        Severity.CRITICAL,
        "{{ $labels.workload }}: {{ $value }}% of traffic goes to the platform, more than was reviewed",
        lasting="1m",
    ),
    Alert(
        "RolledBack",
        "max by (workload) (ferry_guard_latched) == 1",
        Severity.CRITICAL,
        "{{ $labels.workload }} was rolled back to its legacy side and stays there until its epoch is raised",
    ),
    Alert(
        "PlatformWorseThanLegacy",
        f'{SIDE_ERRORS}{{side="platform"}} - ignoring (side) {SIDE_ERRORS}{{side="legacy"}} > {WORSE_BY}',
        Severity.WARNING,
        "{{ $labels.workload }}: the platform fails {{ $value | humanizePercentage }} more often than legacy",
        lasting="10m",
    ),
    Alert(
        "ShadowDisagrees",
        f"{_DISAGREEING} > {DISAGREEMENT}",
        Severity.WARNING,
        "{{ $labels.workload }}: the sides disagree on {{ $value | humanizePercentage }} of requests",
        lasting="10m",
    ),
    Alert(
        "ModelConfidenceShifted",
        f"abs({CONFIDENCE_HOUR} - {CONFIDENCE_WEEK}) > {CONFIDENCE_SHIFT}",
        Severity.WARNING,
        '{{ $labels.workload }}: mean confidence is {{ printf "%.2f" $value }} away from last week\'s',
        lasting="30m",
    ),
)

GROUP = Group(
    "ferry-migration",
    "basic_metrics",
    alerts=ALERTS,
    recordings=(
        Recording(SIDE_ERRORS, _errors_by_side()),
        Recording(CONFIDENCE_HOUR, _mean("1h")),
        Recording(CONFIDENCE_WEEK, _mean("1w")),
    ),
)
