"""Helm releases, recorded. Proves what is stored and what is waited for; no chart is rendered here."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sandbox.cluster import FAILED, HANDLED
from sandbox.cluster.releases import Release, current, decode
from sandbox.providers.base import InitFailed, ProviderError
from sandbox.providers.codec import UNKNOWN, Secret, reveal
from sandbox.providers.kubernetes.api import Api
from sandbox.providers.kubernetes.charts import Chart, ChartError, locate
from sandbox.providers.kubernetes.kubeconfig import Cluster
from tests.sandbox.providers.harness.attaching import in_background
from tests.sandbox.providers.kubernetes.conftest import Provider, urn

KIND = "helm.sh/v3:Release"
CHART = "oci://public.ecr.aws/karpenter/karpenter"


def _inputs(namespace: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "karpenter", "namespace": namespace, "chart": CHART, "version": "1.12.1",
        "values": {"settings": {"clusterName": "ferry-dev"}}, "skipAwait": True, **more,
    }  # fmt: skip


def _stored(api: Api, namespace: str) -> list[Release]:
    secrets = api.get(f"/api/v1/namespaces/{namespace}/secrets", labelSelector="owner=helm")["items"]
    return [release for secret in secrets if (release := decode(secret))]


def _mark(api: Api, namespace: str, key: str, value: str) -> None:
    """What a stand-in does when the chart's pods would be there."""
    path = f"/api/v1/namespaces/{namespace}/secrets/sh.helm.release.v1.karpenter.v1"
    while api.find(path) is None:
        time.sleep(0.05)
    body = {"metadata": {"annotations": {key: value}}}
    api.request("PATCH", path, body=body, content_type="application/merge-patch+json")


@pytest.mark.parametrize(
    ("inputs", "chart"),
    [
        ({"chart": CHART, "version": "1.12.1"}, Chart("karpenter", "1.12.1")),
        ({"chart": f"{CHART}:1.12.1@sha256:abc"}, Chart("karpenter", "1.12.1")),
        ({"chart": f"{CHART}@sha256:abc", "version": "1.12.1"}, Chart("karpenter", "1.12.1")),
        (
            {"chart": "./.charts/metrics-server-3.13.1.tgz", "version": "3.13.1"},
            Chart("metrics-server", "3.13.1"),
        ),
        (
            {"chart": "argo-cd", "version": "10.1.1", "repositoryOpts": {"repo": "https://charts.test"}},
            Chart("argo-cd", "10.1.1"),
        ),
    ],
)
def test_a_chart_is_told_from_its_reference(inputs: dict[str, Any], chart: Chart) -> None:
    assert locate(inputs) == chart


@pytest.mark.parametrize(
    ("inputs", "property_", "words"),
    [
        ({"version": "1.0.0"}, "chart", "missing"),
        ({"chart": "argo-cd", "version": "1.0.0"}, "chart", "no repository is given"),
        ({"chart": CHART}, "version", "Give an exact version"),
        ({"chart": CHART, "version": ">=1.2"}, "version", "Give an exact version"),
        ({"chart": CHART, "version": "latest"}, "version", "Give an exact version"),
    ],
)
def test_a_chart_that_cannot_be_told_names_the_input(
    inputs: dict[str, Any], property_: str, words: str
) -> None:
    with pytest.raises(ChartError, match=words) as refused:
        locate(inputs)
    assert refused.value.failure.property == property_


