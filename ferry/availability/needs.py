"""What an inference pod needs while it serves: load balancer, node and Redis, and nothing else; pure.

Init containers may fetch what they like: they are done before the pod is Ready. What the serving containers
are told (arguments, environment) and whether the pod may talk to the API server is judged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]

FORBIDDEN = {
    "S3": re.compile(r"s3://|\.s3[.-][a-z0-9-]*\.?amazonaws\.com|as3://", re.IGNORECASE),
    "MLflow": re.compile(r"mlflow", re.IGNORECASE),
    "Postgres": re.compile(r"postgres(ql)?://|\.rds\.amazonaws\.com|:5432\b", re.IGNORECASE),
    "the Kubernetes API": re.compile(r"kubernetes\.default|KUBERNETES_SERVICE_HOST", re.IGNORECASE),
}
"""What would take inference down with it, and how a container's configuration gives it away."""


def needs(pod: Object) -> list[str]:
    """What a pod's serving containers need at run time and must not, a sentence each.

    Args:
        pod: the spec of a pod (``spec.template.spec`` of its controller).
    """
    found = [
        f"container {container['name']} is told of {what}: {_shown(pattern, container)}"
        for container in pod.get("containers") or ()
        for what, pattern in FORBIDDEN.items()
        if _shown(pattern, container)
    ]
    if pod.get("automountServiceAccountToken") is not False:
        found.append("the pod is given a token for the Kubernetes API (automountServiceAccountToken)")
    return found


def _shown(pattern: re.Pattern[str], container: Object) -> str:
    """The first value that gives it away; empty for none."""
    return next((text for text in _told(container) if pattern.search(text)), "")


def _told(container: Object) -> Iterator[str]:
    yield from map(str, container.get("command") or ())
    yield from map(str, container.get("args") or ())
    for entry in container.get("env") or ():
        source = json.dumps(entry["valueFrom"]) if "valueFrom" in entry else str(entry.get("value", ""))
        yield f"{entry['name']}={source}"
    yield from (json.dumps(source) for source in container.get("envFrom") or ())
