"""To which group a customer belongs."""

from workloads.spec import (
    BatchSlo,
    LegacySpec,
    MetricSpec,
    ModelSpec,
    Pattern,
    ScheduleSpec,
    Serving,
    Slo,
    Tolerances,
    Wave,
    WorkloadSpec,
)

WORKLOAD = WorkloadSpec(
    name="customer-segmentation",
    what="to which group a customer belongs",
    owner="customer-analytics",
    pattern=Pattern.LIFT_AND_SHIFT,
    serving=Serving.BATCH,
    priority=2,
    impact_usd=400_000,
    wave=Wave.MEDIUM_IMPACT,
    legacy=LegacySpec(kind="script", name="segment_customers.py"),
    model=ModelSpec(name="customer-segmentation", framework="python"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),),
    ),
    slo=Slo(batch=BatchSlo(deadline_minutes=720)),
    schedule=ScheduleSpec(cron="0 5 * * 0", longest_minutes=300),
    features=(
        "customer-profile",
        "customer-activity",
    ),
)
