"""Which delivery will be late."""

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
    name="supply-chain",
    what="which delivery will be late",
    owner="supply",
    pattern=Pattern.REFACTOR_AND_OPTIMIZE,
    serving=Serving.BOTH,
    priority=2,
    impact_usd=600_000,
    wave=Wave.MEDIUM_IMPACT,
    legacy=LegacySpec(kind="http", name="delivery-risk.internal"),
    model=ModelSpec(name="supply-chain", framework="fil"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="auc", tolerance=0.01, planned_sd=0.2),),
    ),
    slo=Slo(online=OnlineSlo(p99_ms=300.0, error_rate=0.005), batch=BatchSlo(deadline_minutes=120)),
    schedule=ScheduleSpec(cron="15 */6 * * *", longest_minutes=60),
    features=(
        "suppliers",
        "stock-movements",
    ),
)
