"""Documents as resources of the engine: definitions first, then what pods need, pods after that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
import yaml

from infra.contents.sources import Files
from infra.scope import Component

Document = dict[str, Any]

DEFINITION = "CustomResourceDefinition"
PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
"""They wait for their account, their settings and their rights."""
HOOKS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})
"""They come last and go first: the API server asks them at once, and whoever answers has to be there."""


def documents(files: Files) -> list[Document]:
    """Every document of the files, in their order. Pure."""
    return [item for text in files.values() for item in yaml.safe_load_all(text) if item]


def token(document: Mapping[str, Any]) -> str:
    """The engine's type of a document: ``kubernetes:apps/v1:Deployment``. Pure."""
    version = document["apiVersion"]
    group = version if "/" in version else f"core/{version}"
    return f"kubernetes:{group}:{document['kind']}"


def register(
    owner: Component, wanted: Iterable[Document], after: Sequence[pulumi.Resource] = ()
) -> list[pulumi.Resource]:
    """Every document as a child of ``owner``; each turn waits for those before it."""
    turns: list[list[Document]] = [[], [], [], []]
    for item in wanted:
        turns[_turn(item["kind"])].append(item)
    made: list[pulumi.Resource] = []
    for turn in turns:
        made += [_one(owner, item, [*after, *made]) for item in turn]
    return made


def _turn(kind: str) -> int:
    """0 definitions, 1 what is neither, 2 pods, 3 hooks."""
    if kind == DEFINITION:
        return 0
    return 3 if kind in HOOKS else 2 if kind in PODS else 1


def _one(owner: Component, document: Document, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
    name = f"{document['kind']}-{document['metadata']['name']}".lower()
    return pulumi.CustomResource(
        token(document), owner.part(name), props=document, opts=owner.child(depends_on=[*after])
    )
