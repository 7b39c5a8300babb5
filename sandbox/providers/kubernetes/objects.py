"""Kubernetes objects as the provider keeps them: names, annotations, shapes that compare, secrets, state."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import secrets as entropy
from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.codec import UNKNOWN, Secret, has_secret, has_unknown, reveal
from sandbox.providers.kubernetes.api import Object
from sandbox.providers.kubernetes.quantities import canonical_quantities

AUTONAMED: Final = "pulumi.com/autonamed"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT: Final = "pulumi.com/timeoutSeconds"
WAIT_FOR: Final = "pulumi.com/waitFor"
PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
PATCH_FORCE: Final = "pulumi.com/patchForce"
FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"

CREATE_MANAGER: Final = "pulumi-kubernetes"
"""The manager of a plain create; the first update hands its fields to the resource's own manager."""

_STATE_KEYS: Final = ("__inputs", "__initialApiVersion", "__fieldManager")
_READ_ONLY: Final = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "uid",
)  # fmt: skip
_BUILT_IN_SUFFIX: Final = ".k8s.io"
_NOT_BUILT_IN: Final = (
    "snapshot.storage.k8s.io",
    "gateway.networking.k8s.io",
    "metrics.k8s.io",
    "node.x-k8s.io",
)
_DASHED: Final = {
    f"x_kubernetes_{name}": f"x-kubernetes-{name.replace('_', '-')}"
    for name in (
        "embedded_resource", "int_or_string", "list_map_keys", "list_type", "map_type",
        "preserve_unknown_fields", "validations",
    )
}  # fmt: skip
_UNDERSCORED: Final = {dashed: underscored for underscored, dashed in _DASHED.items()}


def token_kind(type_: str) -> tuple[str, str]:
    """``("apps/v1", "Deployment")`` from ``kubernetes:apps/v1:Deployment``; the core group is ``v1``."""
    _, group_version, kind = type_.split(":")
    group, _, version = group_version.partition("/")
    return (version if group == "core" else group_version), kind


def is_patch(type_: str, kind: str) -> bool:
    """Whether the type changes fields of an object that somebody else owns."""
    return type_.endswith(f":{kind}Patch")


def is_built_in(api_version: str) -> bool:
    """Whether the API server itself defines the group (as against a CustomResourceDefinition)."""
    group = api_version.rpartition("/")[0]
    return "." not in group or (group.endswith(_BUILT_IN_SUFFIX) and not group.endswith(_NOT_BUILT_IN))


def is_crd(obj: Mapping[str, Any]) -> bool:
    """Whether the object defines a kind."""
    return obj.get("kind") == "CustomResourceDefinition" and str(obj.get("apiVersion")).startswith(
        "apiextensions.k8s.io/"
    )


def is_core(obj: Mapping[str, Any], kind: str) -> bool:
    """Whether the object is of a kind of the core group."""
    return obj.get("kind") == kind and obj.get("apiVersion") in {"v1", "core/v1"}


