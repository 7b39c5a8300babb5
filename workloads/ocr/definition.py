"""The text on a scanned document (the second worked example)."""

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
    name="ocr",
    what="the text on a scanned document (the second worked example)",
    owner="document-services",
    pattern=Pattern.REFACTOR_AND_OPTIMIZE,
    serving=Serving.ONLINE,
    priority=3,
    impact_usd=0,
    wave=Wave.REST,
    legacy=LegacySpec(kind="http", name="ocr.internal", timeout_ms=5_000),
    model=ModelSpec(name="ocr", framework="onnxruntime"),
    tolerances=Tolerances(
        metrics=(MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),),
    ),
    slo=Slo(online=OnlineSlo(p99_ms=2000.0, error_rate=0.005)),
)
