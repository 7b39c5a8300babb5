"""How the project's own programs are started: the one place where pods and programs agree. Pure.

The image of ``images/ferry`` has the command ``ferry``. Its guard and its adapters are two of its verbs.
"""

from __future__ import annotations

from workloads.patterns.migration import MOUNT, POLICY, Names
from workloads.state import Slot

HTTP = 8080
"""Where an adapter answers: the Open Inference Protocol, ``/v2/health/ready`` and ``/v2/health/live``."""
COPIES = 8090
"""Where it takes copies of requests, answers unseen. A port of their own, because nothing in a copy says that
it is one: Envoy Gateway switches Envoy's mark (``-shadow`` in the host) off."""
METRICS = 9090
"""Where guard and adapters answer ``/metrics``, the guard also ``/healthz``: its heartbeat is fresh."""
TRITON = 8000
"""Where the model's server answers, beside its recorder in the same pod."""


def guard(names: Names) -> list[str]:
    """The guard of one workload. It reads its ConfigMap from the API server, as its own account."""
    return [
        "guard",
        names.workload,
        f"--namespace={names.namespace}",
        f"--metrics-port={METRICS}",
    ]


def watchdog(names: Names) -> list[str]:
    """The second pair of eyes on that guard, in a pod and on a node of its own."""
    return ["watchdog", names.workload]


def legacy_adapter() -> list[str]:
    """Before the old system: its language outwards, the Open Inference Protocol inwards. Records."""
    return ["adapter", "legacy", *_listening()]


def recorder(slot: Slot, digest: str) -> list[str]:
    """Before a slot's server, in its pod: records what it says, since Triton records nothing.

    Args:
        digest: of the version that the slot holds; evidence is about it.
    """
    upstream = f"--upstream=http://127.0.0.1:{TRITON}"
    return ["adapter", "platform", f"--slot={slot}", upstream, f"--model={digest}", *_listening()]


def batch_adapter(side: str) -> list[str]:
    """One run of batch work on one side, ``legacy`` or ``platform``, for the Job's logical date."""
    return ["adapter", "batch", f"--side={side}", f"--policy={MOUNT}/{POLICY}"]


def drift(names: Names) -> list[str]:
    """Whether what the platform says lately differs from what it said when it was accepted."""
    return ["drift", names.workload, f"--policy={MOUNT}/{POLICY}"]


def run(names: Names) -> list[str]:
    """One run of the workload's pipeline, unless one is under way; named after the Job that asks."""
    return ["run", names.workload, f"--account={names.training}"]


def _listening() -> list[str]:
    return [
        f"--policy={MOUNT}/{POLICY}",
        f"--port={HTTP}",
        f"--copies-port={COPIES}",
        f"--metrics-port={METRICS}",
    ]
