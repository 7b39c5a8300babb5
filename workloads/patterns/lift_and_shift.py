"""C1: the code as it is, packaged, with figures that it never had, and a gradual switch."""

from __future__ import annotations

from workloads.patterns import deploying
from workloads.patterns.crossing import Crossing


class LiftAndShift(Crossing):
    """Slots hold the workload's own image: no model server, no feature store, no pipeline, no registry.

    Its code stays what it was, so the platform brings only what stands around it: recorder, figures, guard.
    """

    def provide(self) -> None:
        """Its image comes as every version does."""
        deploying.application(self)
