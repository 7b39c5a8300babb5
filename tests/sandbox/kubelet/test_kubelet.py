"""Look-ups over plain objects: what a kubelet and the controllers would search for, and what they would miss.

This tier proves that every kind of reference is followed, that a healthy cluster gives no finding and that
each broken twin gives one which names the object, the field and the missing name. It cannot prove that a
live cluster's objects are of these shapes: the rehearsal's own check does. Requirements A4, B9 and issue
part 5.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox import kubelet
from sandbox.kubelet import Index, Options, Reference
from sandbox.kubelet.objects import dotted, title
from tests.sandbox.kubelet.healthy import IMAGE, ROLE, healthy, named

KNOWN = Options(digests={IMAGE}, roles={ROLE}, entrypoints={IMAGE})
REFERENCES = kubelet.references(healthy(), KNOWN)


def label(reference: Reference) -> str:
    return f"{title(reference.holder)}:{dotted(reference.path)}:{reference.target}"


def with_twin(reference: Reference) -> list[dict[str, Any]]:
    objects = healthy()
    twin = kubelet.broken_twin(reference)
    return [twin if title(item) == title(reference.holder) else item for item in objects]


def test_healthy_cluster_has_no_finding() -> None:
    assert kubelet.lookups(healthy(), KNOWN) == []


def test_every_field_that_names_something_is_followed() -> None:
    """The list of fields is written here by hand: a finder that is lost makes this fail."""
    followed = {
        f"{item.holder['kind']}:{''.join(c for c in dotted(item.path) if not c.isdigit())}"
        for item in REFERENCES
    }
    pod = "Deployment:spec.template.spec"
    container = f"{pod}.containers[]"
    wanted = {
        f"{pod}.serviceAccountName",
        f"{pod}.imagePullSecrets[].name",
        f"{pod}.priorityClassName",
        f"{pod}.runtimeClassName",
        f"{container}.image",
        f"{container}.env[].valueFrom.secretKeyRef.name",
        f"{container}.env[].valueFrom.secretKeyRef.key",
        f"{container}.env[].valueFrom.configMapKeyRef.name",
        f"{container}.env[].valueFrom.configMapKeyRef.key",
        f"{container}.envFrom[].secretRef.name",
        f"{container}.envFrom[].configMapRef.name",
        f"{container}.volumeMounts[].name",
        f"{container}.readinessProbe.httpGet.port",
        f"{container}.livenessProbe.tcpSocket.port",
        f"{container}.lifecycle.preStop.httpGet.port",
        f"{pod}.volumes[].configMap.name",
        f"{pod}.volumes[].configMap.items[].key",
        f"{pod}.volumes[].secret.secretName",
        f"{pod}.volumes[].persistentVolumeClaim.claimName",
        f"{pod}.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName",
        f"{pod}.volumes[].projected.sources[].secret.name",
        f"{pod}.volumes[].projected.sources[].secret.items[].key",
        f"{pod}.volumes[].projected.sources[].configMap.name",
        "StatefulSet:spec.volumeClaimTemplates[].spec.storageClassName",
        "PersistentVolumeClaim:spec.storageClassName",
        "PersistentVolumeClaim:spec.volumeName",
        "Deployment:metadata.namespace",
        "ServiceAccount:metadata.annotations.eks.amazonaws.com/role-arn",
        "Service:spec.selector",
        "Service:spec.ports[].targetPort",
        "Ingress:spec.ingressClassName",
        "Ingress:spec.defaultBackend.service.name",
        "Ingress:spec.defaultBackend.service.port.number",
        "Ingress:spec.rules[].http.paths[].backend.service.name",
        "Ingress:spec.rules[].http.paths[].backend.service.port.name",
        "Ingress:spec.tls[].secretName",
        "Gateway:spec.gatewayClassName",
        "Gateway:spec.listeners[].tls.certificateRefs[].name",
        "HTTPRoute:spec.parentRefs[].name",
        "HTTPRoute:spec.rules[].backendRefs[].name",
        "HTTPRoute:spec.rules[].backendRefs[].port",
        "HorizontalPodAutoscaler:spec.scaleTargetRef.name",
        "PodDisruptionBudget:spec.selector",
        "NetworkPolicy:spec.podSelector",
        "NetworkPolicy:spec.ingress[].from[].namespaceSelector",
        "NetworkPolicy:spec.egress[].to[].podSelector",
        "RoleBinding:roleRef.name",
        "RoleBinding:subjects[].name",
        "ClusterRoleBinding:roleRef.name",
        "ClusterRoleBinding:subjects[].name",
        "ValidatingWebhookConfiguration:webhooks[].clientConfig.service.name",
        "NodePool:spec.template.spec.nodeClassRef.name",
    }
    assert wanted - followed == set()


@pytest.mark.parametrize("reference", [item for item in REFERENCES if not item.optional], ids=label)
def test_broken_twin_is_named_with_object_field_and_missing_name(reference: Reference) -> None:
    findings = kubelet.lookups(with_twin(reference), KNOWN)
    at_the_spot = [item for item in findings if item.field == dotted(reference.path)]
    holder = title(kubelet.broken_twin(reference))
    assert {item.object for item in at_the_spot} == {holder}, f"nobody noticed: {label(reference)}"
    text = str(at_the_spot[0])
    assert holder in text
    assert dotted(reference.path) in text
    assert at_the_spot[0].missing in text


def test_optional_reference_to_a_missing_secret_is_fine() -> None:
    optional = [item for item in REFERENCES if item.optional]
    assert [item.target for item in optional] == ["Secret web/no"]
    assert not any(item.problem for item in optional)


@pytest.mark.parametrize(
    ("kind", "name", "missing"),
    [
        ("Secret", "db", "Secret web/db"),
        ("ConfigMap", "settings", "ConfigMap web/settings"),
        ("ServiceAccount", "api", "ServiceAccount web/api"),
        ("PersistentVolumeClaim", "cache", "PersistentVolumeClaim web/cache"),
        ("StorageClass", "gp3", "StorageClass gp3"),
        ("Service", "api", "Service web/api"),
        ("Deployment", "api", "Deployment web/api"),
        ("Role", "read", "Role web/read"),
        ("Namespace", "web", "Namespace web"),
        ("EC2NodeClass", "default", "EC2NodeClass default"),
    ],
)
def test_removed_target_is_missed_by_whoever_names_it(kind: str, name: str, missing: str) -> None:
    objects = [item for item in healthy() if (item["kind"], item["metadata"]["name"]) != (kind, name)]
    assert missing in {item.missing for item in kubelet.lookups(objects, KNOWN)}


def test_secret_of_another_namespace_does_not_count() -> None:
    objects = healthy()
    secret = next(item for item in objects if item["kind"] == "Secret" and item["metadata"]["name"] == "db")
    secret["metadata"]["namespace"] = "other"
    assert "Secret web/db" in {item.missing for item in kubelet.lookups(objects, KNOWN)}


def test_claim_without_a_class_needs_a_default_class() -> None:
    objects = healthy()
    storage = next(item for item in objects if item["kind"] == "StorageClass")
    del storage["metadata"]["annotations"]
    findings = [
        item for item in kubelet.lookups(objects, KNOWN) if item.missing == "the default StorageClass"
    ]
    assert [item.object for item in findings] == ["PersistentVolumeClaim web/scratch"]


def test_digest_that_no_registry_has_is_refused_by_name() -> None:
    findings = kubelet.lookups(healthy(), Options(digests={"sha256:" + "b" * 64}))
    assert {item.missing for item in findings} == {f"image {IMAGE}"}
    assert all("no registry has" in str(item) for item in findings)


def test_tag_alone_is_no_pin() -> None:
    pod = named("v1", "Pod", "p", spec={"containers": [{"name": "c", "image": "registry.example/a:1.2"}]})
    assert "not pinned" in str(kubelet.lookups([pod])[0])
    assert kubelet.lookups([pod], Options(pinned=False)) == []


def test_container_without_command_needs_a_known_entrypoint() -> None:
    pod = named("v1", "Pod", "p", spec={"containers": [{"name": "c", "image": IMAGE}]})
    assert "a command" in str(kubelet.lookups([pod], Options(entrypoints=set()))[0])
    assert kubelet.lookups([pod], Options(entrypoints={IMAGE})) == []


def test_finished_pod_looks_nothing_up() -> None:
    pod = named("v1", "Pod", "p", spec={"serviceAccountName": "gone"}, status={"phase": "Succeeded"})
    assert kubelet.lookups([pod]) == []


def test_controller_owned_template_is_judged_once() -> None:
    """A ReplicaSet repeats its Deployment's template: one fault is one finding, not one per copy."""
    broken = {"template": {"spec": {"serviceAccountName": "gone", "containers": []}}}
    deployment = named("apps/v1", "Deployment", "d", spec=broken)
    replicas = named("apps/v1", "ReplicaSet", "d-1", spec=broken)
    replicas["metadata"]["ownerReferences"] = [{"controller": True, "kind": "Deployment", "name": "d"}]
    assert [item.object for item in kubelet.lookups([deployment, replicas])] == ["Deployment d"]


