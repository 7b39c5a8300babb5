"""Creating, applying and giving up objects: the requests, their retries, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.base import ProviderError, ignored
from sandbox.providers.kubernetes import objects
from sandbox.providers.kubernetes.api import APPLY, JSON, JSON_PATCH, ApiError, NoMatchError, Object
from sandbox.providers.kubernetes.connection import Connection
from sandbox.providers.kubernetes.managers import handed_over, without_ignored

_EXISTS_HELP: Final = """

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use `pulumi import`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create."""
_CONFLICT_HELP: Final = (
    "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/"
    "how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources "
    "for troubleshooting help"
)


class Writer:
    """Writes objects over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, urn: str, obj: Object, manager: str, *, preview: bool, apply: bool) -> Object:
        """The new object; tries again while its kind or namespace is not there.

        ``apply``: whether an object that exists is changed instead of being an error.
        Raises ApiError or NoMatchError when the last try fails too.
        """
        for pause in self._connection.pace.retry_seconds:
            try:
                return self._create_once(urn, obj, manager, preview=preview, apply=apply)
            except NoMatchError as error:
                last: Exception = error
            except ApiError as error:
                if error.reason != "NotFound" or (preview and error.namespace_missing):
                    raise
                last = error
            if self._connection.api.cancelled.wait(pause):
                break
        raise last

    def _create_once(self, urn: str, obj: Object, manager: str, *, preview: bool, apply: bool) -> Object:
        resource = self._connection.api.resource(obj["apiVersion"], obj["kind"])
        meta = obj["metadata"]
        if apply:
            path = resource.path(meta.get("namespace"), meta["name"])
            return self._apply(urn, path, obj, manager, self._forced(obj) or preview, preview)
        params = {"fieldManager": objects.CREATE_MANAGER} | _dry(preview)
        return self._send(urn, "POST", resource.path(meta.get("namespace")), obj, params)

    def update(
        self, urn: str, new: Object, name: str, manager: str, *, preview: bool, patch: bool
    ) -> tuple[Object, Object]:
        """The object before and after. ``patch``: it is somebody else's, who keeps its own fields."""
        api = self._connection.api
        path = api.resource(new["apiVersion"], new["kind"]).path(objects.metadata(new).get("namespace"), name)
        before = api.get(path)
        if objects.is_crd(new):
            version = {"resourceVersion": before["metadata"]["resourceVersion"]}
            body = new | {"metadata": new["metadata"] | version}
            return before, self._send(urn, "PUT", path, body, {"fieldManager": manager} | _dry(preview))
        owned = None if patch else handed_over(before, manager)
        if owned and not preview:
            self._hand_over(urn, path, owned, manager)
        force = self._forced(new) or (preview and owned is not None)
        wanted = without_ignored(new, before, manager, ignored.get())
        return before, self._apply(urn, path, wanted, manager, force, preview)

    def _hand_over(self, urn: str, path: str, owned: list[dict[str, Any]] | None, manager: str) -> None:
        """Pass the ownership on; a controller may have written in between, so look again and repeat."""
        while owned:
            try:
                self._send(urn, "PATCH", path, owned, {}, JSON_PATCH)
            except ApiError as error:
                if error.reason != "Conflict":
                    raise
                owned = handed_over(self._connection.api.get(path), manager)
            else:
                return

    def relinquish(self, path: str, live: Object, manager: str) -> None:
        """Give up every field of ``manager``: what nobody else manages returns to its default."""
        meta = {key: live["metadata"][key] for key in ("name", "namespace") if key in live["metadata"]}
        body = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": meta}
        params = {"fieldManager": manager}
        self._connection.api.request("PATCH", path, params=params, body=body, content_type=APPLY)

    def _forced(self, obj: Object) -> bool:
        return self._connection.switches.force or objects.annotation(obj, objects.PATCH_FORCE) == "true"

    def _apply(self, urn: str, path: str, obj: Object, manager: str, force: bool, preview: bool) -> Object:
        params = {"fieldManager": manager, "force": str(force).lower()} | _dry(preview)
        return self._send(urn, "PATCH", path, obj, params, APPLY)

    def _send(
        self,
        urn: str,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, str],
        content: str = JSON,
    ) -> Object:
        live, warnings = self._connection.api.request(
            method, path, params=params, body=body, content_type=content
        )
        for warning in warnings:
            self._connection.journal.warn(urn, warning)
        return live


def create_refused(urn: str, obj: Object, error: ApiError | NoMatchError) -> ProviderError:
    """How a refused creation reads."""
    if isinstance(error, NoMatchError):
        return ProviderError(
            f'creation of resource "{urn}" with kind {obj["apiVersion"]}/{obj["kind"]} failed because the '
            "Kubernetes API server reported that the apiVersion for this resource does not exist. "
            f"Verify that any required CRDs have been created: {error}"
        )
    help_ = _EXISTS_HELP if error.reason == "AlreadyExists" else ""
    return ProviderError(
        f'resource "{urn}" was not successfully created by the Kubernetes API server: {error}{help_}'
    )


def update_of_unknown_kind(urn: str, error: NoMatchError) -> ProviderError:
    """How an update reads when the object's definition is gone."""
    return ProviderError(
        f'update of resource "{urn}" failed because the Kubernetes API server reported that the '
        "apiVersion for this resource does not exist. Verify that any required CRDs have been "
        f"created: {error}"
    )


def conflict(manager: str, error: ApiError) -> Exception:
    """A refused update, with the way out if another manager owns a field."""
    if error.reason != "Conflict":
        return error
    return ProviderError(
        f'{_CONFLICT_HELP}\nThe resource managed by field manager "{manager}" had an apply conflict: {error}'
    )


def _dry(preview: bool) -> dict[str, str]:
    return {"dryRun": "All"} if preview else {}
