"""Which kinds live in a namespace: known ones by name, others from their definition or the API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.kubernetes.api import Api, NoMatchError
from sandbox.providers.kubernetes.objects import is_built_in

_CLUSTER_WIDE: Final = frozenset(
    {
        "APIService", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "ClusterTrustBundle",
        "ComponentStatus", "CSIDriver", "CSINode", "CustomResourceDefinition", "DeviceClass", "FlowSchema",
        "IngressClass", "IPAddress", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PriorityClass",
        "PriorityLevelConfiguration", "ResourceSlice", "RuntimeClass", "SelfSubjectAccessReview",
        "SelfSubjectReview", "SelfSubjectRulesReview", "ServiceCIDR", "StorageClass", "StorageVersion",
        "StorageVersionMigration", "SubjectAccessReview", "TokenReview", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment",
        "VolumeAttributesClass",
    }
)  # fmt: skip


class Scopes:
    """Learns kinds from the definitions that the program itself is about to make."""

    def __init__(self) -> None:
        self._defined: dict[tuple[str, str], bool] = {}

    def learn(self, crd: Mapping[str, Any]) -> None:
        """Remember the scope of a kind that a CustomResourceDefinition defines."""
        spec = crd.get("spec")
        if isinstance(spec, dict) and isinstance(names := spec.get("names"), dict):
            self._defined[(str(spec.get("group")), str(names.get("kind")))] = (
                spec.get("scope") == "Namespaced"
            )

    def namespaced(self, obj: Mapping[str, Any], api: Api | None) -> bool:
        """Whether objects like this live in a namespace; an unknown kind is taken to."""
        api_version, kind = str(obj.get("apiVersion")), str(obj.get("kind"))
        if is_built_in(api_version):
            return kind not in _CLUSTER_WIDE
        group = api_version.rpartition("/")[0]
        if (group, kind) in self._defined:
            return self._defined[(group, kind)]
        if api is None:
            return True
        try:
            return api.resource(api_version, kind).namespaced
        except NoMatchError:
            return True
