"""Mutants of the way in and of served models (B4, B6)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_WAY_IN = "tests/infra/gateway/test_gateway.py::test"
_SERVED = "tests/infra/triton/test_triton.py::test"
_FETCHED = "tests/infra/triton/test_fetch.py::test"

SERVED: tuple[Mutant, ...] = (
    Mutant(
        "B6",
        "infra/gateway/manifests.py",
        "PARALLEL_RETRIES = 1024",
        "PARALLEL_RETRIES = 3",
        f"{_WAY_IN}_retries_may_be_many_at_once_and_repeat_nothing_that_was_begun",
    ),
    Mutant(
        "B6",
        "infra/gateway/manifests.py",
        '"namespaces": {"from": "Selector", "selector": {"matchLabels": ROUTES}},',
        '"namespaces": {"from": "All"},',
        f"{_WAY_IN}_routes_of_unlabelled_namespaces_are_not_taken",
    ),
    Mutant(
        "B6",
        "infra/gateway/policy.py",
        'return {"StringEquals": {f"aws:ResourceTag/{TAG}": self.cluster}}',
        "return {}",
        f"{_WAY_IN}_controller_may_touch_nothing_else",
    ),
    Mutant(
        "B6",
        "sandbox/servers/routes.py",
        'if dig(endpoint, ("conditions", "ready")) is False or pod.get("kind") != "Pod":',
        'if pod.get("kind") != "Pod":',
        "tests/sandbox/servers/test_routes.py::test_only_ready_pods_are_sent_to",
    ),
    Mutant(
        "B4",
        "infra/triton/pod.py",
        '"--model-control-mode=explicit",',
        "",
        f"{_SERVED}_only_the_reviewed_model_is_loaded_and_none_by_a_request",
    ),
    Mutant(
        "B4",
        "infra/triton/pod.py",
        'model = {"httpGet": {"path": f"/v2/models/{spec.model.name}/ready", "port": "http"}}',
        'model = {"httpGet": {"path": "/v2/health/ready", "port": "http"}}',
        f"{_SERVED}_ready_means_that_the_model_answers",
    ),
    Mutant(
        "B4",
        "infra/triton/fetch.py",
        "if digest_of(target) != expected:",
        "if not digest_of(target):",
        f"{_FETCHED}_changed_file_is_refused_and_nothing_of_it_is_served",
    ),
    Mutant(
        "B4",
        "infra/triton/scaling.py",
        'return [("on-demand", floor, floor), ("spot", *rest)]',
        'return [("spot", *rest)]',
        f"{_SERVED}_on_spot_a_fixed_floor_stays_on_demand",
    ),
)
