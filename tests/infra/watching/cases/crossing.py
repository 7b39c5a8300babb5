"""The crossing and the guard."""

from __future__ import annotations

from tests.infra.watching.cases.case import Case, Near, Series
from tests.infra.watching.cases.promise import FRAUD

HEART = "ferry_guard_heartbeat_timestamp_seconds"
WEIGHT, CEILING = 'ferry_guard_weight{workload="fraud"}', 'ferry_guard_ceiling{workload="fraud"}'
LATCHED = 'ferry_guard_latched{workload="fraud"}'


def both(platform_bad: int, legacy_bad: int) -> Series:
    """A hundred requests a minute to each side, so many of which fail."""
    series = 'inference_requests_total{workload="fraud",side="%s",traffic="live",code="%s"}'
    return {
        series % ("platform", "200"): f"0+{100 - platform_bad}x60",
        series % ("platform", "500"): f"0+{platform_bad}x60",
        series % ("legacy", "200"): f"0+{100 - legacy_bad}x60",
        series % ("legacy", "500"): f"0+{legacy_bad}x60",
    }


def shadow(disagreements: int) -> Series:
    """A hundred compared answers a minute."""
    return {
        'ferry_shadow_compared_total{workload="fraud"}': "0+100x60",
        'ferry_shadow_disagreements_total{workload="fraud"}': f"0+{disagreements}x60",
    }


def confidence(before: float, now: float) -> Series:
    """Mean confidence of a hundred predictions each half hour: a week, then two hours."""
    return {
        'model_confidence_count{workload="fraud"}': "0+100x340",
        'model_confidence_sum{workload="fraud"}': f"0+{before * 100:g}x335 "
        f"{before * 33500 + now * 100:g}+{now * 100:g}x6",
    }


CASES = (
    Case(
        "GuardSilent",
        {HEART: "0+60x10 _x10"},
        at="20m",
        labels={},
        summary="The guard's last heartbeat is 10m 0s old: nobody would roll back",
        quiet=(
            Near("it beats", {HEART: "0+60x20"}, "20m"),
            Near("one late heartbeat", {HEART: "0+60x18 1080 1200"}, "19m"),
        ),
    ),
    Case(
        "WeightAboveCeiling",
        {WEIGHT: "50x20", CEILING: "25x20"},
        at="5m",
        labels=FRAUD,
        summary="fraud: 50% of traffic goes to the platform, more than was reviewed",
        quiet=(Near("at the ceiling", {WEIGHT: "25x20", CEILING: "25x20"}, "5m"),),
    ),
    Case(
        "RolledBack",
        {LATCHED: "0x5 1x10"},
        at="10m",
        labels=FRAUD,
        summary="fraud was rolled back to its legacy side and stays there until its epoch is raised",
        quiet=(Near("the epoch was raised", {LATCHED: "0x5 1x10 0x10"}, "20m"),),
    ),
    Case(
        "PlatformWorseThanLegacy",
        both(4, 2),
        at="40m",
        labels=FRAUD,
        summary="fraud: the platform fails 2% more often than legacy",
        quiet=(
            Near("both fail alike: it is not the platform", both(4, 4), "40m"),
            Near("the legacy side is worse", both(2, 6), "40m"),
        ),
    ),
    Case(
        "ShadowDisagrees",
        shadow(6),
        at="50m",
        labels=FRAUD,
        summary="fraud: the sides disagree on 6% of requests",
        quiet=(
            Near("within C7's 5%", shadow(4), "50m"),
            Near("not for ten minutes yet", shadow(6), "8m"),
        ),
    ),
    Case(
        "ModelConfidenceShifted",
        confidence(0.9, 0.6),
        at="170h",
        labels=FRAUD,
        summary="fraud: mean confidence is 0.30 away from last week's",
        interval="30m",
        quiet=(Near("as last week", confidence(0.9, 0.85), "170h"),),
    ),
)
