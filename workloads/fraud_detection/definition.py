"""Whether a card payment is fraudulent."""

from workloads.search import Parameter, SearchSpec
from workloads.spec import (
    LegacySpec,
    MetricSpec,
    ModelSpec,
    OnlineSlo,
    Pattern,
    ScheduleSpec,
    Serving,
    Slo,
    Soak,
    Tolerances,
    Wave,
    WorkloadSpec,
)

WORKLOAD = WorkloadSpec(
    name="fraud-detection",
    what="whether a card payment is fraudulent",
    owner="payments-risk",
    pattern=Pattern.REBUILD_AND_ENHANCE,
    serving=Serving.ONLINE,
    priority=1,
    impact_usd=5_000_000,
    wave=Wave.HIGH_IMPACT,
    legacy=LegacySpec(kind="sagemaker", name="fraud-detection-prod", timeout_ms=1_000),
    model=ModelSpec(name="fraud-detection", framework="pytorch", gpu=True),
    tolerances=Tolerances(
        metrics=(
            MetricSpec(name="auc", tolerance=0.01, planned_sd=0.2),
            MetricSpec(name="f1", tolerance=0.02, planned_sd=0.4),
            MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),
        ),
    ),
    slo=Slo(online=OnlineSlo(p99_ms=50.0, error_rate=0.001)),
    schedule=ScheduleSpec(cron="0 2 * * *", longest_minutes=240),
    features=(
        "card-transactions",
        "merchant-risk",
    ),
    search=SearchSpec(
        metric="test_auc_roc",
        goal=0.95,
        parameters=(
            Parameter(name="learning_rate", kind="double", low=0.0001, high=0.01),
            Parameter(name="hidden_dim", kind="int", low=64, high=256, step=32),
            Parameter(name="dropout", kind="double", low=0.0, high=0.5),
        ),
    ),
    soak=Soak(platform_days=14, standby_days=30),
)
