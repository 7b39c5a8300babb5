"""Does it: settles what was begun, finds what the state lost, adopts it, and reads what it is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pulumi import automation as auto
from pulumi.automation.events import EngineEvent

from ferry.reconcile import state
from ferry.reconcile.state import State, Wanted
from stacks.marking import TAG, mark

_MAKING = {"create", "create-replacement"}


class Live(Protocol):
    """Knows live objects."""

    def id_of(self, wanted: Wanted) -> str:
        """The provider's id of a resource, or empty."""


@dataclass
class Report:
    """What was done.

    Attributes:
        begun: operations that the engine never saw the end of.
        adopted: URN → id of what is in the state again.
        foreign: URNs of which an object has the name, but not the mark: not adopted.
        doubtful: sentences about what a person has to decide.
    """

    begun: int = 0
    adopted: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def reconcile(
    stack: auto.Stack, live: Callable[[], Live], say: Callable[[str], None] = lambda _: None
) -> Report:
    """Bring the state to what is there. A second run finds nothing to do.

    Raises:
        pulumi.automation.CommandError: the engine refuses; the state is as it was, or without operations that
            had been looked at.
    """
    say("reading the state")
    deployment = _export(stack)
    found = live()
    report = Report(begun=len(state.pending(deployment)))
    half = state.half_done(deployment)
    deployment = _adopt(stack, deployment, state.begun(deployment), found, report, half=half)
    say("asking the program what it wants")
    lost = _lost(stack, deployment)
    _adopt(stack, deployment, lost, found, report, half=[])
    return report


def _lost(stack: auto.Stack, deployment: State) -> list[Wanted]:
    """What a preview would make: each may be there already."""
    known = {item["urn"] for item in deployment.get("resources") or []}
    found: dict[str, Wanted] = {}

    def listen(event: EngineEvent) -> None:
        made = event.resource_pre_event
        if made is None or str(getattr(made.metadata.op, "value", made.metadata.op)) not in _MAKING:
            return
        new = made.metadata.new
        if new is None or not new.custom or made.metadata.urn in known:
            return
        if not state.complete([new.inputs, new.provider]):
            return  # what it is made from is not there, so neither is it
        record = {"parent": new.parent, "provider": new.provider, "protect": new.protect}
        urn = made.metadata.urn
        found[urn] = Wanted(urn, made.metadata.type, new.inputs or {}, record, pending=False)

    stack.preview(on_event=listen, color="never")
    return list(found.values())


def _adopt(
    stack: auto.Stack, deployment: State, wanted: list[Wanted], live: Live, report: Report, *, half: list[str]
) -> State:
    """The state with what was found of ``wanted``, read again together with what was left half done."""
    by_urn = {item.urn: item for item in wanted}
    ids: dict[str, str] = {}
    for item in wanted:
        try:
            id_ = live.id_of(item)
        except LookupError as error:
            report.doubtful.append(str(error.args[0]))
            continue
        if id_:
            ids[item.urn] = id_
    if not ids and not half and not state.pending(deployment):
        return deployment
    deployment = state.adopting(deployment, by_urn, ids)
    _import(stack, deployment)
    if ids or half:
        stack.refresh(target=[*ids, *half], color="never")
        deployment = _only_ours(stack, by_urn, ids, report)
    return deployment


def _only_ours(stack: auto.Stack, wanted: dict[str, Wanted], ids: dict[str, str], report: Report) -> State:
    """The refreshed state without objects that only have the right name."""
    deployment = _export(stack)
    there = {item["urn"]: item for item in deployment.get("resources") or [] if item["urn"] in ids}
    foreign = {urn for urn, item in there.items() if not _ours(wanted[urn], item)}
    if foreign:
        deployment = state.without(deployment, foreign)
        _import(stack, deployment)
    report.foreign += sorted(foreign)
    report.adopted |= {urn: ids[urn] for urn in there if urn not in foreign}
    return deployment


def _ours(wanted: Wanted, item: State) -> bool:
    """Whether it bears the mark; what takes no tags is known by its exact name alone."""
    if TAG not in (wanted.inputs.get("tags") or {}):
        return True
    tags = {**(item.get("outputs", {}).get("tags") or {}), **(item.get("outputs", {}).get("tagsAll") or {})}
    return tags.get(TAG) == mark(wanted.urn)


def _export(stack: auto.Stack) -> State:
    """The deployment, its secrets as ciphertext."""
    answer = stack._run_pulumi_cmd_sync(["stack", "export"])  # the SDK's own verb would reveal secrets
    deployment: State = json.loads(answer.stdout)["deployment"]
    return deployment


def _import(stack: auto.Stack, deployment: State) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "state.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({"version": 3, "deployment": deployment}))
        stack._run_pulumi_cmd_sync(["stack", "import", "--file", str(path)])  # see _export
