"""The promise to callers: budgets, latency, no data."""

from __future__ import annotations

from tests.infra.watching.cases.case import Case, Near, Series


def traffic(good: str, bad: str, *, live: str = "live") -> Series:
    """Answered and failed requests of one workload."""
    labels = f'workload="fraud",side="platform",traffic="{live}"'
    return {
        f'inference_requests_total{{{labels},code="200"}}': good,
        f'inference_requests_total{{{labels},code="503"}}': bad,
    }


def latency(fast: int, slow: int, objective: str = "0.25") -> Series:
    """So many requests a minute below 0.2 s, and so many between 0.5 and 1 s."""
    series = 'inference_latency_seconds_bucket{workload="fraud",side="platform",traffic="live",le="%s"}'
    every = fast + slow
    return {
        series % "0.2": f"0+{fast}x60",
        series % "0.5": f"0+{fast}x60",
        series % "1": f"0+{every}x60",
        series % "+Inf": f"0+{every}x60",
        'ferry_workload_latency_objective_seconds{workload="fraud"}': f"{objective}x60",
    }


STAGE = 'ferry_workload_stage{workload="fraud",stage="%s"}'
FRAUD = {"workload": "fraud"}

CASES = (
    Case(
        "InferenceErrorBudgetBurnsFast",
        traffic("0+980x90", "0+20x90"),
        at="70m",
        labels=FRAUD,
        summary="fraud: 2% of requests failed in 1h, 14.4 times what 99.9% allows",
        quiet=(
            Near("1.4% burns a little slower than 14.4 times", traffic("0+986x90", "0+14x90"), "70m"),
            Near(
                "it is over: the last five minutes are clean", traffic("0+980x90", "0+20x60 1200x30"), "75m"
            ),
            Near("three failed requests in an hour wake nobody", traffic("0+1x90", "0x40 3x50"), "60m"),
            Near("what is mirrored hurts no caller", traffic("0+980x90", "0+20x90", live="mirror"), "70m"),
        ),
    ),
    Case(
        "InferenceErrorBudgetBurns",
        traffic("0+4965x90", "0+35x90"),
        at="370m",
        labels=FRAUD,
        summary="fraud: 0.7% of requests failed in 6h, 6 times what 99.9% allows",
        interval="5m",
        quiet=(
            Near("0.5% burns five times", traffic("0+4975x90", "0+25x90"), "370m"),
            Near("the last half hour is clean", traffic("0+4965x90", "0+35x66 2310x24"), "370m"),
        ),
    ),
    Case(
        "InferenceErrorBudgetBurnsSlowly",
        traffic("0+9965x160", "0+35x160"),
        at="25h",
        labels=FRAUD,
        summary="fraud: 0.35% of requests failed in 1d, 3 times what 99.9% allows",
        interval="10m",
        quiet=(
            Near("0.2% burns twice", traffic("0+9980x160", "0+20x160"), "25h"),
            Near("the last two hours are clean", traffic("0+9965x160", "0+35x134 4690x26"), "25h"),
        ),
    ),
    Case(
        "InferenceErrorBudgetLeaks",
        traffic("0+9985x160", "0+15x160"),
        at="73h",
        labels=FRAUD,
        summary="fraud: 0.15% of requests failed in 3d, 1 times what 99.9% allows",
        interval="30m",
        quiet=(
            Near("0.05% is half of the budget", traffic("0+9995x160", "0+5x160"), "73h"),
            Near("the last six hours are clean", traffic("0+9985x160", "0+15x132 1980x28"), "73h"),
        ),
    ),
    Case(
        "InferenceSlow",
        latency(90, 10),
        at="25m",
        labels=FRAUD,
        summary="fraud: p99 is 950ms, above its objective",
        quiet=(
            Near("all are fast", latency(100, 0), "25m"),
            Near("this workload may be slow", latency(90, 10, objective="2"), "25m"),
            Near("not for ten minutes yet", latency(90, 10), "9m"),
        ),
    ),
    Case(
        "InferenceNoData",
        {STAGE % "canary": "1x60", **traffic("5x60", "0x60")},
        at="40m",
        labels=FRAUD,
        summary="fraud serves on the platform and no request is counted: no data is not healthy",
        quiet=(
            Near("its legacy side serves it", {STAGE % "legacy": "1x60", STAGE % "canary": "0x60"}, "40m"),
            Near("requests are counted", {STAGE % "canary": "1x60", **traffic("0+5x60", "0x60")}, "40m"),
        ),
    ),
)
