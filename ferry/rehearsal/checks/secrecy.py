"""Secrets stay where they are kept: none is in the state, its history, a log or an output (A7).

Every secret of a rehearsal is made up anew and is its own marker. Each is looked for, as it is and in base64,
in everything that the rehearsal has written down: the state, its history and backups, the programs' logs, the
log of calls, the stack's outputs, every object of the cluster, and last the report itself. What keeps
secrets by its purpose is left out by name. (Previews: ``tests/ferry/preview/test_live.py``.)
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.everything import live_objects
from ferry.report.model import Check, Claim, Report
from sandbox.bridge.running import IN_MEMORY

REPORT = Claim("secrets.report", "A7", "no secret's value is in the report")
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
    found = {name: _value(secrets, name) for name in names}
    marked = {name: values(text) for name, text in found.items()}
    if not any(marked.values()):
        return [NOWHERE.failed("the account keeps no secret")]
    note(f"{sum(map(len, marked.values()))} secrets in everything that was written")
    context.secrets.update(marked)
    outputs = json.dumps(context.outputs, default=str).encode()
    objects = rendered(live_objects(context.kube))
    written = [*files(context.spec.state), ("the stack's outputs", outputs), *objects]
    return [NOWHERE.none_of(sightings(marked, written), "sightings")]


def rendered(objects: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Every object as it stands in the cluster but Secrets, which are there to keep them."""
    for item in objects:
        if item["kind"] != "Secret":
            meta = item["metadata"]
            place = f"{item['kind']} {meta.get('namespace', '')}/{meta['name']}"
            yield place, json.dumps(item).encode()


def checked(report: Report, marked: Mapping[str, Sequence[str]]) -> Report:
    """The report with the claim that it holds no secret; as it was where there was none to look for."""
    if not marked:
        return report
    found = sightings(marked, [("the report", report.model_dump_json().encode())])
    return report.model_copy(update={"checks": [*report.checks, REPORT.none_of(found, "sightings")]})


def _value(secrets: Any, name: str) -> str:
    """A secret's text; empty for one into which a person has put nothing yet, as Slack's webhook here."""
    try:
        return str(secrets.get_secret_value(SecretId=name).get("SecretString", ""))
    except secrets.exceptions.ResourceNotFoundException:
        return ""


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
