"""The provider's verbs against a real API server and its controllers.

Proves what an ``up`` meets: names, conflicts, ownership, replacements, secrets, deletion. There is
no kubelet here, so it proves nothing about pods that run.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.providers.base import InitFailed, ProviderError, ignored
from sandbox.providers.codec import Secret, reveal
from sandbox.providers.kubernetes.api import Api
from sandbox.providers.kubernetes.kubeconfig import Cluster
from sandbox.providers.kubernetes.session import KubernetesSession
from tests.sandbox.providers.harness.attaching import in_background
from tests.sandbox.providers.kubernetes.conftest import Provider, deployment

pytestmark = pytest.mark.controlplane

CONFIG_MAP = "core/v1:ConfigMap"
MERGE = "application/merge-patch+json"


def _crd(group: str, kind: str) -> dict[str, Any]:
    plural = kind.lower() + "s"
    schema = {"openAPIV3Schema": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}}
    return {
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def test_an_unnamed_object_is_named_after_its_resource_and_marked(provider: Provider) -> None:
    state = provider.create("core/v1:Namespace", "autonamed", {"metadata": {}})
    assert state.id.startswith("autonamed-")
    assert len(state.id) == len("autonamed-") + 8
    assert state.outputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}


def test_an_autonamed_object_keeps_its_name(provider: Provider) -> None:
    state = provider.create("core/v1:Namespace", "kept", {"metadata": {}})
    again = provider.check("core/v1:Namespace", "kept", {"metadata": {}}, state.outputs["__inputs"])
    assert again["metadata"]["name"] == state.id


def test_an_object_without_a_namespace_lands_in_the_providers(
    make_session: Callable[..., KubernetesSession],
) -> None:
    own = Provider(make_session(namespace="kube-public"))
    assert own.create(CONFIG_MAP, "placed", {"data": {}}).id.startswith("kube-public/placed-")


def test_create_in_a_missing_namespace_fails_by_its_name(provider: Provider) -> None:
    inputs = {"metadata": {"namespace": "not-there"}, "data": {}}
    with pytest.raises(ProviderError, match=r'not successfully created .*: namespaces "not-there" not found'):
        provider.create(CONFIG_MAP, "homeless", inputs)


def test_create_waits_for_a_namespace_that_comes(provider: Provider, api: Api) -> None:
    def later() -> None:
        time.sleep(0.15)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "comes"}}
        api.request("POST", "/api/v1/namespaces", body=body)

    thread = in_background(later)
    assert provider.create(CONFIG_MAP, "patient", {"metadata": {"namespace": "comes"}}).id.startswith(
        "comes/"
    )
    thread.join()


def test_create_of_what_exists_is_refused_with_the_ways_out(provider: Provider) -> None:
    inputs = {"metadata": {"namespace": provider.namespace("twice"), "name": "one"}, "data": {}}
    provider.create(CONFIG_MAP, "first", inputs)
    with pytest.raises(ProviderError, match=r'"one" already exists(?s:.*)use `pulumi import`'):
        provider.create(CONFIG_MAP, "second", inputs)
    assert provider.create(CONFIG_MAP, "second", inputs, preview=True).id == ""


def test_upsert_takes_over_what_exists(make_session: Callable[..., KubernetesSession]) -> None:
    taking = Provider(make_session(upsertExistingObjects="true"))
    inputs = {"metadata": {"namespace": taking.namespace("upsert"), "name": "one"}, "data": {"a": "1"}}
    taking.create(CONFIG_MAP, "first", inputs)
    more = {"a": "1", "b": "2"}
    assert taking.create(CONFIG_MAP, "second", inputs | {"data": more}).outputs["data"] == more


def test_create_of_an_undefined_kind_fails_after_its_retries(provider: Provider) -> None:
    inputs = {"apiVersion": "b.example.com/v1", "kind": "Never", "spec": {}}
    with pytest.raises(
        ProviderError, match=r'required CRDs .*: no matches for kind "Never" in version "b.example'
    ):
        provider.create("b.example.com/v1:Never", "never", inputs)


def test_create_waits_for_a_kind_that_comes(provider: Provider) -> None:
    crd = "apiextensions.k8s.io/v1:CustomResourceDefinition"
    thread = threading.Timer(0.1, provider.create, (crd, "soon", _crd("c.example.com", "Soon")))
    thread.start()
    inputs = {"apiVersion": "c.example.com/v1", "kind": "Soon", "metadata": {"namespace": "default"}}
    assert provider.create("c.example.com/v1:Soon", "patient", inputs).id.startswith("default/patient-")
    thread.join()


def test_a_definition_keeps_its_dashed_keys(provider: Provider, api: Api) -> None:
    crd = "apiextensions.k8s.io/v1:CustomResourceDefinition"
    inputs = _crd("d.example.com", "Dash")
    state = provider.create(crd, "dash", inputs)
    live = api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dashs.d.example.com")
    [version] = live["spec"]["versions"]
    assert version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] is True
    assert not provider.diff(crd, "dash", state, inputs).changes


def test_an_update_moves_ownership_from_the_create_to_the_applies(provider: Provider) -> None:
    kind, namespace = "apps/v1:Deployment", provider.namespace("owned")
    state = provider.create(kind, "owned", {"metadata": {"namespace": namespace}, **deployment()})
    [before] = {entry["manager"] for entry in state.outputs["metadata"]["managedFields"]} - {
        "kube-controller-manager"
    }
    assert before == "pulumi-kubernetes"
    after = provider.update(
        kind, "owned", state, {"metadata": {"namespace": namespace, "labels": {"a": "b"}}, **deployment()}
    )
    managers = {
        (entry["manager"], entry["operation"]) for entry in after.outputs["metadata"]["managedFields"]
    }
    assert (state.outputs["__fieldManager"], "Apply") in managers
    assert not {manager for manager, _ in managers} & {"pulumi-kubernetes"}


def test_a_field_dropped_by_the_program_goes_from_the_object(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("dropped")
    labelled = {"metadata": {"namespace": namespace, "name": "d", "labels": {"a": "b"}}, **deployment()}
    state = provider.create("apps/v1:Deployment", "dropped", labelled)
    bare = {"metadata": {"namespace": namespace, "name": "d"}, **deployment()}
    provider.update("apps/v1:Deployment", "dropped", state, bare)
    live = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/d")
    assert "labels" not in live["metadata"]


def test_a_field_of_another_manager_is_a_conflict_that_is_named(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("conflict")
    inputs = {"metadata": {"namespace": namespace, "name": "c"}, **deployment()}
    state = provider.create("apps/v1:Deployment", "conflict", inputs)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/c"
    other = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "c"},
        "spec": {"replicas": 0},
    }
    scaled = other | {"spec": {"replicas": 2, "paused": True}}
    api.request(
        "PATCH", path, params={"fieldManager": "autoscaler", "force": "true"}, body=scaled,
        content_type="application/apply-patch+yaml",
    )  # fmt: skip
    changed = deployment(replicas=1)
    with pytest.raises(InitFailed, match='conflict with "autoscaler"'):
        provider.update("apps/v1:Deployment", "conflict", state, {**inputs, **changed})
    forced = {
        "metadata": inputs["metadata"]
        | {"annotations": {"pulumi.com/patchForce": "true", "pulumi.com/skipAwait": "true"}}
    }
    after = provider.update("apps/v1:Deployment", "conflict", state, {**changed, **forced})
    assert after.outputs["spec"]["replicas"] == 1


def test_an_ignored_field_is_left_to_its_autoscaler(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("scaled")
    inputs = {"metadata": {"namespace": namespace, "name": "s"}, **deployment()}
    state = provider.create("apps/v1:Deployment", "scaled", inputs)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/s"
    body = {"spec": {"replicas": 3, "paused": True}}
    api.request("PATCH", path, params={"fieldManager": "autoscaler"}, body=body, content_type=MERGE)
    note = {"annotations": {"pulumi.com/skipAwait": "true"}}
    token = ignored.set(("spec.replicas",))
    try:
        after = provider.update(
            "apps/v1:Deployment", "scaled", state, inputs | {"metadata": inputs["metadata"] | note}
        )
    finally:
        ignored.reset(token)
    assert after.outputs["spec"]["replicas"] == 3


def test_an_immutable_field_that_no_rule_knows_fails_the_update_and_keeps_the_object(
    provider: Provider,
) -> None:
    namespace = provider.namespace("immutable")
    inputs = {"metadata": {"namespace": namespace, "name": "i"}, "immutable": True, "data": {"a": "1"}}
    kind = CONFIG_MAP
    state = provider.create(kind, "immutable", inputs)
    with pytest.raises(InitFailed, match="field is immutable") as refused:
        provider.update(kind, "immutable", state, inputs | {"data": {"a": "2"}})
    assert refused.value.state.outputs["data"] == {"a": "1"}


def test_a_changed_config_map_is_replaced_beside_the_old_one_unless_it_was_named(provider: Provider) -> None:
    meta = {"namespace": provider.namespace("cm")}
    auto = provider.create(CONFIG_MAP, "auto", {"metadata": meta, "data": {"a": "1"}})
    verdict = provider.diff(CONFIG_MAP, "auto", auto, {"metadata": meta, "data": {"a": "2"}})
    assert (verdict.replaces, verdict.delete_before_replace) == (["data.a"], False)
    named = {"metadata": meta | {"name": "named"}, "data": {"a": "1"}}
    fixed = provider.create(CONFIG_MAP, "fixed", named)
    verdict = provider.diff(CONFIG_MAP, "fixed", fixed, named | {"data": {"a": "2"}})
    assert (verdict.replaces, verdict.delete_before_replace) == (["data.a"], True)


def test_a_secrets_data_is_secret_wherever_it_is_kept(provider: Provider) -> None:
    """No Secret's content stands in the engine's state in the clear (A8)."""
    inputs = {"metadata": {"namespace": provider.namespace("hush")}, "stringData": {"key": "hush"}}
    state = provider.create("core/v1:Secret", "hush", inputs)
    assert isinstance(state.outputs["data"], Secret)
    assert isinstance(state.outputs["__inputs"]["data"], Secret)
    assert reveal(state.outputs["data"]) == {"key": base64.b64encode(b"hush").decode()}


def test_only_the_secret_part_of_an_object_is_secret(provider: Provider) -> None:
    inputs = {
        "metadata": {"namespace": provider.namespace("part")},
        "data": {"open": "1", "closed": Secret("2")},
    }
    state = provider.create(CONFIG_MAP, "part", inputs)
    assert state.outputs["data"]["open"] == "1"
    assert state.outputs["data"]["closed"] == Secret("2")


def test_a_patch_changes_what_somebody_else_owns_and_gives_it_back(provider: Provider, api: Api) -> None:
    meta = {"namespace": provider.namespace("patched"), "name": "theirs"}
    provider.create(CONFIG_MAP, "theirs", {"metadata": meta, "data": {"a": "1"}})
    kind = "core/v1:ConfigMapPatch"
    state = provider.create(kind, "mine", {"metadata": meta, "data": {"b": "2"}})
    path = f"/api/v1/namespaces/{meta['namespace']}/configmaps/theirs"
    assert api.get(path)["data"] == {"a": "1", "b": "2"}
    provider.delete(kind, "mine", state)
    assert api.get(path)["data"] == {"a": "1"}


def test_a_patch_must_name_its_object(provider: Provider) -> None:
    with pytest.raises(ProviderError, match=r"metadata\.name"):
        provider.check("core/v1:ConfigMapPatch", "mine", {"metadata": {}})


def test_delete_waits_for_finalizers_and_names_them_when_time_is_over(provider: Provider, api: Api) -> None:
    meta = {"namespace": provider.namespace("held"), "name": "held", "finalizers": ["example.com/hold"]}
    state = provider.create(CONFIG_MAP, "held", {"metadata": meta})
    with pytest.raises(InitFailed, match=r"example\.com/hold"):
        provider.delete(CONFIG_MAP, "held", state, timeout=1)

    def release() -> None:
        time.sleep(0.3)
        path = f"/api/v1/namespaces/{meta['namespace']}/configmaps/held"
        body = {"metadata": {"finalizers": None}}
        api.request("PATCH", path, body=body, content_type="application/merge-patch+json")

    in_background(release)
    provider.delete(CONFIG_MAP, "held", state)
    assert api.find(f"/api/v1/namespaces/{meta['namespace']}/configmaps/held") is None


def test_delete_of_what_is_gone_is_a_success(provider: Provider) -> None:
    state = provider.create(CONFIG_MAP, "gone", {"metadata": {"namespace": provider.namespace("gone")}})
    provider.delete(CONFIG_MAP, "gone", state)
    provider.delete(CONFIG_MAP, "gone", state)
    assert provider.session.read("u", f"kubernetes:{CONFIG_MAP}", state.id, {}, {}) is None


def test_a_namespace_is_gone_only_when_everything_in_it_is(provider: Provider, api: Api) -> None:
    state = provider.create("core/v1:Namespace", "emptied", {"metadata": {}})
    provider.create(CONFIG_MAP, "inside", {"metadata": {"namespace": state.id}})
    provider.delete("core/v1:Namespace", "emptied", state, timeout=60)
    assert api.find(f"/api/v1/namespaces/{state.id}") is None


def test_an_import_gives_inputs_that_are_no_change(provider: Provider) -> None:
    namespace = provider.namespace("import")
    made = provider.create(CONFIG_MAP, "import", {"metadata": {"namespace": namespace}, "data": {"a": "1"}})
    read = provider.session.read("u", f"kubernetes:{CONFIG_MAP}", made.id, {}, {})
    assert read is not None
    assert read.inputs is not None
    assert read.inputs["data"] == {"a": "1"}
    assert not provider.diff(CONFIG_MAP, "import", read, read.inputs).changes


def test_refresh_sees_what_was_changed_behind_the_program(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("drift")
    inputs = {"metadata": {"namespace": namespace, "name": "drift"}, "data": {"a": "1"}}
    made = provider.create(CONFIG_MAP, "drift", inputs)
    path = f"/api/v1/namespaces/{namespace}/configmaps/drift"
    api.request("PATCH", path, body={"data": {"a": "9"}}, content_type="application/merge-patch+json")
    live = provider.session.read(
        "u", f"kubernetes:{CONFIG_MAP}", made.id, made.outputs["__inputs"], made.outputs
    )
    assert live is not None
    assert provider.diff(CONFIG_MAP, "drift", live, inputs).changes == ["data.a"]


def test_a_field_the_server_does_not_know_is_written_down(provider: Provider, cluster: Cluster) -> None:
    """The official provider drops it without a word; the rehearsal's journal has it."""
    namespace = provider.namespace("typo")
    provider.create(
        "apps/v1:Deployment",
        "typo",
        {"metadata": {"namespace": namespace}, **deployment(imagePullPolice="x")},
    )
    [line] = (cluster.state / "warnings.jsonl").read_text().splitlines()
    assert json.loads(line)["message"] == 'unknown field "spec.template.spec.containers[0].imagePullPolice"'


def test_lists_cannot_be_made(provider: Provider) -> None:
    with pytest.raises(ProviderError, match="cannot be created directly"):
        provider.check("core/v1:ConfigMapList", "many", {"items": []})