def test_bindings_made_by_the_api_server_are_not_judged() -> None:
    binding = named(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "b",
        roleRef={"kind": "ClusterRole", "name": "x"},
    )
    binding["metadata"]["labels"] = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    assert kubelet.lookups([binding]) == []


def test_look_up_that_accepts_a_twin_is_reported() -> None:
    """The live check's own proof: a finder that finds nothing leaves every twin unseen."""
    index = Index(healthy())
    seen = kubelet.unseen_twins(REFERENCES, kubelet.references_of, index, KNOWN)
    blind = kubelet.unseen_twins(REFERENCES, lambda *_: iter(()), index, KNOWN)
    assert seen == []
    assert len(blind) == len([item for item in REFERENCES if not item.optional])


def test_breaking_a_twin_leaves_the_original_alone() -> None:
    before = copy.deepcopy(REFERENCES[0].holder)
    kubelet.broken_twin(REFERENCES[0])
    assert REFERENCES[0].holder == before


def test_client_that_may_come_later_is_no_missing_pod() -> None:
    """Ingress from pods that do not exist yet is a permission; egress to them is a need."""
    peer = [{"podSelector": {"matchLabels": {"role": "client"}}}]
    allowed = named("networking.k8s.io/v1", "NetworkPolicy", "n", "web", spec={"ingress": [{"from": peer}]})
    needed = named("networking.k8s.io/v1", "NetworkPolicy", "n", "web", spec={"egress": [{"to": peer}]})
    space = named("v1", "Namespace", "web")
    assert kubelet.lookups([space, allowed]) == []
    assert [item.missing for item in kubelet.lookups([space, needed])] == ["pods with role=client"]
