"""The first thing that a destroy meets: where data is kept it is protected, so nothing behind it is touched.

The engine looks at `protect` when it is about to delete a resource, and begins with those that nobody needs
(measured: of three queues, two were gone before the protected one was refused). A destroy that skips its
preview would take away route after route and pod after pod. This resource needs everything else, so it is
deleted first or not at all. It exists in the engine's state only; nothing waits for it, nothing is replaced
because of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import pulumi

from infra.scope import Component, Scope


class InUse(Component):
    """Everything else, as one dependency.

    Args:
        everything: components and resources; a component stands for all its children.
    """

    def __init__(
        self,
        name: str,
        scope: Scope,
        everything: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("InUse", name, opts)
        pulumi.Stash(
            self.part("until-a-reviewed-teardown"),
            input=scope.name,
            opts=self.child(depends_on=[*everything], protect=scope.protected),
        )
        self.register_outputs({})


def resources_of(layer: object) -> Iterator[pulumi.Resource]:
    """The resources that a layer's dataclass names, in lists and mappings too; providers go last anyway."""
    if isinstance(layer, pulumi.ProviderResource):
        return
    if isinstance(layer, pulumi.Resource):
        yield layer
    elif isinstance(layer, Mapping):
        for value in layer.values():
            yield from resources_of(value)
    elif isinstance(layer, list | tuple):
        for value in layer:
            yield from resources_of(value)
    elif dataclasses.is_dataclass(layer):
        for field in dataclasses.fields(layer):
            yield from resources_of(getattr(layer, field.name))