@pytest.mark.controlplane
def test_a_release_is_stored_as_helm_stores_it(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("stored")
    state = provider.create(KIND, "karpenter", _inputs(namespace))
    [release] = _stored(api, namespace)
    assert (release.name, release.chart, release.chart_version) == ("karpenter", "karpenter", "1.12.1")
    assert (release.revision, release.status) == (1, "deployed")
    assert release.values == {"settings": {"clusterName": "ferry-dev"}}
    assert release.secret["metadata"]["name"] == "sh.helm.release.v1.karpenter.v1"
    assert release.secret["metadata"]["labels"]["owner"] == "helm"
    assert state.id == f"{namespace}/karpenter"
    assert state.outputs["status"]["revision"] == 1
    assert isinstance(state.outputs["__inputs"], Secret)


@pytest.mark.controlplane
def test_an_upgrade_is_a_further_revision_and_a_removal_takes_all(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("upgrade")
    session, name = provider.session, urn(KIND, "karpenter")
    state = provider.create(KIND, "karpenter", _inputs(namespace))
    news = provider.check(
        KIND, "karpenter", _inputs(namespace, values={"a": 1}), reveal(state.outputs["__inputs"])
    )
    verdict = session.diff(name, f"kubernetes:{KIND}", state.id, {}, state.outputs, news)
    assert sorted(verdict.changes) == ["values.a", "values.settings"]
    assert verdict.replaces == []
    outputs = session.update(name, f"kubernetes:{KIND}", state.id, {}, state.outputs, news, False, 0)
    assert outputs["status"]["revision"] == 2
    assert {(release.revision, release.status) for release in _stored(api, namespace)} == {
        (1, "superseded"), (2, "deployed"),
    }  # fmt: skip
    assert [release.revision for release in current(r.secret for r in _stored(api, namespace))] == [2]
    session.delete(name, f"kubernetes:{KIND}", state.id, {}, outputs, 0)
    assert _stored(api, namespace) == []
    assert session.read(name, f"kubernetes:{KIND}", state.id, news, outputs) is None


@pytest.mark.controlplane
def test_a_name_in_use_is_refused(provider: Provider) -> None:
    namespace = provider.namespace("used")
    provider.create(KIND, "one", _inputs(namespace))
    with pytest.raises(ProviderError, match="cannot re-use a name that is still in use"):
        provider.create(KIND, "two", _inputs(namespace))


@pytest.mark.controlplane
def test_a_missing_namespace_fails_unless_the_release_makes_it(provider: Provider, api: Api) -> None:
    with pytest.raises(ProviderError, match='namespaces "no-such" not found'):
        provider.create(KIND, "homeless", _inputs("no-such"))
    provider.create(KIND, "settler", _inputs("made-by-helm", createNamespace=True))
    assert api.find("/api/v1/namespaces/made-by-helm")


@pytest.mark.controlplane
def test_a_release_waits_until_its_pods_would_be_there(
    provider: Provider, api: Api, cluster: Cluster
) -> None:
    namespace = provider.namespace("awaited")
    seen: list[str] = []

    def stand_in() -> None:
        time.sleep(0.3)
        seen.extend(release.status for release in _stored(api, namespace))
        _mark(api, namespace, HANDLED, "true")

    in_background(stand_in)
    provider.create(KIND, "karpenter", _inputs(namespace, skipAwait=False))
    assert seen == ["pending-install"]
    assert [release.status for release in _stored(api, namespace)] == ["deployed"]
    assert json.loads((cluster.state / "waits.jsonl").read_text())["kind"] == "Release"


@pytest.mark.controlplane
def test_a_release_whose_pods_fail_says_so_and_is_kept(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("broken")
    in_background(lambda: _mark(api, namespace, FAILED, "no such queue"))
    with pytest.raises(
        InitFailed, match=r"Helm release .* failed to initialize completely.*no such queue"
    ) as failed:
        provider.create(KIND, "karpenter", _inputs(namespace, skipAwait=False))
    assert failed.value.state.outputs["status"]["status"] == "failed"
    assert [release.status for release in _stored(api, namespace)] == ["failed"]


@pytest.mark.controlplane
def test_preview_stores_nothing(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("preview")
    state = provider.create(KIND, "karpenter", _inputs(namespace), preview=True)
    assert state.outputs["status"] is UNKNOWN
    assert _stored(api, namespace) == []


@pytest.mark.controlplane
def test_the_same_release_is_no_change(provider: Provider) -> None:
    namespace = provider.namespace("same")
    inputs = _inputs(namespace, skipAwait=True, atomic=False, values={"a": None, "b": [], "c": 0})
    state = provider.create(KIND, "karpenter", inputs)
    news = provider.check(KIND, "karpenter", inputs, reveal(state.outputs["__inputs"]))
    assert provider.session.diff("u", f"kubernetes:{KIND}", state.id, {}, state.outputs, news).changes == []


@pytest.mark.controlplane
def test_a_secret_among_the_values_is_written_down(provider: Provider, cluster: Cluster) -> None:
    """Helm keeps values where everybody reads them who reads Secrets of the namespace (A8)."""
    namespace = provider.namespace("told")
    provider.create(KIND, "karpenter", _inputs(namespace, values={"password": Secret("hush")}))
    text = (cluster.state / "warnings.jsonl").read_text()
    assert "values hold a secret" in text
    assert "hush" not in text
