"""Types that the emulated AWS has nothing behind: their inputs are checked and kept, and no call is made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar

from sandbox.providers.aws import sdk
from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags
from sandbox.providers.base import Props


class Recorded(Handler):
    """One recorded type: an id and an ARN made of its inputs, everything else as given."""

    title: ClassVar[str] = "recorded"

    def __init__(self, token: str) -> None:
        self._token = token
        self._info = sdk.type_info(token)

    def create(self, aws: Scope, inputs: Props) -> Made:
        """Keep it."""
        id_ = str(inputs.get("name") or _digest(self._token, inputs))
        return Made(id_, self._live(aws, id_))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        """What was kept."""
        return {**state, **self._live(aws, id_)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """The engine keeps the new inputs."""

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        """Likewise."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        """Nothing stands behind it."""

    def _live(self, aws: Scope, id_: str) -> Props:
        kind = self._token.split(":")[1].split("/")[-1]
        arn = aws.arn(self._info.package, f"{kind}/{id_}")
        return {"arn": arn} if "arn" in self._info.outputs and "arn" not in self._info.inputs else {}


def _digest(token: str, inputs: Props) -> str:
    return hashlib.sha256(f"{token}{sorted(inputs.items())!r}".encode()).hexdigest()[:17]
