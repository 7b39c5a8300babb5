"""How much of each item will be needed where."""

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
    name="inventory-forecasting",
    what="how much of each item will be needed where",
    owner="supply",
    pattern=Pattern.REFACTOR_AND_OPTIMIZE,
    serving=Serving.BATCH,
    priority=2,
    impact_usd=1_000_000,
    wave=Wave.MEDIUM_IMPACT,
    legacy=LegacySpec(kind="cron", name="inventory-nightly"),
    model=ModelSpec(name="inventory-forecasting", framework="onnxruntime"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),),
    ),
    slo=Slo(batch=BatchSlo(deadline_minutes=240)),
    schedule=ScheduleSpec(cron="0 22 * * *", longest_minutes=180),
    features=(
        "stock-movements",
        "item-catalogue",
    ),
)
