"""Secrets stay where they are kept: none is in the state, its history, a log or an output (A7).

Every secret of a rehearsal is made up anew and is its own marker. Each is looked for, as it is and in base64,
in everything that the rehearsal has written down. What keeps secrets by its purpose is left out by name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.report.model import Check, Claim
from sandbox.bridge.running import IN_MEMORY

NOWHERE = Claim("secrets.nowhere", "A7", "no secret's value is in anything that was written down")

KEEPERS = frozenset({"etcd", "keys", "kubelet", IN_MEMORY})
"""Directories of the cluster itself: its store of Secrets, the keys of its certificates, and volumes that a
real kubelet keeps in memory only.
"""
_WORDS = ("password", "token", "secret", "key")
_SHORTEST = 12
"""Letters of a value that is nobody's word by chance."""


def run(context: CheckContext, note: Note) -> list[Check]:
    """Ask the account for every secret, and read every file."""
    secrets = context.aws("secretsmanager")
    names = [
        item["ARN"]
        for page in secrets.get_paginator("list_secrets").paginate()
        for item in page["SecretList"]
    ]
    found = {name: secrets.get_secret_value(SecretId=name).get("SecretString", "") for name in names}
    marked = {name: values(text) for name, text in found.items()}
    if not any(marked.values()):
        return [NOWHERE.failed("the account keeps no secret")]
    note(f"{sum(map(len, marked.values()))} secrets in everything that was written")
    outputs = json.dumps(context.outputs, default=str).encode()
    written = [*files(context.spec.state), ("the stack's outputs", outputs)]
    return [NOWHERE.none_of(sightings(marked, written), "sightings")]


def values(text: str) -> list[str]:
    """What is secret in a secret: the whole of it, or of an object what its keys call so."""
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    if isinstance(content, Mapping):
        named = [str(value) for key, value in content.items() if any(word in key.lower() for word in _WORDS)]
    else:
        named = [text]
    return [value for value in named if len(value) >= _SHORTEST]


def files(state: Path) -> Iterator[tuple[str, bytes]]:
    """Everything below the rehearsal's directory but what keeps secrets by its purpose."""
    for path in sorted(state.rglob("*")):
        inner = path.relative_to(state)
        if KEEPERS.isdisjoint(inner.parts) and path.is_file() and not path.is_symlink():
            try:
                yield str(inner), path.read_bytes()
            except FileNotFoundError:
                continue  # a running program took it away


def sightings(marked: Mapping[str, Iterable[str]], written: Iterable[tuple[str, bytes]]) -> list[str]:
    """``secret in file``, each once. The value itself is not repeated."""
    wanted = [(name, form) for name, found in marked.items() for value in found for form in _forms(value)]
    return sorted(
        {f"{name} is in {place}" for place, content in written for name, form in wanted if form in content}
    )


def _forms(value: str) -> tuple[bytes, ...]:
    """As it is, as JSON writes it, and in base64 at each of its three positions in a longer text."""
    raw = value.encode()
    shifted = [base64.b64encode(b"\0" * gap + raw) for gap in range(3)]
    inner = [found[4 if gap else 0 : -4] for gap, found in enumerate(shifted)]
    return (raw, json.dumps(value)[1:-1].encode(), *(found for found in inner if len(found) >= _SHORTEST))
