"""Models that nobody asks any more; retired without moving."""

from workloads.spec import (
    LegacySpec,
    Pattern,
    Serving,
    Wave,
    WorkloadSpec,
)

WORKLOAD = WorkloadSpec(
    name="deprecated",
    what="models that nobody asks any more; retired without moving",
    owner="it",
    pattern=Pattern.RETIRE,
    serving=Serving.BATCH,
    priority=3,
    impact_usd=0,
    wave=Wave.REST,
    legacy=LegacySpec(kind="script", name="deprecated/"),
)
