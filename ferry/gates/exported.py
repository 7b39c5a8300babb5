"""The old system's archive, looked at before it may be destroyed (requirement C12). Pure.

``exports/<workload>/manifest.json`` in the evidence store names every file by its SHA-256, in two groups:
``history`` (what the old system said and was trained with) and ``notebooks`` (an empty group says that there
were none). Every file lies beside it under its name. The check reads all of them back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from workloads.evidence import Check, Kind, Verdict, digest_of

MANIFEST = "manifest.json"
GROUPS = ("history", "notebooks")

Files = Mapping[str, bytes]
"""Content by name below the archive's folder."""


@dataclass(frozen=True)
class Exported:
    """What an archive holds.

    Attributes:
        whole: files of each group that are as the manifest says; a group that nobody named is not in it.
        wrong: files that are missing or differ, and a manifest that cannot be read.
    """

    whole: Mapping[str, int]
    wrong: tuple[str, ...]


def manifest(groups: Mapping[str, Files]) -> bytes:
    """What is written beside the files of an archive."""
    named = {name: {file: digest_of(body) for file, body in files.items()} for name, files in groups.items()}
    return json.dumps(named, sort_keys=True).encode()


def held(found: Files) -> Exported:
    """What an archive really holds, the manifest included."""
    try:
        groups = {name: dict(files) for name, files in json.loads(found[MANIFEST]).items()}
    except (ValueError, AttributeError, TypeError):
        return Exported({}, (f"{MANIFEST} cannot be read",))
    whole: dict[str, int] = {}
    wrong: list[str] = []
    for name, files in groups.items():
        bad = [file for file, digest in files.items() if _differs(found.get(file), digest)]
        whole[name] = len(files) - len(bad)
        wrong += bad
    return Exported(whole, tuple(sorted(wrong)))


def export(found: Exported | None) -> Check:
    """Whether the archive is whole: both groups named, some history, every file as it was."""
    files = sum(found.whole.values()) if found else 0
    verdict, note = _judged(found)
    return Check(
        kind=Kind.EXPORT,
        metric="archive",
        verdict=verdict,
        method="every file read back and compared by SHA-256",
        n=files,
        needed=1,
        estimate=float(len(found.wrong)) if found else None,
        limit=0.0,
        note=note,
    )


def _judged(found: Exported | None) -> tuple[Verdict, str]:
    if found is None:
        return Verdict.NO_DATA, "there is no archive"
    if found.wrong:
        return Verdict.FAIL, f"missing or changed: {', '.join(found.wrong[:5])}"
    missing = [name for name in GROUPS if name not in found.whole]
    if missing or not found.whole["history"]:
        return Verdict.NO_DATA, f"it says nothing of {' or '.join(missing or ['history'])}"
    return Verdict.PASS, ", ".join(f"{count} of {name}" for name, count in found.whole.items())


def _differs(body: bytes | None, digest: str) -> bool:
    return body is None or digest_of(body) != digest
