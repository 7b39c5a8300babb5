"""Which price an item should have."""

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
    name="price-optimisation",
    what="which price an item should have",
    owner="pricing",
    pattern=Pattern.REBUILD_AND_ENHANCE,
    serving=Serving.BOTH,
    priority=1,
    impact_usd=1_500_000,
    wave=Wave.HIGH_IMPACT,
    legacy=LegacySpec(kind="sagemaker", name="price-optimiser"),
    model=ModelSpec(name="price-optimisation", framework="onnxruntime"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),),
    ),
    slo=Slo(online=OnlineSlo(p99_ms=250.0, error_rate=0.001), batch=BatchSlo(deadline_minutes=90)),
    schedule=ScheduleSpec(cron="0 3 * * *", longest_minutes=60),
    features=(
        "prices-and-demand",
        "item-catalogue",
    ),
)
