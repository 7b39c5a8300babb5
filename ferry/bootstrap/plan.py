"""What should be, what is, and the steps between: pure, so that a preview is exactly what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ferry.bootstrap import policies
from ferry.bootstrap.jobs import JOBS
from ferry.bootstrap.policies import Place


class Kind(StrEnum):
    """What a thing is; also the order in which things are made, since later ones name earlier ones."""

    KEY = "key"
    BUCKET = "bucket"
    PROVIDER = "provider"
    BOUNDARY = "boundary"
    ROLE = "role"


EXISTS = "exists"
"""The aspect that says a thing is there at all; it comes first among the aspects of its thing."""

NONCURRENT_DAYS = 365
"""Old versions of the state are kept this long: a year of history to go back to or to explain."""

SESSION_SECONDS = 3600
"""Longest session of each role; an ``up`` of the whole environment takes about half of it."""


@dataclass(frozen=True)
class Part:
    """One thing's one aspect, which is looked at and set on its own.

    Attributes:
        kind, name: the thing, e.g. ``bucket`` and ``ferry-dev-state-123456789012``.
        aspect: e.g. ``versioning``.
        want: value as the finder reports it, plain data.
        why: what would be lost without it, for the person who reads the plan.
        born: comes with the making of the thing, so that it is a step of its own only when it has drifted.
    """

    kind: Kind
    name: str
    aspect: str
    want: Any
    why: str
    born: bool = False

    @property
    def place(self) -> tuple[Kind, str, str]:
        """Where the finder reports what it found."""
        return (self.kind, self.name, self.aspect)

    @property
    def label(self) -> str:
        """The thing as a person would say it; of an ARN the last part is enough."""
        name = self.name.rpartition("/")[2] if self.name.startswith("arn:") else self.name
        return f"{self.kind} {name}"


Found = Mapping[tuple[Kind, str, str], Any]
"""What is there, by part; what is not there is absent."""


@dataclass(frozen=True)
class Action:
    """Set one part to what it should be; ``before`` is None where nothing is there yet."""

    part: Part
    before: Any

    @property
    def verb(self) -> str:
        """``create`` where nothing is there, ``repair`` where something else is."""
        return "create" if self.before is None else "repair"

    def __str__(self) -> str:
        what = f"{self.verb} {self.part.label}"
        return what if self.part.aspect == EXISTS else f"{what}: {self.part.aspect}"


def plan(place: Place, found: Found) -> list[Action]:
    """Actions that turn ``found`` into what should be; empty when nothing is to be done."""
    return [
        Action(part, found.get(part.place))
        for part in wanted(place)
        if canonical(found.get(part.place)) != canonical(part.want)
        and not (part.born and (part.kind, part.name, EXISTS) not in found)
    ]


def canonical(value: Any) -> Any:
    """``value`` without what AWS may write differently and mean the same: order, and lists of one."""
    if isinstance(value, dict):
        return {key: canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        items = sorted((canonical(item) for item in value), key=repr)
        return items[0] if len(items) == 1 else items
    return value


def wanted(place: Place) -> list[Part]:
    """Everything that should be there, in the order in which it is made."""
    return [*_key(place), *_bucket(place), *_provider(place), *_boundary(place), *_roles(place)]


def _key(place: Place) -> list[Part]:
    def part(aspect: str, want: Any, why: str, *, born: bool = False) -> Part:
        return Part(Kind.KEY, place.alias, aspect, want, why, born)

    return [
        part(EXISTS, "Enabled", "encrypts the state and the secrets in it"),
        part("rotation", True, "AWS makes new key material every year"),
        part("policy", policies.key_policy(place), "the account's IAM decides who uses it", born=True),
    ]


def _bucket(place: Place) -> list[Part]:
    def part(aspect: str, want: Any, why: str) -> Part:
        return Part(Kind.BUCKET, place.bucket, aspect, want, why)

    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    encryption = {"algorithm": "aws:kms", "key": place.alias_arn, "bucket_key": True}
    return [
        part(EXISTS, place.region, "keeps the state: what exists and who made it"),
        part("ownership", "BucketOwnerEnforced", "no access lists beside the policies"),
        part("public access", dict.fromkeys(blocked, True), "the state is nobody else's business"),
        part("versioning", "Enabled", "a lost or broken state can be taken back"),
        part("encryption", encryption, "read only by whoever may use the key"),
        part("old versions", NONCURRENT_DAYS, "history is kept for a year, not for ever"),
        part("policy", policies.bucket_policy(place), "refuses unencrypted connections"),
    ]


def _provider(place: Place) -> list[Part]:
    why = "GitHub's short-lived tokens instead of long-lived keys"
    return [
        Part(Kind.PROVIDER, place.provider_arn, EXISTS, True, why),
        Part(
            Kind.PROVIDER, place.provider_arn, "audience", policies.AUDIENCE, "tokens made for AWS", born=True
        ),
    ]


def _boundary(place: Place) -> list[Part]:
    why = "the ceiling of the apply role and of all that it makes"
    return [Part(Kind.BOUNDARY, place.boundary_arn, EXISTS, policies.boundary(place), why)]


def _roles(place: Place) -> list[Part]:
    return [
        part
        for purpose, job in JOBS.items()
        for part in _role(place, purpose, job.trust(place), job.policy(place))
    ]


def _role(place: Place, purpose: str, trust: policies.Document, policy: policies.Document) -> list[Part]:
    name = place.role(purpose)

    def part(aspect: str, want: Any, why: str, *, born: bool = True) -> Part:
        return Part(Kind.ROLE, name, aspect, want, why, born)

    return [
        part(EXISTS, True, f"what a job takes on for {purpose}", born=False),
        part("trust", trust, "who may take it on"),
        part("boundary", place.boundary_arn, "what it can never do, whatever is attached"),
        part("session", SESSION_SECONDS, "how long one token lasts, in seconds"),
        part("policies", {f"ferry-{purpose}": policy}, "what it may do, and no more", born=False),
        part("attached policies", [], "nothing attached by hand"),
    ]
