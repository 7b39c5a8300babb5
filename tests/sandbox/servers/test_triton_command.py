"""Triton is started with its pod's own arguments, but for paths and ports (B4). Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.triton import pod
from sandbox.servers import triton
from sandbox.servers.triton import Here, TritonError
from tests.infra.triton.test_triton import template

HERE = Here(
    mounts={pod.CACHE: Path("/state/cache"), pod.FETCH: Path("/state/fetch"), "/tmp": Path("/state/tmp")},  # noqa: S108 - a path of the pod
    ports={"http": 40001, "grpc": 40002, "metrics": 40003},
    program=Path("/tools/site/pytriton/tritonserver/bin/tritonserver"),
)
ADDED = {
    "--http-address=127.0.0.1",
    "--grpc-address=127.0.0.1",
    "--metrics-address=127.0.0.1",
    "--backend-directory=/tools/site/pytriton/tritonserver/backends",
}


def test_every_argument_but_paths_and_ports_is_the_pods() -> None:
    """B4."""
    _, container = triton.containers(template())
    argv = triton.arguments(container, HERE)[1:]
    back = {"/state/cache": pod.CACHE, "40001": "8000", "40002": "8001", "40003": "8002"}
    told = [item for item in argv if item not in ADDED]
    for here, there in back.items():
        told = [item.replace(here, there) for item in told]
    assert told == container["args"]
    assert set(argv) >= ADDED


def test_fetching_runs_the_pods_own_script_with_its_own_variables() -> None:
    """B4."""
    fetch, _ = triton.containers(template())
    command = triton.fetching(fetch, HERE, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert str(command.argv[1]) == "/state/fetch/fetch.py"
    own = {item["name"]: item["value"] for item in fetch["env"]}
    told = dict(command.environment)
    assert told.pop("AWS_ENDPOINT_URL") == "http://127.0.0.1:1"
    assert told == {**own, "CACHE": "/state/cache", "HOME": "/state/tmp"}


def test_a_pod_of_another_shape_is_refused() -> None:
    """B4: not run in part."""
    other: dict[str, Any] = template()
    other["spec"]["containers"][0]["name"] = "side"
    with pytest.raises(TritonError, match="has to learn its new shape"):
        triton.containers(other)
