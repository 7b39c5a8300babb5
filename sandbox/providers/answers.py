"""Answers of functions, written down by one run and replayed by another: token, arguments, answer."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

from sandbox.providers.codec import decode

VARIABLE: Final = "FERRY_RECORD_INVOKES"
"""Names the file that every provider of a run appends its answers to; unset: nothing is recorded."""

SECRET: Final = {"aws:secretsmanager/getRandomPassword:getRandomPassword": "randomPassword"}
"""Function → what is secret in its answer; whoever replays it needs something as long, not the same."""

_lock = threading.Lock()


def record(token: str, args: Mapping[str, Any], answer: struct_pb2.Struct) -> None:
    """Append one answer, if that was asked for; of what is secret in it, only the length."""
    named = os.environ.get(VARIABLE)
    if not named:
        return
    said = json_format.MessageToDict(answer)
    if secret := SECRET.get(token):
        said[secret] = "x" * len(said[secret])
    line = json.dumps({"token": token, "args": args, "answer": said})
    path = Path(named)
    with _lock:
        path.touch(mode=0o600)
        with path.open("a") as file:
            file.write(line + "\n")


def replay(path: Path | None) -> dict[str, dict[str, Any]]:
    """The recorded answers by :func:`question`; empty when there is no file."""
    if path is None or not path.exists():
        return {}
    return dict(_answer(line) for line in path.read_text().splitlines())


def question(token: str, args: Mapping[str, Any]) -> str:
    """What identifies one call of a function."""
    return f"{token} {json.dumps(args, sort_keys=True, default=repr)}"


def _answer(line: str) -> tuple[str, dict[str, Any]]:
    recorded = json.loads(line)
    answer = json_format.ParseDict(recorded["answer"], struct_pb2.Struct())
    return question(recorded["token"], recorded["args"]), decode(answer)
