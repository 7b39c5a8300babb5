"""Answers that depend on the question alone: worked out once per release of moto, kept in the user's cache.

moto takes seconds to write down what 1,395 instance types are, and Karpenter asks at every start.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from sandbox.aws.wire import Call, Reply

_QUESTIONS = {("ec2", "DescribeInstanceTypes"), ("ec2", "DescribeInstanceTypeOfferings")}


def depends_on_the_question_alone(call: Call) -> bool:
    """Whether nothing in the account can change the answer."""
    return (call.service, call.operation) in _QUESTIONS


def kept_by_user() -> Path:
    """``ferry/answers`` under the user's cache, a directory for each release of moto."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "ferry" / "answers" / f"moto-{version('moto')}"


class Answers:
    """Gives an answer again as it was given first.

    Args:
        directory: where successes are kept for later processes; None keeps them in memory only.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._given: dict[str, Reply] = {}

    def get(self, call: Call, body: bytes, ask: Callable[[], Reply]) -> Reply:
        """The answer to a call, from ``ask`` if nobody has asked before."""
        question = hashlib.sha256(f"{call.region} {call.operation} ".encode() + body).hexdigest()
        if question not in self._given:
            self._given[question] = self._read(question) or self._write(question, ask())
        return self._given[question]

    def _read(self, question: str) -> Reply | None:
        """An answer of an earlier process; one that cannot be read is none."""
        if self._directory is None:
            return None
        try:
            head, _, body = (self._directory / question).read_bytes().partition(b"\n")
            status, headers = json.loads(head)
            return Reply(int(status), [(name, value) for name, value in headers], body)
        except (OSError, ValueError):
            return None

    def _write(self, question: str, reply: Reply) -> Reply:
        """Keep a success, whole or not at all; a cache that cannot be written is no error."""
        if self._directory is not None and reply.status == 200:  # noqa: PLR2004 - HTTP's OK
            try:
                self._directory.mkdir(parents=True, exist_ok=True)
                with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as part:
                    part.write(json.dumps([reply.status, reply.headers]).encode() + b"\n" + reply.body)
                Path(part.name).replace(self._directory / question)
            except OSError:
                pass
        return reply
