"""Experiments that teams keep running."""

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
    name="experimental",
    what="experiments that teams keep running",
    owner="research",
    pattern=Pattern.LIFT_AND_SHIFT,
    serving=Serving.BATCH,
    priority=3,
    impact_usd=0,
    wave=Wave.REST,
    legacy=LegacySpec(kind="notebook", name="experiments/"),
    model=ModelSpec(name="experimental", framework="python"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),),
        training_time=None,
    ),
    slo=Slo(batch=BatchSlo(deadline_minutes=720)),
    schedule=ScheduleSpec(cron="0 7 * * 6", longest_minutes=360),
)
