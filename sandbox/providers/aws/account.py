"""One provider instance's configuration: account, region, and the tags it puts on everything."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.aws import clients
from sandbox.providers.aws.handler import Scope
from sandbox.providers.base import Props, ProviderError
from sandbox.providers.codec import UNKNOWN, Value, has_unknown

_identities: dict[str, str] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Settings:
    """What an ``aws.Provider`` was given. Unknown settings of a first preview count as not given."""

    region: str
    allowed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    default_tags: Value = field(default_factory=dict)


def settings_of(config: Props) -> Settings:
    """Read the provider's configuration; the SDK sends objects and lists as JSON text."""
    plain = {key: _parsed(value) for key, value in config.items()}
    tags = plain.get("defaultTags") or {}
    region = plain.get("region")
    return Settings(
        region=region if isinstance(region, str) else os.environ.get("AWS_REGION", ""),
        allowed=_texts(plain.get("allowedAccountIds")),
        forbidden=_texts(plain.get("forbiddenAccountIds")),
        default_tags=UNKNOWN if has_unknown(tags) else dict(tags.get("tags") or {}),
    )


def _parsed(value: Value) -> Value:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return None if value is UNKNOWN else value


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


class Account:
    """The account behind the credentials, asked once per endpoint."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def region(self) -> str:
        """The instance's own region."""
        return self._settings.region

    def verify(self) -> None:
        """Refuse to act in an account that was not meant, as the real provider does at configuration."""
        allowed, forbidden = self._settings.allowed, self._settings.forbidden
        if not allowed and not forbidden:
            return
        account = self._id()
        if (allowed and account not in allowed) or account in forbidden:
            raise ProviderError(
                f"AWS account ID not allowed: {account}. This provider may act in "
                f"{', '.join(allowed) or 'any other'}, so nothing was touched. "
                "Use credentials of an allowed account, or correct allowedAccountIds."
            )

    def scope(self, region: str) -> Scope:
        """A place to act in."""
        if not region:
            raise ProviderError(
                "invalid AWS Region: none is configured, so no service can be reached. "
                "Set `region` on the aws.Provider, or AWS_REGION."
            )
        return Scope(region, self._id())

    def all_tags(self, tags: Value) -> Value:
        """Default tags under the resource's own."""
        defaults = self._settings.default_tags
        if defaults is UNKNOWN or tags is UNKNOWN:
            return UNKNOWN
        merged: Mapping[str, Any] = {**defaults, **(tags or {})}
        return dict(merged)

    def own_tags(self, live: Mapping[str, str], given: Value) -> dict[str, str]:
        """Live tags without those that only the default tags put there."""
        defaults = self._settings.default_tags if self._settings.default_tags is not UNKNOWN else {}
        mine = given if isinstance(given, dict) else {}
        return {key: value for key, value in live.items() if key in mine or defaults.get(key) != value}

    def _id(self) -> str:
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        with _lock:
            if endpoint not in _identities:
                region = self._settings.region or "us-east-1"
                _identities[endpoint] = clients.client("sts", region).get_caller_identity()["Account"]
            return _identities[endpoint]
