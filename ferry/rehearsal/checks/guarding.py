"""A check that breaks down is a check that failed: it never ends the rehearsal, and never passes."""

from __future__ import annotations

import functools

import httpx
import redis
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ferry.rehearsal.checks.context import CheckContext, CheckFunction, Note
from ferry.report.model import Check, Claim
from sandbox.controlplane.client import ApiError
from sandbox.processes import ProcessError
from sandbox.providers.base import ProviderError

BREAKDOWNS = (
    ApiError,
    BotoCoreError,
    ClientError,
    ProviderError,
    ResponseParserError,
    httpx.HTTPError,
    ProcessError,
    TimeoutError,
    redis.RedisError,
)
"""What the account or the cluster may answer instead of an answer; anything else is a bug and keeps its
traceback.
"""


def guarded(name: str, requirement: str, check: CheckFunction) -> CheckFunction:
    """The check, with a refusal or a broken connection turned into a failed claim that quotes it."""

    @functools.wraps(check)
    def run(context: CheckContext, note: Note) -> list[Check]:
        try:
            return _patiently(check, context, note)
        except BREAKDOWNS as error:
            claim = Claim(f"{name}.tried", requirement, f"the check of {name} can be made at all")
            return [claim.failed(f"{type(error).__name__}: {error}")]

    return run


def _patiently(check: CheckFunction, context: CheckContext, note: Note) -> list[Check]:
    """A server too busy to answer in time is asked once more: that says nothing about what is checked."""
    try:
        return check(context, note)
    except httpx.TransportError:
        note("the API server did not answer in time; once more")
        return check(context, note)
