"""Who should hear of which campaign."""

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
    name="marketing-campaigns",
    what="who should hear of which campaign",
    owner="marketing",
    pattern=Pattern.LIFT_AND_SHIFT,
    serving=Serving.BATCH,
    priority=2,
    impact_usd=800_000,
    wave=Wave.MEDIUM_IMPACT,
    legacy=LegacySpec(kind="notebook", name="campaign-scoring.ipynb"),
    model=ModelSpec(name="marketing-campaigns", framework="python"),
    tolerances=Tolerances(
        metrics=(
            MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),
            MetricSpec(name="f1", tolerance=0.02, planned_sd=0.4),
        ),
    ),
    slo=Slo(batch=BatchSlo(deadline_minutes=480)),
    schedule=ScheduleSpec(cron="0 6 * * 1", longest_minutes=240),
    features=(
        "campaign-responses",
        "customer-profile",
    ),
)
