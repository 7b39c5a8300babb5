"""What one resource type has to say for itself; everything that types have in common is in the engine's half.

A handler is a table with four verbs. The table (class attributes) says how the type is named, checked and
replaced; the verbs are the boto3 calls. ``create`` and ``read`` return properties as the SDK documents them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sandbox.providers.aws import clients
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.base import CheckFailure, Props
from sandbox.providers.codec import Value

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Scope:
    """Where a call goes: one provider instance's account, and the resource's own region."""

    region: str
    account: str
    partition: str = "aws"

    def client(self, service: str) -> Any:
        """The shared boto3 client of the service in this region."""
        return clients.client(service, self.region)

    def arn(self, service: str, resource: str) -> str:
        """``arn:aws:<service>:<region>:<account>:<resource>``."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Made:
    """A new resource: its id and the properties that AWS decided or confirmed."""

    id: str
    live: Props = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """An update: inputs before and after, what differs, and the outputs before."""

    old: Props
    new: Props
    keys: frozenset[str]
    outputs: Props

    def __contains__(self, key: object) -> bool:
        return key in self.keys

    def any(self, *keys: str) -> bool:
        """Whether one of these inputs changes."""
        return not self.keys.isdisjoint(keys)


class Handler:
    """One type. Subclasses fill the table and the verbs."""

    title: ClassVar[str] = ""
    """As the real provider's errors name the type: ``EC2 VPC``."""
    cfn: ClassVar[str] = ""
    """AWS's own name of the type, which brings its schema; empty where AWS's registry has none."""
    names: ClassVar[Mapping[str, str]] = {}
    """Inputs whose name in AWS's schema differs by more than case; an empty value exempts the input."""
    autoname: ClassVar[AutoName | None] = None
    defaults: ClassVar[Mapping[str, Value]] = {}
    """Filled in by Check, as the provider documents them."""
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs documented as forcing a new resource that AWS's schema does not call create-only."""
    in_place: ClassVar[frozenset[str]] = frozenset()
    """Inputs that AWS's schema calls create-only but the provider changes in place."""
    replaced_first_deleted: ClassVar[bool] = False
    """Whether a replacement deletes before it creates, whatever the name."""
    write_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs that reach AWS and never the state; they count as changed only through their ``…Version``."""
    moves_on_update: ClassVar[frozenset[str]] = frozenset()
    """Outputs that an update in place may change, hence unknown in its preview."""
    computed_inside: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Properties that AWS decides inside an object that is otherwise given."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Outputs that are secret by nature."""

    def determined(self, aws: Scope, inputs: Props) -> Props:
        """Outputs that the inputs alone decide, so that a preview can know them."""
        return {}

    def fill(self, inputs: Props) -> Props:
        """Inputs derived from others before they are checked and stored."""
        return inputs

    def validate(self, inputs: Props) -> list[CheckFailure]:
        """What is wrong with the inputs taken together."""
        return []

    def forces(self, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """Changed inputs that force a replacement only in some cases."""
        return frozenset()

    def create(self, aws: Scope, inputs: Props) -> Made:
        """Make it."""
        raise NotImplementedError

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        """Its live properties, or None when it is gone. ``state`` is empty on import."""
        raise NotImplementedError

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Change it in place. Tags are not its business: see ``retag``."""
        raise NotImplementedError

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        """Remove it. Raising the service's "not found" is fine."""
        raise NotImplementedError

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        """Change its tags."""
        raise NotImplementedError


def create_only(handler: type[Handler]) -> frozenset[str]:
    """Names in AWS's schema that can only be set at creation."""
    from sandbox.providers.aws import schemas  # noqa: PLC0415 - read only when a change is judged

    return schemas.schema(handler.cfn).create_only if handler.cfn else frozenset()


def key_values(tags: Tags | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{key: name, value: text} for name, text in (tags or {}).items()]


def tag_map(
    tags: Sequence[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """Tags as most services return them, without AWS's own ``aws:`` ones."""
    return {tag[key]: tag.get(value, "") for tag in tags or () if not tag[key].startswith("aws:")}


def given(**values: Value) -> dict[str, Any]:
    """Keyword arguments for boto3 without the ones that were not set."""
    return {key: value for key, value in values.items() if value is not None}


@functools.cache
def capital(name: str) -> str:
    """``cidrBlock`` → ``CidrBlock``."""
    return name[:1].upper() + name[1:]


def lower_first(name: str) -> str:
    """``CidrBlock`` → ``cidrBlock``."""
    return name[:1].lower() + name[1:]
