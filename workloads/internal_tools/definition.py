"""Models behind internal tools, such as ticket routing."""

from workloads.spec import (
    LegacySpec,
    MetricSpec,
    ModelSpec,
    OnlineSlo,
    Pattern,
    Serving,
    Slo,
    Tolerances,
    Wave,
    WorkloadSpec,
)

WORKLOAD = WorkloadSpec(
    name="internal-tools",
    what="models behind internal tools, such as ticket routing",
    owner="it",
    pattern=Pattern.LIFT_AND_SHIFT,
    serving=Serving.ONLINE,
    priority=3,
    impact_usd=0,
    wave=Wave.REST,
    legacy=LegacySpec(kind="http", name="tools-models.internal"),
    model=ModelSpec(name="internal-tools", framework="python"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),),
        training_time=None,
    ),
    slo=Slo(online=OnlineSlo(p99_ms=500.0, error_rate=0.01)),
)
