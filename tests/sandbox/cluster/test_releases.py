"""Proves that Helm's own storage is read as Helm writes it. Pure."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from sandbox.cluster.releases import SECRET_TYPE, current, decode, encode, merged


def secret(name: str, revision: int, status: str, **document: Any) -> dict[str, Any]:
    """A release's Secret."""
    body = {
        "name": name,
        "namespace": "kube-system",
        "version": revision,
        "info": {"status": status},
        "chart": {"metadata": {"name": name, "version": "1.12.1"}, "values": {"replicas": 2}},
        "config": {"settings": {"clusterName": "ferry-dev"}},
        **document,
    }
    return {
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": "kube-system"},
        "type": SECRET_TYPE,
        "data": {"release": encode(body)},
    }


def test_stored_release_is_twice_base64_of_gzip_as_in_helm() -> None:
    stored = secret("karpenter", 1, "deployed")["data"]["release"]
    inner = base64.b64decode(base64.b64decode(stored))
    assert inner[:3] == b"\x1f\x8b\x08"  # the very bytes by which Helm tells a packed release
    assert json.loads(gzip.decompress(inner))["name"] == "karpenter"


def test_release_has_the_users_values_on_top_of_the_charts() -> None:
    release = decode(secret("karpenter", 3, "deployed"))
    assert release
    assert (release.chart, release.chart_version, release.revision) == ("karpenter", "1.12.1", 3)
    assert release.values == {"replicas": 2, "settings": {"clusterName": "ferry-dev"}}


def test_newest_revision_counts_whatever_the_order() -> None:
    found = current([secret("karpenter", 10, "deployed"), secret("karpenter", 9, "superseded")])
    assert [release.revision for release in found] == [10]


def test_uninstalled_and_failed_releases_are_not_installed() -> None:
    assert current([secret("one", 1, "uninstalled"), secret("two", 1, "failed")]) == []


def test_release_that_failed_to_upgrade_is_not_taken_for_its_predecessor() -> None:
    assert current([secret("one", 1, "superseded"), secret("one", 2, "failed")]) == []


def test_release_that_helm_still_installs_counts_because_its_pods_are_there() -> None:
    assert [release.name for release in current([secret("one", 1, "pending-install")])] == ["one"]


def test_chart_that_renders_definitions_is_left_to_helm() -> None:
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    rendered, empty = decode(secret("one", 1, "deployed", manifest=crd)), decode(secret("one", 1, "deployed"))
    assert rendered
    assert empty
    assert rendered.brings_definitions
    assert not empty.brings_definitions


def test_secret_that_is_no_release_is_passed_over() -> None:
    broken = {"metadata": {"name": "x", "namespace": "y"}, "data": {"release": "bm90IGEgcmVsZWFzZQ=="}}
    assert current([broken, secret("one", 1, "deployed")])[0].name == "one"


def test_null_removes_a_default_and_lists_are_replaced() -> None:
    defaults = {"a": 1, "b": {"c": [1, 2], "d": 3}}
    assert merged(defaults, {"a": None, "b": {"c": [9]}}) == {"b": {"c": [9], "d": 3}}
