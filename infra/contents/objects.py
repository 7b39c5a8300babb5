"""Documents as resources of the engine: definitions first, whatever needs them after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
import yaml

from infra.contents.sources import Files
from infra.scope import Component

Document = dict[str, Any]

DEFINITION = "CustomResourceDefinition"
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
    """Every document as a child of ``owner``; what is not a definition waits for those that are."""
    found = list(wanted)
    definitions = [_one(owner, item, after) for item in found if item["kind"] == DEFINITION]
    plain = [item for item in found if item["kind"] not in {DEFINITION, *HOOKS}]
    rest = [_one(owner, item, [*after, *definitions]) for item in plain]
    hooks = [_one(owner, item, [*after, *definitions, *rest]) for item in found if item["kind"] in HOOKS]
    return [*definitions, *rest, *hooks]


def _one(owner: Component, document: Document, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
    name = f"{document['kind']}-{document['metadata']['name']}".lower()
    return pulumi.CustomResource(
        token(document), owner.part(name), props=document, opts=owner.child(depends_on=[*after])
    )
