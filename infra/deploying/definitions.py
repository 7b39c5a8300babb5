"""Argo Workflows' definitions, which two controllers share: if one goes, the other's workflows stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.contents import objects
from infra.contents.lock import locked
from infra.contents.sources import Source
from infra.scope import Component

CONTENT = "argo-workflows"


@dataclass(frozen=True)
class WorkflowDefinitionsArgs:
    """Definitions for one cluster.

    Attributes:
        source: who has them.
        after: the cluster.
    """

    source: Source
    after: Sequence[pulumi.Resource]


class WorkflowDefinitions(Component):
    """The definitions.

    Attributes:
        made: what controllers wait for.
    """

    def __init__(
        self, name: str, args: WorkflowDefinitionsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("WorkflowDefinitions", name, opts)
        files = args.source.bring(locked(CONTENT))
        self.made = objects.register(self, objects.documents(files or {}), args.after)
        self.register_outputs({})
