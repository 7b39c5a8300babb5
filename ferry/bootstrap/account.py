"""Looking at an account and changing it, one part at a time; no decision is made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError

from ferry.bootstrap.hands import BoundaryHand, BucketHand, KeyHand, ProviderHand, RoleHand
from ferry.bootstrap.plan import EXISTS, Action, Kind, Part
from ferry.bootstrap.policies import Place

_ABSENT = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NotFoundException",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
"""Error codes that say "not there"; every other error is one."""


class Hand(Protocol):
    """What can be done with one kind of thing."""

    def look(self, part: Part) -> Any:
        """The part as it is, in the form in which it is wanted; a ``ClientError`` where it is not there."""

    def create(self, part: Part) -> None:
        """Make the thing that the part says should exist."""

    def change(self, part: Part) -> None:
        """Set the part of a thing that exists."""


class Account:
    """One AWS account in one region, through boto3; ``endpoint`` is that of an emulated one."""

    def __init__(self, place: Place, session: boto3.Session, endpoint: str | None = None) -> None:
        def client(service: str) -> Any:
            return session.client(service, region_name=place.region, endpoint_url=endpoint)

        clients = {service: client(service) for service in ("kms", "s3", "iam", "sts")}
        self._sts = clients["sts"]
        self._hands: dict[Kind, Hand] = {
            Kind.KEY: KeyHand(place, clients["kms"]),
            Kind.BUCKET: BucketHand(place, clients["s3"]),
            Kind.PROVIDER: ProviderHand(place, clients["iam"]),
            Kind.BOUNDARY: BoundaryHand(place, clients["iam"]),
            Kind.ROLE: RoleHand(place, clients["iam"]),
        }

    def number(self) -> str:
        """The account that the credentials belong to."""
        return str(self._sts.get_caller_identity()["Account"])

    def find(self, parts: list[Part]) -> dict[tuple[Kind, str, str], Any]:
        """What is there of ``parts``; aspects of a thing that is not there are not asked for."""
        found: dict[tuple[Kind, str, str], Any] = {}
        for part in parts:
            if part.aspect == EXISTS or (part.kind, part.name, EXISTS) in found:
                value = _or_none(self._hands[part.kind].look, part)
                if value is not None:
                    found[part.place] = value
        return found

    def do(self, action: Action) -> None:
        """Make one part as it should be.

        Raises:
            botocore.exceptions.ClientError: AWS refused.
        """
        hand = self._hands[action.part.kind]
        if action.part.aspect == EXISTS and action.before is None:
            hand.create(action.part)
        else:
            hand.change(action.part)


def _or_none(look: Callable[[Part], Any], part: Part) -> Any:
    try:
        return look(part)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