def metadata(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The object's metadata; empty when absent or not yet known."""
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def annotation(obj: Mapping[str, Any], key: str) -> str:
    """An annotation's value; empty when absent."""
    found = metadata(obj).get("annotations")
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""


def qualified(obj: Mapping[str, Any]) -> str:
    """The id of an object: ``namespace/name``, or ``name`` for what lives in no namespace."""
    meta = metadata(obj)
    return f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else str(meta["name"])


def split_id(id_: str) -> tuple[str | None, str]:
    """Namespace and name from an id."""
    namespace, slash, name = id_.partition("/")
    return (namespace, name) if slash else (None, namespace)


def autoname(obj: Object, resource_name: str, seed: bytes) -> None:
    """Give an unnamed object its name, ``<resource>-<8 hex>``, and mark it as named so."""
    suffix = hashlib.sha256(seed).hexdigest()[:8] if seed else entropy.token_hex(4)
    _take_name(obj, f"{resource_name}-{suffix}")


def adopt_autoname(obj: Object, old: Mapping[str, Any]) -> None:
    """Keep the name that an earlier run gave."""
    if annotation(old, AUTONAMED) == "true":
        _take_name(obj, metadata(old)["name"])


def _take_name(obj: Object, name: str) -> None:
    meta = obj.setdefault("metadata", {})
    if not isinstance(meta, dict):
        return  # not yet known as a whole: nothing can be set inside
    meta["name"] = name
    annotations = meta.setdefault("annotations", {})
    if isinstance(annotations, dict):
        annotations[AUTONAMED] = "true"


def field_manager(obj: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Who owns the fields that are applied: the annotation, the state, or a name of its own."""
    return (
        annotation(obj, FIELD_MANAGER)
        or state.get("__fieldManager")
        or f"pulumi-kubernetes-{entropy.token_hex(4)}"
    )


def normalise(obj: Object) -> Object:
    """The object in the shape that the API server would give back, so that equal things compare equal."""
    result = copy.deepcopy(obj)
    if is_built_in(str(result.get("apiVersion"))) and not has_unknown(result):
        result = _normalise_known(result)
    if isinstance(meta := result.get("metadata"), dict):
        for key in _READ_ONLY:
            meta.pop(key, None)
    return result


def _normalise_known(obj: Object) -> Object:
    if is_crd(obj):
        obj.pop("status", None)
        spec = obj.get("spec")
        if isinstance(spec, dict) and spec.get("preserveUnknownFields") is False:
            del spec["preserveUnknownFields"]
        return obj
    obj = canonical_quantities(_without_nulls(obj))
    return _normalise_secret(obj) if is_core(obj, "Secret") else obj


def _normalise_secret(obj: Object) -> Object:
    data = dict(obj.get("data") or {})
    for key, value in data.items():
        try:
            data[key] = base64.b64encode(base64.b64decode(value)).decode()
        except (binascii.Error, ValueError):
            continue  # the API server refuses it, with a better message
    if plain := obj.pop("stringData", None):
        data |= {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
    if data:
        obj["data"] = data
    return obj


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def prune(source: Any, shape: Any) -> Any:
    """What of ``source`` has a counterpart in ``shape``: the live object reduced to what the program said."""
    if isinstance(source, dict) and isinstance(shape, dict):
        return {key: prune(value, shape[key]) for key, value in source.items() if key in shape}
    if isinstance(source, list) and isinstance(shape, list):
        return [prune(one, other) for one, other in zip(source, shape, strict=False)]
    return source


def renamed_keys(obj: Object, *, to_server: bool) -> Object:
    """A CustomResourceDefinition's ``x_kubernetes_…`` keys as the server, or the typed SDKs, spell them."""
    if not is_crd(obj):
        return obj
    return _renamed(obj, _DASHED if to_server else _UNDERSCORED)  # type: ignore[no-any-return] # recursive over JSON, so Any


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def plain(values: Mapping[str, Any]) -> Object:
    """Inputs as an object to send: no secret wrappers, the server's spelling."""
    return renamed_keys(reveal(dict(values)), to_server=True)


def mark_secrets(values: Object, inputs: Mapping[str, Any]) -> Object:
    """``values`` with everything secret that is secret in ``inputs``; a Secret's data always is."""
    if values.get("kind") == "Secret":
        return {
            key: Secret(value) if key in {"data", "stringData"} and not isinstance(value, Secret) else value
            for key, value in values.items()
        }
    return {key: _marked(value, inputs[key]) if key in inputs else value for key, value in values.items()}


def _marked(value: Any, given: Any) -> Any:
    if isinstance(value, dict) and isinstance(given, dict):
        return mark_secrets(value, given)
    if not isinstance(value, Secret) and value is not UNKNOWN and has_secret(given):
        return Secret(value)
    return value


def checkpoint(
    inputs: Object, live: Object, given: Mapping[str, Any], manager: str, api_version: str
) -> Object:
    """What the engine stores: the live object, and beside it the inputs that made it."""
    state = mark_secrets(renamed_keys(live, to_server=False), given)
    state["__inputs"] = mark_secrets(renamed_keys(inputs, to_server=False), given)
    state["__initialApiVersion"] = api_version
    state["__fieldManager"] = manager
    return state


def recalled(state: Mapping[str, Any]) -> tuple[Object, Object]:
    """Inputs and live object out of stored state."""
    values = reveal(dict(state))
    inputs = renamed_keys(values.get("__inputs") or {}, to_server=True)
    live = {key: value for key, value in values.items() if key not in _STATE_KEYS}
    return inputs, renamed_keys(live, to_server=True)
