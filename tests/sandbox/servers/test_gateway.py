"""Requests go where the program's own objects say, through the real Envoy Gateway and the real Envoy, to the
real Triton (B4, B6).

One run for all claims, in a network of its own. What is not proved here: that the API server holds those
objects (the rehearsal), and anything about the load balancer before the proxies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.isolation import probe, run_isolated
from sandbox.servers.dump import mappings
from sandbox.toolchain import Toolchain
from tests.sandbox.servers.way_in import REQUESTS

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def seen(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What `way_in.py` saw."""
    if not probe().allowed:
        pytest.skip(f"Envoy Gateway needs a network of its own: {probe().reason}")
    home = tmp_path_factory.mktemp("way-in")
    tools, out = home / "tools.json", home / "out.json"
    tools.write_text(json.dumps(toolchain.paths(), default=str))
    argv = [sys.executable, "-m", "tests.sandbox.servers.way_in", *map(str, (tools, out, home / "state"))]
    code = run_isolated(argv)
    logs = "\n".join(path.read_text(errors="replace")[-3000:] for path in (home / "state").rglob("*.log"))
    assert code == 0, logs
    found: Seen = json.loads(out.read_text())
    return found


def test_weights_of_a_route_are_respected(seen: Seen) -> None:
    """B6: three quarters to blue; five standard deviations around it."""
    split = seen["split"]
    assert set(split) == {"blue", "green"}
    deviation = (REQUESTS * 0.75 * 0.25) ** 0.5
    assert abs(split["blue"] - 0.75 * REQUESTS) < 5 * deviation


def test_edited_weight_moves_everything_and_loses_nothing(seen: Seen) -> None:
    """B6, C6."""
    assert seen["edited"] == {"green": 50}


def test_model_answers_the_open_inference_protocol_through_the_gateway(seen: Seen) -> None:
    """B4: fetched by the pod's own script, served with its own arguments, routed by its own HTTPRoute."""
    assert seen["fetched"] == 0
    assert seen["inferred"] == pytest.approx([0.6456563], abs=1e-6)


def test_inference_goes_on_when_the_store_is_gone(seen: Seen) -> None:
    """B4: a ready pod asks nobody: S3 is stopped, and there was never an API server or an MLflow."""
    assert seen["store_answers"] is False
    assert seen["alone"] == [pytest.approx([0.6456563], abs=1e-6)] * 20


def test_model_control_is_not_reachable_from_outside(seen: Seen) -> None:
    """B4: `/v2/repository` would load and unload models."""
    assert seen["refused_path"] == "404"


def test_triton_serves_the_figure_that_the_autoscaler_watches(seen: Seen) -> None:
    """B4."""
    assert "nv_inference_queue_duration_us" in seen["metrics"]
    assert "nv_inference_request_success" in seen["metrics"]


def test_envoy_was_told_to_allow_many_retries_and_which(seen: Seen) -> None:
    """B6: read back from Envoy itself; its default of three lost two fifths of the requests."""
    clusters = [item for item in named(seen["dump"], "thresholds") if item.get("max_retries")]
    assert clusters
    assert {item["max_retries"] for item in clusters} == {1024}
    policies = list(mappings(seen["dump"], "retry_policy"))
    assert policies
    assert all("connect-failure" in policy["retry_on"] for policy in policies)


def named(tree: Any, key: str) -> Iterator[Any]:
    """Every element of every list at ``key``, anywhere."""
    for value in mappings(tree, key):
        yield from value


def test_state_directory_is_the_only_place_that_is_written_to(seen: Seen) -> None:
    """B6: nothing of Envoy Gateway's appears in the user's home."""
    assert seen["started_s"] >= 0
    assert not (Path.home() / ".config" / "envoy-gateway").exists()
