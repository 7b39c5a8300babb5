"""Secrets Manager, as far as a preparation needs it: the current version, a new one, random text."""

from __future__ import annotations

import json
import secrets
from typing import Any

from botocore.exceptions import ClientError

LENGTH = 32
"""Characters of a password: letters and digits, which every file and shell takes."""


class Secret:
    """A secret whose text is one flat JSON object."""

    def __init__(self, api: Any, arn: str) -> None:
        self._api = api
        self._arn = arn

    def current(self) -> dict[str, str] | None:
        """Its values; None while there is no version."""
        try:
            found = self._api.get_secret_value(SecretId=self._arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        values: dict[str, str] = json.loads(found["SecretString"])
        return values

    def put(self, **values: str) -> None:
        """Make these values the current version."""
        self._api.put_secret_value(
            SecretId=self._arn, SecretString=json.dumps(values), ClientRequestToken=secrets.token_hex(32)
        )


def random_text(api: Any) -> str:
    """A new password, made by Secrets Manager."""
    found = api.get_random_password(PasswordLength=LENGTH, ExcludePunctuation=True, IncludeSpace=False)
    return str(found["RandomPassword"])
