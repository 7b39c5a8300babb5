"""A served model, as data and as the component registers it (B4).

Proves what is asked for. That the API server admits it and a scheduler places it, and that the real Triton
serves with these arguments, is proved elsewhere.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pydantic import ValidationError

from infra.roles import Identity
from infra.scope import Scope
from infra.specs.triton import ModelSpec, TritonSpec
from infra.triton import RouteTo, Triton, TritonArgs, pod, scaling
from infra.triton.component import network_policy, read_model, route
from tests.infra.engine import Made, run
from tests.infra.test_policies import may

IMAGE = f"registry.example/x@sha256:{'0' * 64}"
MODEL = ModelSpec(name="churn", prefix="churn/7/", digest=f"sha256:{'1' * 64}")
SCOPE = Scope("ferry-prod", "123456789012", "us-east-1")
KEY = "arn:aws:kms:us-east-1:123456789012:key/data"


def spec(**more: Any) -> TritonSpec:
    return TritonSpec.model_validate({"image": IMAGE, "fetch_image": IMAGE, "model": MODEL, **more})


def template(**more: Any) -> dict[str, Any]:
    return pod.template("churn", spec(**more), "models", "us-east-1", "on-demand")


def container(kind: str = "containers", **more: Any) -> dict[str, Any]:
    (found,) = template(**more)["spec"][kind]
    only: dict[str, Any] = found
    return only


def made(**more: Any) -> Made:
    def program() -> None:
        identity = Identity(pulumi.Output.from_input("arn:oidc"), pulumi.Output.from_input("https://issuer"))
        to = RouteTo({"name": "ferry", "namespace": "gateway"}, "ml.example.com")
        args = TritonArgs(SCOPE, spec(**more), identity, "serving", "models", KEY, [{"a": "b"}], to)
        Triton("churn", args)

    return run(program)


# --- the pod ------------------------------------------------------------------------------------------------


def test_only_the_reviewed_model_is_loaded_and_none_by_a_request() -> None:
    """B4: explicit model control."""
    arguments = container()["args"]
    assert {"--model-control-mode=explicit", "--load-model=churn"} <= set(arguments)
    repositories = [item for item in arguments if item.startswith("--model-repository")]
    assert repositories == ["--model-repository=/models"]


def test_ready_means_that_the_model_answers() -> None:
    """B4: readiness of the model, not only of the server."""
    found = container()
    for probe in ("startupProbe", "readinessProbe"):
        assert found[probe]["httpGet"]["path"] == "/v2/models/churn/ready"
    assert found["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"


def test_serving_container_knows_no_store_registry_or_api() -> None:
    """B4: a ready pod has no run-time dependency; the cache is all it has, and it cannot write to it."""
    found = container()
    told = " ".join([*found["args"], *(entry["value"] for entry in found["env"])])
    assert not any(word in told for word in ("s3", "models/churn", "mlflow", "://", "KUBERNETES"))
    assert {"name": "cache", "mountPath": "/models", "readOnly": True} in found["volumeMounts"]
    assert template()["spec"]["automountServiceAccountToken"] is False


def test_init_container_is_told_the_reviewed_digest() -> None:
    """B4."""
    found = container("initContainers")
    told = {entry["name"]: entry["value"] for entry in found["env"]}
    assert (told["DIGEST"], told["PREFIX"], told["CACHE"]) == (MODEL.digest, MODEL.prefix, pod.CACHE)
    assert found["command"] == ["python3", "/opt/ferry/fetch.py"]


def test_another_model_is_another_pod() -> None:
    """B4: so that a changed digest rolls the deployment."""
    other = MODEL.model_copy(update={"digest": f"sha256:{'2' * 64}"})
    assert template()["metadata"] != template(model=other)["metadata"]


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_pod_meets_the_restricted_level(kind: str) -> None:
    """B4, B9."""
    assert container(kind)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    security = template()["spec"]["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}


def test_gpu_pod_asks_for_gpus_and_tolerates_their_nodes() -> None:
    """B4, A3: what a NodePool answers."""
    assert container(gpus=1)["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert template(gpus=1)["spec"]["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_cpu_variant_differs_by_configuration_only() -> None:
    """B4: image, arguments and probes are the same."""
    gpu, cpu = container(gpus=1), container(gpus=0)
    assert {key for key in gpu if gpu[key] != cpu[key]} == {"resources"}
    assert template(gpus=0)["spec"]["tolerations"] == []


def test_pod_that_goes_answers_until_nobody_sends_to_it() -> None:
    """B4: preStop, then Triton's own end, within the grace that the kubelet gives."""
    found = template()["spec"]
    waits = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert f"--exit-timeout-secs={pod.IN_FLIGHT_SECONDS}" in container()["args"]
    assert found["terminationGracePeriodSeconds"] > waits + pod.IN_FLIGHT_SECONDS


