"""The verbs for every kind of object, in the order in which pulumi-kubernetes does them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.base import Checked, Diff, InitFailed, Props, ProviderError, State
from sandbox.providers.codec import UNKNOWN, has_unknown
from sandbox.providers.kubernetes import objects
from sandbox.providers.kubernetes.api import ApiError, NoMatchError, Object
from sandbox.providers.kubernetes.awaits import WaitError
from sandbox.providers.kubernetes.connection import Connection
from sandbox.providers.kubernetes.difference import judge
from sandbox.providers.kubernetes.writing import (
    Writer,
    conflict,
    create_refused,
    update_of_unknown_kind,
)  # fmt: skip

_FORBIDDEN: Final = 403
_NO_DRY_RUN: Final = "the dry run was refused, so the preview shows the inputs"
_NO_LISTS: Final = (
    "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be "
    "created directly. Use the underlying resource type instead"
)


class Manifests:
    """Objects of any kind over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writer = Writer(connection)

    def check(self, urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
        """Inputs in their normal shape, named and in a namespace."""
        new = objects.normalise(objects.plain(news))
        _refuse(type_, new)
        if not _named(new):
            if olds:
                objects.adopt_autoname(new, objects.plain(olds))
            else:
                objects.autoname(new, urn.rsplit("::", 1)[-1], seed)
        meta = new.setdefault("metadata", {})
        if isinstance(meta, dict) and not _given(meta, "namespace") and self._connection.namespaced(new):
            meta["namespace"] = self._connection.namespace
        if objects.is_crd(new):
            self._connection.scopes.learn(new)
        return Checked(objects.mark_secrets(objects.renamed_keys(new, to_server=False), news))

    def diff(self, type_: str, old_outputs: Props, news: Props) -> Diff:
        """The new inputs against the last live object, reduced to what the program had said of it."""
        inputs, live = objects.recalled(old_outputs)
        new = objects.normalise(objects.plain(news))
        old = objects.prune(live, objects.normalise(inputs))
        for one in (old, new):
            self._place(one, new)
        if _given(objects.metadata(new), "name"):
            old.setdefault("metadata", {})["name"] = objects.metadata(live).get("name")
        meta, was = objects.metadata(new), objects.metadata(live)
        elsewhere = any(meta.get(key) != was.get(key) for key in ("name", "namespace"))
        return judge(
            old, new, self._connection.switches.mutability,
            patch=objects.is_patch(type_, str(new.get("kind"))),
            renamable=elsewhere or objects.annotation(new, objects.AUTONAMED) == "true",
        )  # fmt: skip

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        """Create it and wait until it is ready; in preview a dry run, where one is possible."""
        obj = objects.plain(inputs)
        patch = objects.is_patch(type_, str(obj.get("kind")))
        if preview and (patch or not self._previewable(obj)):
            return State("", inputs)
        manager = objects.field_manager(obj, {})
        apply = patch or self._connection.switches.upsert
        try:
            live = self._writer.create(urn, obj, manager, preview=preview, apply=apply)
        except (ApiError, NoMatchError) as error:
            if preview and isinstance(error, ApiError) and _says_nothing(error):
                self._connection.journal.warn(urn, f"{_NO_DRY_RUN}: {error}")
                return State("", inputs)
            raise create_refused(urn, obj, error) from error
        if preview:
            live.pop("status", None)
            return State("", _state(obj, live, inputs, manager))
        return self._initialised(urn, obj, live, inputs, manager, timeout)

    def _initialised(
        self, urn: str, obj: Object, live: Object, inputs: Props, manager: str, timeout: float
    ) -> State:
        try:
            live = self._connection.waiter.ready(urn, obj, live, None, timeout)
        except WaitError as error:
            state = State(objects.qualified(error.live), _state(obj, error.live, inputs, manager))
            message = (
                f'resource "{urn}" was successfully created, but the Kubernetes API server reported that it '
                f"failed to fully initialize or become live: {error}"
            )
            raise InitFailed(state, [message, *error.reasons]) from error
        return State(objects.qualified(live), _state(obj, live, inputs, manager))

    def read(self, type_: str, id_: str, inputs: Props, outputs: Props) -> State | None:
        """The live object; InitFailed when it is there but not ready."""
        stored = objects.normalise(objects.plain(inputs))
        token_version, token_kind = objects.token_kind(type_)
        api_version, kind = stored.get("apiVersion") or token_version, stored.get("kind") or token_kind
        namespace, name = objects.split_id(id_)
        api = self._connection.api
        try:
            live = api.find(api.resource(api_version, kind).path(namespace, name))
        except NoMatchError:
            return None
        if live is None:
            return None
        known = objects.prune(live, stored) if inputs else _as_inputs(live)
        manager = objects.field_manager(live, outputs)
        given = objects.mark_secrets(objects.renamed_keys(known, to_server=False), inputs)
        state = State(id_, _state(known, live, inputs, manager), given)
        if inputs and (unready := self._connection.waiter.check(live)):
            raise InitFailed(state, [str(unready), *unready.reasons])
        return state

    def update(
        self, urn: str, type_: str, old_outputs: Props, news: Props, preview: bool, timeout: float
    ) -> Props:
        """Apply the new inputs and wait until the object is ready again."""
        new = objects.normalise(objects.plain(news))
        if preview and not self._previewable(new):
            return news
        _, stored = objects.recalled(old_outputs)
        manager = objects.field_manager(new, old_outputs)
        patch = objects.is_patch(type_, str(new.get("kind")))
        name = objects.metadata(stored)["name"]
        try:
            before, applied = self._writer.update(urn, new, name, manager, preview=preview, patch=patch)
        except NoMatchError as error:
            raise update_of_unknown_kind(urn, error) from error
        except ApiError as error:
            if preview and error.code == _FORBIDDEN:
                self._connection.journal.warn(urn, f"{_NO_DRY_RUN}: {error}")
                return news
            raise self._refused(urn, error, stored, new, news, manager, preview) from error
        if preview:
            return _state(new, applied, news, manager)
        try:
            live = self._connection.waiter.ready(urn, new, applied, before, timeout)
        except WaitError as error:
            raise _unready(error, error.live, new, news, manager, error.reasons) from error
        self._drop_former_manager(live, old_outputs, manager)
        return _state(new, live, news, manager)

    def _refused(
        self, urn: str, error: ApiError, stored: Object, new: Object, news: Props, manager: str, preview: bool
    ) -> ProviderError:
        """A refused update; the object as it is now is what the engine should remember."""
        told = conflict(manager, error)
        meta, api = objects.metadata(stored), self._connection.api
        live = api.find(
            api.resource(new["apiVersion"], new["kind"]).path(meta.get("namespace"), meta["name"])
        )
        if live is None or preview:
            return ProviderError(f'update of resource "{urn}" failed: {told}')
        return _unready(told, live, new, news, manager, [])

    def _drop_former_manager(self, live: Object, old_outputs: Props, manager: str) -> None:
        former = old_outputs.get("__fieldManager")
        if former and former != manager:
            resource = self._connection.api.resource(live["apiVersion"], live["kind"])
            meta = objects.metadata(live)
            self._writer.relinquish(resource.path(meta.get("namespace"), meta["name"]), live, former)

    def delete(self, urn: str, type_: str, id_: str, old_outputs: Props, timeout: float) -> None:
        """Delete it and wait until it is gone."""
        inputs, live = objects.recalled(old_outputs)
        namespace, name = objects.split_id(id_)
        manager = objects.field_manager(live, old_outputs)
        api = self._connection.api
        try:
            path = api.resource(live["apiVersion"], live["kind"]).path(namespace, name)
            if objects.is_patch(type_, live["kind"]):
                self._writer.relinquish(path, live, manager)
                return
            options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": _propagation(inputs)}
            left, _ = api.request("DELETE", path, body=options)
        except NoMatchError:
            return  # its definition is gone, and with it the object
        except ApiError as error:
            if error.reason == "NotFound":
                return
            raise ProviderError(_delete_failure(error)) from error
        if left.get("kind") == "Status":
            return
        try:
            self._connection.waiter.gone(urn, inputs, left, timeout)
        except WaitError as error:
            state = State(id_, _state(inputs, error.live, old_outputs, manager))
            raise InitFailed(state, [str(error), *error.reasons]) from error

    def _place(self, obj: Object, new: Mapping[str, Any]) -> None:
        """Say the namespace that is meant, and none where there is none."""
        meta = obj.setdefault("metadata", {})
        if not isinstance(meta, dict):
            return
        if self._connection.namespaced(new):
            meta["namespace"] = meta["namespace"] if _given(meta, "namespace") else "default"
        else:
            meta.pop("namespace", None)

    def _previewable(self, obj: Object) -> bool:
        connection = self._connection
        if connection.unreachable or not connection.switches.server_side or has_unknown(obj):
            return False
        return connection.api.serves(str(obj["apiVersion"]), str(obj["kind"]))


def _refuse(type_: str, new: Object) -> None:
    kind = str(new.get("kind"))
    if kind.endswith("List") and objects.is_built_in(str(new.get("apiVersion"))):
        raise ProviderError(_NO_LISTS)
    if _named(new):
        return
    if objects.is_patch(type_, kind):
        raise ProviderError("patch resources require the `.metadata.name` field to be set")
    if objects.metadata(new).get("generateName"):
        raise ProviderError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")


def _says_nothing(error: ApiError) -> bool:
    """A dry run's refusal that an ``up`` may well not meet."""
    return error.code == _FORBIDDEN or error.reason == "AlreadyExists" or error.namespace_missing


def _delete_failure(error: ApiError) -> str:
    if error.reason == "Invalid" and "Required value" in str(error):
        fields = ", ".join(cause.get("field", "") for cause in error.details.get("causes") or [])
        return (
            "this Patch resource is currently managing a required field, so it can't be deleted directly. "
            "Either set the `retainOnDelete` resource option, or transfer ownership of the field before "
            f"deleting: {fields}"
        )
    return str(error)


def _unready(
    error: Exception, live: Object, new: Object, news: Props, manager: str, reasons: list[str]
) -> InitFailed:
    name = objects.qualified(live)
    message = (
        f'the Kubernetes API server reported that "{name}" failed to fully initialize or become live: {error}'
    )
    return InitFailed(State(name, _state(new, live, news, manager)), [message, *reasons])


def _state(inputs: Object, live: Object, given: Mapping[str, Any], manager: str) -> Props:
    return objects.checkpoint(inputs, live, given, manager, str(inputs.get("apiVersion")))


def _named(obj: Mapping[str, Any]) -> bool:
    meta = obj.get("metadata")
    if meta is UNKNOWN:
        return True
    return isinstance(meta, dict) and _given(meta, "name")


def _given(meta: Mapping[str, Any], key: str) -> bool:
    """Whether a value is there, known or not."""
    value = meta.get(key)
    return value is UNKNOWN or bool(value)


def _propagation(inputs: Mapping[str, Any]) -> str:
    wanted = objects.annotation(inputs, objects.PROPAGATION).lower()
    return {"orphan": "Orphan", "background": "Background"}.get(wanted, "Foreground")


def _as_inputs(live: Object) -> Object:
    """A live object reduced to what a program could have said; for an import."""
    known = objects.normalise(live)
    known.pop("status", None)
    return known
