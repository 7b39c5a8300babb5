"""Objects of charts' kinds against their real definitions (B5, B7, B9).

The definitions are those that a rehearsal applies. Stricter than the API server in one thing: a field that
they do not know is an error here, where the server drops it in silence. It cannot prove what webhooks and
validation rules (CEL) would say.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from infra.charts.values import prometheus_stack
from infra.cluster_services import manifests as shared
from infra.deploying import manifests as models
from infra.watching import manifests as watching
from infra.watching import rules, targets
from infra.watching.routing import routing
from sandbox.toolchain import Tool, Toolchain
from stacks.rollout import CAPABILITIES

SOURCE = models.Source("https://github.com/example/models.git", "main")
PLAN = prometheus_stack.Plan(2, 15, 20, "gp3-retain", "grafana.example.com", routing("#ml"))
OBJECTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "issuer of the authority": ("ClusterIssuer", "v1", shared.root_issuer()),
    "issuer of the cluster": ("ClusterIssuer", "v1", shared.internal_issuer()),
    "authority": ("Certificate", "v1", shared.authority()),
    "store of secrets": ("ClusterSecretStore", "v1", shared.secret_store("us-east-1")),
    "secret": (
        "ExternalSecret",
        "v1",
        shared.external_secret("ferry-dev", "slack", {"url": "", "user": "name"}),
    ),
    "project of models": ("AppProject", "v1alpha1", models.project(SOURCE, ["serving"])),
    "administrator of Grafana": ("ExternalSecret", "v1", watching.administrator()),
    "password": ("Password", "v1alpha1", watching.password()),
    **{
        f"rules {group['name']}": ("PrometheusRule", "v1", {"groups": [group]})
        for group in rules.written(frozenset(CAPABILITIES))["groups"]
    },
    **{f"monitor {item.name}": ("PodMonitor", "v1", targets.monitor(item)) for item in targets.TARGETS},
    "application": ("Application", "v1alpha1", models.application(SOURCE, "fraud-detection", "serving")),
}
"""What it is, to kind, version and spec."""


@functools.cache
def definitions() -> dict[str, dict[str, Any]]:
    """Kind to its definition, fetched by digest if they are not there yet."""
    chain = Toolchain.locate()
    chain.ensure([Tool.DEFINITIONS])
    folder: Path = chain.path(Tool.DEFINITIONS).parent
    read = (yaml.load(path.read_text(), yaml.CSafeLoader) for path in folder.glob("*/*.yaml"))
    return {
        item["spec"]["names"]["kind"]: item for item in read if item["kind"] == "CustomResourceDefinition"
    }


def schema(kind: str, version: str) -> dict[str, Any]:
    (found,) = [item for item in definitions()[kind]["spec"]["versions"] if item["name"] == version]
    assert found["served"]
    spec: dict[str, Any] = found["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec


def unknown(value: Any, known: dict[str, Any], path: str = "spec") -> Iterator[str]:
    """Fields of ``value`` that the definition does not name."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown(item, known.get("items", {}), f"{path}[{index}]")
    elif isinstance(value, dict) and "properties" in known:
        for name, item in value.items():
            if name not in known["properties"]:
                yield f"{path}.{name}"
            else:
                yield from unknown(item, known["properties"][name], f"{path}.{name}")


HELM_ONLY = {"SelectorNilUsesHelmValues", "storageSpec"}
"""Endings of keys under ``prometheusSpec`` that the chart itself understands; it passes on the others."""


@pytest.mark.parametrize(
    ("part", "key", "kind"),
    [("prometheus", "prometheusSpec", "Prometheus"), ("alertmanager", "alertmanagerSpec", "Alertmanager")],
)
def test_what_the_chart_passes_on_fits_the_operators_definitions(part: str, key: str, kind: str) -> None:
    """B7: Helm is silent about a key that it does not know."""
    told = prometheus_stack.values(PLAN)[part][key]
    passed = {name: value for name, value in told.items() if not name.endswith(tuple(HELM_ONLY))}
    storage = {"storage": told["storageSpec"]} if "storageSpec" in told else {}
    assert list(unknown(passed | storage, schema(kind, "v1"))) == []
    jsonschema.Draft4Validator(schema(kind, "v1")).validate(passed | storage)


@pytest.mark.parametrize("what", OBJECTS)
def test_object_fits_its_definition(what: str) -> None:
    kind, version, spec = OBJECTS[what]
    jsonschema.Draft4Validator(schema(kind, version)).validate(spec)
    assert list(unknown(spec, schema(kind, version))) == []


@pytest.mark.parametrize(
    ("kind", "version", "spec"),
    [
        ("Certificate", "v1", {**shared.authority(), "isCa": True}),
        ("ClusterSecretStore", "v1", {"provider": {"aws": {"service": "SecretsManager", "regoin": "x"}}}),
    ],
)
def test_misspelt_field_is_noticed(kind: str, version: str, spec: dict[str, Any]) -> None:
    assert list(unknown(spec, schema(kind, version)))


def test_wrong_value_is_noticed() -> None:
    wrong = {"provider": {"aws": {"service": "SecretManager", "region": "us-east-1"}}}
    with pytest.raises(jsonschema.ValidationError, match="SecretManager"):
        jsonschema.Draft4Validator(schema("ClusterSecretStore", "v1")).validate(wrong)