def test_replicas_stand_in_different_zones() -> None:
    """B4."""
    zone = template()["spec"]["topologySpreadConstraints"][0]
    assert zone["topologyKey"] == "topology.kubernetes.io/zone"
    assert zone["whenUnsatisfiable"] == "DoNotSchedule"


# --- how many -----------------------------------------------------------------------------------------------


def test_autoscaler_watches_the_queue_and_asks_the_adapter_for_it() -> None:
    """B4."""
    found = scaling.autoscaler("churn", 2, 4, spec(queue_ms=20))
    wait = found["metrics"][0]["pods"]
    assert wait["metric"]["name"] == scaling.RULE["name"]["as"]
    assert wait["target"] == {"type": "AverageValue", "averageValue": "20000"}
    assert "nv_inference_queue_duration_us" in scaling.RULE["metricsQuery"]


def test_on_spot_a_fixed_floor_stays_on_demand() -> None:
    """B4: when AWS takes every spot node back at once, the floor answers."""
    assert scaling.shares(spec(capacity="spot", on_demand_floor=2, replicas=3, max_replicas=6)) == [
        ("on-demand", 2, 2),
        ("spot", 1, 4),
    ]
    found = made(capacity="spot", on_demand_floor=1, replicas=2, max_replicas=4)
    deployments = found.of("kubernetes:apps/v1:Deployment")
    nodes = {
        item.inputs["metadata"]["name"]: item.inputs["spec"]["template"]["spec"]["nodeSelector"]
        for item in deployments
    }
    assert nodes == {
        "churn": {"karpenter.sh/capacity-type": "spot"},
        "churn-floor": {"karpenter.sh/capacity-type": "on-demand"},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": "spot"},
        {"capacity": "spot", "on_demand_floor": 4, "max_replicas": 4},
        {"on_demand_floor": 1},
        {"replicas": 5, "max_replicas": 4},
        {"model": {"name": "churn", "prefix": "/churn", "digest": MODEL.digest}},
        {"model": {"name": "churn", "prefix": "churn/", "digest": "latest"}},
        {"image": "nvcr.io/nvidia/tritonserver:26.07-py3"},
    ],
)
def test_spec_that_could_not_serve_is_refused(wrong: dict[str, Any]) -> None:
    """B4."""
    with pytest.raises(ValidationError):
        spec(**wrong)


# --- around it ----------------------------------------------------------------------------------------------


def test_role_reads_its_own_model_and_nothing_else() -> None:
    """B4, A4."""
    found = read_model("models", "churn/7/", KEY, "us-east-1")
    assert may(found, "s3:GetObject", "arn:aws:s3:::models/churn/7/1/model.py")
    assert not may(found, "s3:GetObject", "arn:aws:s3:::models/fraud/1/model.py")
    assert not may(found, "s3:PutObject", "arn:aws:s3:::models/churn/7/1/model.py")
    assert not may(found, "kms:Decrypt", KEY)


def test_route_leads_to_inference_and_not_to_model_control() -> None:
    """B4: `/v2/repository` would load and unload models."""
    found = route("churn", "churn", RouteTo({"name": "ferry"}, "ml.example.com"))
    (rule,) = found["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/v2/models/churn"}}]


def test_only_callers_reach_it_and_it_reaches_names_and_https_only() -> None:
    """B4, B9."""
    found = network_policy("churn", [{"kubernetes.io/metadata.name": "gateway"}])
    (way,) = found["ingress"]
    assert way["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}]
    assert {port["port"] for port in found["egress"][0]["ports"]} == {53, 443}


def test_autoscaled_replicas_are_left_to_the_autoscaler_and_one_pod_goes_at_a_time() -> None:
    """B4."""
    found = made()
    assert len(found.of("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")) == 1
    budget = found.one("kubernetes:policy/v1:PodDisruptionBudget", "budget").inputs["spec"]
    assert budget["maxUnavailable"] == 1
    deployment = found.one("kubernetes:apps/v1:Deployment", "on-demand").inputs["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert found.one("kubernetes:core/v1:ConfigMap", "fetch").inputs["data"]["fetch.py"] == pod.SCRIPT
