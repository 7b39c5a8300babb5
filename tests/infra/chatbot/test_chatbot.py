"""The chatbot beside the OCR pipeline (B12): off unless somebody asks for it, and then as fenced as the rest.

Its image is whoever's; what it answers is not Ferry's to prove.
"""

from __future__ import annotations

import functools
from typing import Any

from infra.chatbot import manifests
from infra.specs.chatbot import ChatbotSpec
from sandbox import kubelet
from tests.infra.engine import Made, Registered
from tests.infra.environments import build, made, settings
from tests.manifests.judges import schema
from tests.manifests.reach import Network, Outside, Pod
from tests.manifests.rendered import Rendered, whole

SPEC = ChatbotSpec(image=f"registry.example.com/chatbot@sha256:{'a' * 64}")


@functools.cache
def on() -> Made:
    """dev with the chatbot."""
    wanted = settings("dev")
    services = wanted.services.model_copy(update={"chatbot": SPEC})
    chosen = {**wanted.capabilities, "chatbot": True}
    return build(wanted.model_copy(update={"capabilities": chosen, "services": services}))


def own() -> list[Registered]:
    return [item for item in on().resources if item.name.startswith("chatbot")]


def objects() -> dict[str, dict[str, Any]]:
    """Its objects by kind and name."""
    found = [whole(item.inputs) for item in own() if item.type.startswith("kubernetes:")]
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in found}


def test_nobody_has_a_chatbot_who_did_not_ask_for_one() -> None:
    """B12: no level of the rollout includes it."""
    for environment in ("dev", "staging", "prod"):
        assert "chatbot" not in settings(environment).enabled
        assert not [item for item in made(environment).resources if "chatbot" in item.name]
    with_it, without = (
        {item.name for item in found.resources if item.type != "pulumi:pulumi:Stack"}
        for found in (on(), made("dev"))
    )
    assert with_it - without == {item.name for item in own()}


def test_everything_that_it_names_is_there_and_every_object_fits_its_schema() -> None:
    everything = [whole(item.inputs) for item in on().resources if item.type.startswith("kubernetes:")]
    written = [item for item in everything if "kind" in item]
    named = [
        {**item, "metadata": {**item["metadata"], "labels": labels(item)}}
        if item["kind"] == "Namespace"
        else item
        for item in written
    ]
    mine = [item for item in named if item["metadata"].get("namespace") == manifests.NAMESPACE]
    index = kubelet.Index(named)
    found = [ref for item in mine for ref in kubelet.references_of(item, index, kubelet.Options())]
    assert found
    assert [str(ref.unresolved()) for ref in found if ref.problem] == []
    for key in ("Deployment/chatbot", "Service/chatbot", "HorizontalPodAutoscaler/chatbot"):
        assert schema(Rendered("dev", objects()[key])) == ""


def labels(space: dict[str, Any]) -> dict[str, str]:
    """With the one that the API server gives."""
    meta = space["metadata"]
    return {**meta.get("labels", {}), "kubernetes.io/metadata.name": meta["name"]}


def test_it_asks_the_pipeline_by_way_of_the_gateway_whatever_side_answers_there() -> None:
    (container,) = objects()["Deployment/chatbot"]["spec"]["template"]["spec"]["containers"]
    env = {item["name"]: item["value"] for item in container["env"]}
    assert env["OCR_URL"] == "https://ml-dev.example.com/v2/models/ocr/infer"
    assert env["MODEL_STORE"].startswith("s3://ferry-dev-models")
    assert container["image"] == SPEC.image


def test_only_the_gateway_reaches_it_and_it_reaches_names_and_https_only() -> None:
    made_ = [
        {"metadata": {"name": n, "namespace": "chatbot"}, "spec": s} for n, s in manifests.fences().items()
    ]
    lets = Network(tuple(made_), {}).lets
    pod = Pod("chatbot", manifests.LABELS, address="10.20.1.10")
    assert lets(Pod("gateway", {}), pod, manifests.PORT)
    assert lets(pod, Outside("52.216.1.1"), 443)
    for source, target, port in (
        (Pod("fraud", {}), pod, manifests.PORT),
        (Pod("gateway", {}), pod, 22),
        (pod, Outside("169.254.169.254"), 80),
        (pod, Outside("10.20.240.20"), 5432),
        (pod, Pod("mlflow", {}, address="10.20.1.11"), 5000),
    ):
        assert not lets(source, target, port)


def test_it_reads_its_own_model_and_no_other() -> None:
    """A4."""
    find, read, decrypt = (item.as_dict() for item in manifests.read_model("models", "arn:key", "r"))
    assert read["Resource"] == "arn:aws:s3:::models/chatbot/*"
    assert find["Condition"] == {"StringLike": {"s3:prefix": "chatbot/*"}}
    assert {*read_actions(find), *read_actions(read)} == {"s3:ListBucket", "s3:GetObject"}
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": "s3.r.amazonaws.com"}}


def read_actions(statement: dict[str, Any]) -> list[str]:
    """Actions of a statement, one or many."""
    found = statement["Action"]
    return [found] if isinstance(found, str) else list(found)


def test_pods_are_counted_by_the_autoscaler_alone() -> None:
    """A number in both would be set back by every `up`."""
    assert "replicas" not in objects()["Deployment/chatbot"]["spec"]
    scaler = objects()["HorizontalPodAutoscaler/chatbot"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 4)
