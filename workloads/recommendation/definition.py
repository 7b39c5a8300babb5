"""What a customer may want next."""

from workloads.spec import (
    LegacySpec,
    MetricSpec,
    ModelSpec,
    OnlineSlo,
    Pattern,
    ScheduleSpec,
    Serving,
    Slo,
    Tolerances,
    Wave,
    WorkloadSpec,
)

WORKLOAD = WorkloadSpec(
    name="recommendation",
    what="what a customer may want next",
    owner="personalisation",
    pattern=Pattern.REFACTOR_AND_OPTIMIZE,
    serving=Serving.ONLINE,
    priority=1,
    impact_usd=3_000_000,
    wave=Wave.HIGH_IMPACT,
    legacy=LegacySpec(kind="http", name="recommender.internal"),
    model=ModelSpec(name="recommendation", framework="pytorch", gpu=True),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="auc", tolerance=0.01, planned_sd=0.2),),
    ),
    slo=Slo(online=OnlineSlo(p99_ms=100.0, error_rate=0.001)),
    schedule=ScheduleSpec(cron="0 1 * * *", longest_minutes=300),
    features=(
        "browsing",
        "item-catalogue",
        "customer-profile",
    ),
)
