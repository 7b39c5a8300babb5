"""Every object that the project itself writes, before official and widely used judges (B9).

Run on the program under mocks, so that they are asked on every change; the API server itself judges the same
objects in a rehearsal. A finding stays only with its reason, in ``explained.py``.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, get_args

import pytest

from infra.charts.brought import brought
from infra.namespaces import Level
from sandbox import kubelet
from tests.infra.environments import settings
from tests.manifests import judges
from tests.manifests.explained import KUBE_SCORE, POD_SECURITY, stale, unexplained
from tests.manifests.rendered import ENVIRONMENTS, KUBERNETES, Rendered, every, rendered

ENFORCE = "pod-security.kubernetes.io/enforce"

GOOD: dict[str, Any] = {
    "metadata": {"name": "good"},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "main",
                "image": f"registry.example/x@sha256:{'a' * 64}",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}


def pods(environment: str) -> list[tuple[str, Level, dict[str, Any]]]:
    """Every pod of an environment, at the level ``restricted`` whatever its namespace enforces."""
    return [(item.id, "restricted", item.pod) for item in rendered(environment) if item.pod]


@functools.cache
def levels(environment: str) -> dict[str, str]:
    """The level that each namespace enforces."""
    spaces = (item.manifest["metadata"] for item in rendered(environment) if item.kind == "Namespace")
    return {meta["name"]: meta["labels"].get(ENFORCE, "") for meta in spaces}


# Pod Security


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_keeps_the_restricted_standard(environment: str, pod_security: Path) -> None:
    found = {
        name: "; ".join(said)
        for name, said in judges.pod_security(pod_security, pods(environment)).items()
        if said
    }
    assert unexplained(found, POD_SECURITY) == []


def test_evaluator_refuses_a_privileged_pod_and_says_why(pod_security: Path) -> None:
    bad = {
        "spec": {"hostNetwork": True, "containers": [{"name": "x", "securityContext": {"privileged": True}}]}
    }
    asked: list[tuple[str, Level, dict[str, Any]]] = [
        ("good", "restricted", GOOD),
        ("bad", "restricted", bad),
    ]
    said = judges.pod_security(pod_security, asked)
    assert said["good"] == []
    assert any("privileged" in reason for reason in said["bad"])
    assert any("host namespaces" in reason for reason in said["bad"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_namespace_that_we_make_enforces_a_level(environment: str) -> None:
    known = levels(environment)
    assert known
    assert set(known.values()) <= set(get_args(Level))
    teams = {team.name for team in settings(environment).services.teams}
    assert {known[team] for team in teams} == {"restricted"}


# Schemas


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_object_fits_the_schema_of_its_kind(environment: str) -> None:
    asked = [item for item in rendered(environment) if judges.has_schema(item)]
    wrong = {item.id: said for item in asked if (said := judges.schema(item))}
    assert wrong == {}
    unknown = {
        item.manifest["apiVersion"].partition("/")[0] for item in rendered(environment) if item not in asked
    }
    assert all("." in group for group in unknown), "kinds without a schema are custom resources only"


def test_schema_refuses_a_misspelt_field() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"port": []}}
    assert "port" in judges.schema(Rendered("dev", service))


def test_clusters_have_the_version_whose_schemas_are_asked() -> None:
    assert {settings(name).cluster.version for name in ENVIRONMENTS} == {KUBERNETES}


# What a kubelet, a controller or a network plugin would look up


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_reference_between_the_objects_resolves(environment: str) -> None:
    there = [named(item.manifest) for item in rendered(environment)]
    system = named({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}})
    options = kubelet.Options(elsewhere=brought(levels(environment)))
    assert [str(found) for found in kubelet.lookups([*there, system], options)] == []


def named(manifest: dict[str, Any]) -> dict[str, Any]:
    """A namespace with the label that the API server gives it; everything else as it is."""
    if manifest["kind"] != "Namespace":
        return manifest
    meta = manifest["metadata"]
    labels = {**meta.get("labels", {}), "kubernetes.io/metadata.name": meta["name"]}
    return {**manifest, "metadata": {**meta, "labels": labels}}


# kube-score


@pytest.fixture(scope="session")
def critical(kube_score: Path) -> dict[str, str]:
    """Critical findings of kube-score over all environments."""
    return {
        key: said
        for name in ENVIRONMENTS
        for key, said in judges.kube_score(kube_score, rendered(name)).items()
    }


def test_kube_score_finds_nothing_critical_that_is_not_explained(critical: dict[str, str]) -> None:
    assert unexplained(critical, KUBE_SCORE) == []


def test_kube_score_finds_what_is_critical(kube_score: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x", "namespace": "x"},
        "spec": {"containers": [{"name": "x", "image": "x:latest"}]},
    }
    found = judges.kube_score(kube_score, [Rendered("dev", pod)])
    assert {"Pod/x/x: container-image-tag", "Pod/x/x: container-resources"} <= set(found)


def test_no_explanation_is_stale(critical: dict[str, str], pod_security: Path) -> None:
    said = {
        name
        for environment in ENVIRONMENTS
        for name, reasons in judges.pod_security(pod_security, pods(environment)).items()
        if reasons
    }
    assert stale(critical, KUBE_SCORE) == []
    assert stale(said, POD_SECURITY) == []


def test_there_is_something_to_judge() -> None:
    kinds = {item.kind for item in every()}
    assert {"StatefulSet", "NetworkPolicy", "Role", "ResourceQuota", "Namespace"} <= kinds
