"""Refusals in the words of the real provider, and which of them mean that a thing is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sandbox.providers.base import ProviderError

_GONE: Final = re.compile(
    r"(NotFound|NoSuch\w*|NotFoundException|NonExistentQueue|DoesNotExist|NotFoundFault|"
    r"RepositoryNotFoundException|^404$)"
)


class Refusal(Exception):  # noqa: N818 - a service's answer, worded like one
    """What AWS would refuse and the emulated service would not, in AWS's code and words."""

    def __init__(self, operation: str, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.operation_name = operation
        self.response = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "emulated"},
        }


def code_of(error: BaseException) -> str:
    """The service's error code, such as ``DependencyViolation``; empty when it is not a service error."""
    response: Any = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_gone(error: BaseException) -> bool:
    """Whether the service says that the thing does not exist."""
    if code_of(error) == "InvalidRequestException":  # DataSync has one code for everything
        return "not found" in str(error)
    return bool(_GONE.search(code_of(error)))


@contextmanager
def refusals(doing: str) -> Iterator[None]:
    """Turn what the service refuses into ``creating EC2 VPC (x): operation error …``."""
    try:
        yield
    except ProviderError:
        raise
    except Exception as error:
        worded = _worded(error)
        if worded is None:
            raise
        raise ProviderError(f"{doing}: {worded}") from error


def _worded(error: Exception) -> str | None:
    code = code_of(error)
    if code:
        response: Any = error.response  # type: ignore[attr-defined]
        meta, detail = response.get("ResponseMetadata", {}), response["Error"]
        return (
            f"operation error {getattr(error, 'operation_name', '?')}, https response error StatusCode: "
            f"{meta.get('HTTPStatusCode', '?')}, RequestID: {meta.get('RequestId', '?')}, "
            f"api error {code}: {detail.get('Message', '')}"
        )
    if type(error).__module__.startswith("botocore."):
        return f"{error}"
    return None
