"""Who is about to leave."""

from workloads.spec import (
    BatchSlo,
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
    name="churn",
    what="who is about to leave",
    owner="customer-analytics",
    pattern=Pattern.LIFT_AND_SHIFT,
    serving=Serving.BOTH,
    priority=1,
    impact_usd=2_000_000,
    wave=Wave.PILOT,
    legacy=LegacySpec(kind="sagemaker", name="churn-prod"),
    model=ModelSpec(name="churn", framework="python"),
    tolerances=Tolerances(
        metrics=(
            MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),
            MetricSpec(name="auc", tolerance=0.01, planned_sd=0.2),
        ),
        degradation=0.1,
    ),
    slo=Slo(online=OnlineSlo(p99_ms=150.0, error_rate=0.001), batch=BatchSlo(deadline_minutes=120)),
    schedule=ScheduleSpec(cron="30 4 * * *", longest_minutes=90),
    features=(
        "customer-profile",
        "customer-activity",
        "billing-history",
    ),
)
