"""Secrets Manager, as far as MLflow needs it: the current version of a secret, a new one, random text."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

LENGTH = 48
"""Characters of a password: letters and digits, which every file and shell takes."""


class Api(Protocol):
    """boto3's client, as far as it is used."""

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        """The current version's id and text."""

    def put_secret_value(self, **request: Any) -> dict[str, Any]:
        """Make a version and call it current."""

    def get_random_password(self, **request: Any) -> dict[str, Any]:
        """Random text."""


@dataclass(frozen=True)
class Version:
    """One version of a secret; ``repr`` does not show its values."""

    id: str
    values: Mapping[str, str] = field(repr=False)


class Secret:
    """A secret whose text is one flat JSON object."""

    def __init__(self, api: Api, arn: str) -> None:
        self._api = api
        self._arn = arn

    def current(self) -> Version | None:
        """The current version; None while there is none."""
        try:
            found = self._api.get_secret_value(SecretId=self._arn)
        except Exception as error:
            if _code(error) == "ResourceNotFoundException":
                return None
            raise
        return Version(found["VersionId"], json.loads(found["SecretString"]))

    def expect(self) -> Version:
        """The current version.

        Raises:
            LookupError: there is none.
        """
        found = self.current()
        if found is None:
            raise LookupError(
                f"{self._arn} has no value, so MLflow has no password. The Job mlflow-database writes it: "
                "look why it did not, and run `pulumi up` again."
            )
        return found

    def put(self, values: Mapping[str, str]) -> None:
        """Make these values the current version."""
        self._api.put_secret_value(
            SecretId=self._arn,
            SecretString=json.dumps(dict(values)),
            ClientRequestToken=secrets.token_hex(32),
        )


def random_text(api: Api) -> str:
    """A new password, made by Secrets Manager."""
    found = api.get_random_password(PasswordLength=LENGTH, ExcludePunctuation=True, IncludeSpace=False)
    return str(found["RandomPassword"])


def _code(error: Exception) -> str:
    """boto3's error code; empty for any other error."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
