"""The engine's events as JSON lines, read into a :class:`Seen`. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ferry.preview.seen import Kind, Ruling, Seen, Step
from policy.cost.estimating import priced

Event = Mapping[str, Any]

STACK = "pulumi:pulumi:Stack"
READ = ("workloads",)
"""The stack's outputs that a comment needs."""
_GROUPS = ("pulumi:providers:", STACK)
"""Types that are no resource of anybody's account."""
_REPLACED = frozenset({"replace", "create-replacement", "delete-replaced", "import-replacement"})
_KINDS = {"create": Kind.CREATE, "update": Kind.UPDATE, "delete": Kind.DELETE, "import": Kind.IMPORT}


def events(lines: Iterable[str]) -> list[Event]:
    """What :mod:`ferry.preview.running` wrote."""
    return [json.loads(line) for line in lines if line.strip()]


def read(found: Sequence[Event]) -> Seen:
    """A preview from its events, in the order in which they came."""
    steps: dict[str, Step] = {}
    for event in found:
        if meta := (event.get("resource_pre_event") or {}).get("metadata"):
            steps[meta["urn"]] = _step(meta, steps.get(meta["urn"]))
    kept = [step for step in steps.values() if not step.type.startswith(_GROUPS)]
    before, after = _outputs(found)
    errors = _errors(found)
    return Seen(
        steps=tuple(step for step in kept if step.kind is not Kind.SAME or priced(step.type)),
        unchanged=sum(step.kind is Kind.SAME for step in kept),
        before=before,
        after={} if errors else after,
        rulings=tuple(_rulings(found)),
        errors=errors,
        rules=_rules(found),
    )


def _step(meta: Mapping[str, Any], known: Step | None) -> Step:
    """One event of a resource; a replacement has several, and each adds what it knows."""
    old, new = meta.get("old") or {}, meta.get("new") or {}
    replaced = meta["op"] in _REPLACED or (known is not None and known.kind is Kind.REPLACE)
    was, becomes = old.get("inputs"), new.get("inputs")
    return Step(
        kind=Kind.REPLACE if replaced else _KINDS.get(meta["op"], Kind.SAME),
        urn=meta["urn"],
        type=meta["type"],
        old=known.old if known is not None and known.old is not None else was,
        new=known.new if known is not None and known.new is not None else becomes,
        why=tuple(sorted({*(known.why if known else ()), *_reasons(meta)})) if replaced else (),
        protected=bool(old.get("protect")) or bool(known and known.protected),
    )


def _reasons(meta: Mapping[str, Any]) -> set[str]:
    """Inputs that force a replacement, by their first step."""
    detailed = meta.get("detailed_diff") or {}
    forcing = {path for path, diff in detailed.items() if str(diff["diff_kind"]).endswith("-replace")}
    return forcing or set(meta.get("keys") or ())


def _outputs(found: Sequence[Event]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The stack's outputs before and after."""
    before: Mapping[str, Any] = {}
    after: Mapping[str, Any] = {}
    for event in found:
        for kind in ("resource_pre_event", "res_outputs_event"):
            meta = (event.get(kind) or {}).get("metadata") or {}
            if meta.get("type") == STACK:
                before = (meta.get("old") or {}).get("outputs") or before
                after = (meta.get("new") or {}).get("outputs") or after
    return _read_of(before), _read_of(after)


def _read_of(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in outputs.items() if key in READ}


def _errors(found: Sequence[Event]) -> tuple[str, ...]:
    """What went wrong, each once; the engine repeats a program's error with words before it."""
    said: list[str] = []
    for event in found:
        diagnostic = event.get("diagnostic_event") or {}
        text = _plain(str(diagnostic.get("message") or ""))
        if "error" in str(diagnostic.get("severity") or "").lower() and text:
            said += [] if any(text.endswith(before) for before in said) else [text]
    return tuple(said)


def _plain(message: str) -> str:
    """The sentence of an error, without the SDK's chain of places and Python's own."""
    return message.partition("Traceback (most recent call last)")[0].rpartition("has risen:")[2].strip()


def _rulings(found: Sequence[Event]) -> Iterable[Ruling]:
    for event in found:
        if ruling := event.get("policy_event"):
            words = " ".join(str(ruling["message"]).split())
            yield Ruling(
                policy=ruling["policy_name"],
                said=words.removeprefix(ruling["policy_name"]).strip(),
                mandatory=ruling["enforcement_level"] == "mandatory",
            )


def _rules(found: Sequence[Event]) -> str:
    for event in found:
        packs = (event.get("summary_event") or {}).get("policy_packs") or {}
        if packs:
            names = sorted((name.partition("|")[0], version) for name, version in packs.items())
            return ", ".join(f"{name} {version}".strip() for name, version in names)
    return ""
