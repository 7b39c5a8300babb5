"""A change as Markdown: the worst first, everything bounded, the plain diff folded below. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ferry.preview.difference import Change as Leaf
from ferry.preview.difference import changes
from ferry.preview.money import signed, spoken
from ferry.preview.moves import Move, measured
from ferry.preview.reach import Shift
from ferry.preview.report import PAST, Change, Level
from ferry.preview.seen import Kind, Step
from ferry.preview.stakes import lost
from ferry.preview.words import CELL, bullets, code, count, cut, fenced, prose, table
from workloads.evidence import Evidence

LIMIT = 65_000
"""Characters, always fewer; GitHub takes 65,536 in a comment."""
_HEAD = 48_000
"""Characters for all but the diff. Each part is bounded, so that this is reached by the strangest only."""
MARKER = "<!-- ferry preview {} -->"
"""By which a later run finds the comment that it replaces."""
LIGHTS = {
    Level.REFUSED: "🛑",
    Level.DANGER: "🔴",
    Level.CARE: "🟠",
    Level.HARMLESS: "🟢",
    Level.NOTHING: "⚪",
}
_SIGNS = {Kind.CREATE: "+", Kind.UPDATE: "!", Kind.REPLACE: "-", Kind.DELETE: "-", Kind.IMPORT: "+"}
_VALUE = 160
_ACTIONS = 12
_ERROR = 1500
_EMPTY = frozenset({"preview failed", "update failed"})
"""What the engine says after somebody else has said why."""


def render(change: Change) -> str:
    """The comment."""
    head = "\n".join(_parts(change))
    if len(head) > _HEAD:
        head = head[:_HEAD].rpartition("\n")[0] + "\n\n… cut here; `ferry preview --json` has everything.\n"
    return head + _folded(change.ours, LIMIT - len(head) - 1)


def _parts(change: Change) -> Iterator[str]:
    yield MARKER.format(change.environment)
    yield f"{LIGHTS[change.level]} **{change.environment}**: {change.verdict}"
    for title, lines in (
        ("", _refusals(change)),
        ("", _stake(change)),
        ("Traffic", _traffic(change.moves)),
        ("Who may reach what", _security(change)),
        ("Cost a month", _money(change)),
        ("Policy", _policy(change)),
        ("Not known until apply", _unknown(change)),
        (f"Waits on {code(change.base)} already", _waiting(change)),
    ):
        if lines:
            yield from ([""] if not title else ["", f"### {title}", ""])
            yield from lines


# --- what stops it, and what is lost -----------------------------------------------------------------------


def _refusals(change: Change) -> list[str]:
    """Why it is refused: the program's or the engine's own words, else the pack's."""
    errors = [error for error in change.seen.errors if error not in _EMPTY]
    violations = [ruling.said for ruling in change.seen.rulings if ruling.mandatory]
    said = [prose(text, _ERROR) for text in errors or violations or change.seen.errors]
    return ["> [!CAUTION]", *(f"> {line}" for line in _few(said))] if said else []


def _few(lines: Sequence[str]) -> list[str]:
    most = 8
    return [*lines[:most], *([f"… and {len(lines) - most} more."] if len(lines) > most else [])]


def _stake(change: Change) -> list[str]:
    if not change.stake:
        return []
    waiting = {step.urn for step in change.waiting}
    rows = [
        [
            f"🔴 **{PAST[step.kind]}**",
            f"{code(step.name)} ({code(step.type)})",
            f"{lost(step)}{_kept(step)}",
            ", ".join(code(why) for why in step.why[:5])
            + (f" (waits on {code(change.base)} already)" if step.urn in waiting else ""),
        ]
        for step in change.stake
    ]
    return [
        "> [!CAUTION]",
        "> **Data is at stake.** What is replaced comes back empty; restore it, or do not merge.",
        "",
        *table(["", "resource", "lost with it", "because of"], rows),
    ]


def _kept(step: Step) -> str:
    return ", but it is protected: the engine will refuse" if step.protected else ""


# --- traffic and rights ------------------------------------------------------------------------------------


def _traffic(moves: Sequence[Move]) -> list[str]:
    if not moves:
        return []
    rows = [
        [
            code(move.workload),
            f"{move.steps[0]} → **{move.steps[1]}**",
            f"{move.shares[0]} → **{move.shares[1]}**",
        ]
        for move in moves
    ]
    lines = table(["workload", "from → to", "live requests"], rows)
    for move in moves[:8]:
        lines += _evidence(move)
    return lines


def _evidence(move: Move) -> list[str]:
    name = code(move.workload)
    if move.evidence is None:
        latch = (
            f" Epoch {move.was.epoch} → {move.becomes.epoch}." if move.was.epoch != move.becomes.epoch else ""
        )
        return ["", f"{name} names no new evidence: the step needs none.{latch}"]
    if not isinstance(move.evidence, Evidence):
        return ["", f"Evidence of {name} could not be read from here: {prose(move.evidence)}"]
    rows = [
        [
            f"{check.kind} {code(check.metric)}",
            str(check.verdict),
            f"{check.n:,}" + (f" (needs {check.needed:,})" if check.needed else ""),
            measured(check),
            prose(check.method),
        ]
        for check in move.evidence.checks
    ]
    until = f"{move.evidence.expires_at:%d %b %Y %H:%M} UTC"
    return [
        "",
        f"Gate of {name}, measured at {move.evidence.made_at:%d %b %Y %H:%M} UTC, good until {until}:",
        "",
        *table(["check", "verdict", "n", "estimate [interval]", "method"], rows),
    ]


def _security(change: Change) -> list[str]:
    sentences = [_shift(shift) for shift in change.shifts]
    sentences += [
        f"🔍 {code(step.name)} ({code(step.type)}) guards something and is {PAST[step.kind]}: read its diff."
        for step in change.unclear
    ]
    return bullets(sentences)


def _shift(shift: Shift) -> str:
    shown = ", ".join(code(what) for what in shift.what[:_ACTIONS])
    if len(shift.what) > _ACTIONS:
        shown += f" and {len(shift.what) - _ACTIONS} more"
    verbs = {
        (True, False): "may now",
        (False, False): "may no longer",
        (True, True): "is no longer refused",
        (False, True): "is now refused",
    }
    sign = "🔴" if shift.wide and shift.given else "🟠" if shift.given else "🟢"
    only = f", only if {prose(shift.only)}" if shift.only else ""
    return (
        f"{sign} {code(shift.who)} {verbs[shift.given, shift.refused]} {shown} on {code(shift.where)}{only}"
    )


# --- money, policy, and what nobody knows yet --------------------------------------------------------------


def _money(change: Change) -> list[str]:
    found = change.money
    if found.why_not:
        return [prose(found.why_not)]
    rows = [
        [str(component), spoken(was), spoken(becomes), _difference(was, becomes)]
        for component, (was, becomes) in found.rows.items()
        if was != becomes
    ]
    if not rows:
        return [f"{spoken(found.after)}, as before (USD, list prices of {found.as_of})."]
    rows.append(["**together**", spoken(found.before), spoken(found.after), f"**{signed(found.more)}**"])
    lines = table(["component", "before", "after", "difference"], rows)
    note = f"USD, list prices of {found.as_of}; from what the state holds to what would be applied."
    if found.unpriced:
        note += f" Not priced: {', '.join(code(kind) for kind in found.unpriced[:10])}."
    return [*lines, "", note]


def _difference(was: tuple[float, float], becomes: tuple[float, float]) -> str:
    return signed((becomes[0] - was[0], becomes[1] - was[1]))


def _policy(change: Change) -> list[str]:
    rulings = sorted({(not ruling.mandatory, ruling.policy, ruling.said) for ruling in change.seen.rulings})
    if rulings:
        return bullets(
            f"{'🟡' if advice else '🛑'} {code(name)} {prose(said, 400)}" for advice, name, said in rulings
        )
    if not change.seen.rules:
        return ["No policy pack judged this preview."]
    judged = f"{code(change.seen.rules)} finds nothing to stop."
    return [judged + (" What it reads of the values below is judged by the `up`." if change.unknown else "")]


def _unknown(change: Change) -> list[str]:
    by_step: dict[str, list[str]] = {}
    for step, path in change.unknown:
        by_step.setdefault(f"{code(step.name)} ({code(step.type)})", []).append(path)
    return bullets(
        f"{who}: {', '.join(code(path, 80) for path in paths[:5])}"
        + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")  # noqa: PLR2004 - as many as are shown
        for who, paths in by_step.items()
    )


def _waiting(change: Change) -> list[str]:
    lines = [f"The base itself fails its preview: {prose(error)}" for error in change.base_errors[:1]]
    if change.waiting:
        counts = Counter(step.kind for step in change.waiting)
        said = ", ".join(f"{counts[kind]} {past}" for kind, past in PAST.items() if counts[kind])
        lines.append(
            f"{count(len(change.waiting), 'resource')} ({said}) would change without this too, and come with "
            "the next `up`; they are not in the diff below."
        )
    return lines


# --- the diff ----------------------------------------------------------------------------------------------


def _folded(steps: Sequence[Step], room: int) -> str:
    """As much of the diff as there is room for, resource by resource."""
    if not steps:
        return "\n"
    frame = "\n\n<details><summary>Diff of {}</summary>\n\n{}\n\n</details>\n"
    title = count(len(steps), "resource")
    order = list(PAST)
    lines: list[str] = []
    for number, step in enumerate(sorted(steps, key=lambda item: (order.index(item.kind), item.urn))):
        block = [*lines, *_diff(step)]
        rest = len(steps) - number
        left = [f"# … and {count(rest, 'resource')} more; `ferry preview --json` has them all."]
        if len(frame.format(title, "\n".join(fenced([*block, *left])))) >= room:
            lines += left
            break
        lines = block
    return frame.format(title, "\n".join(fenced(lines)))


def _diff(step: Step) -> list[str]:
    because = f" (because of {', '.join(step.why[:5])})" if step.why else ""
    sign = _SIGNS[step.kind]
    head = cut(f"{sign} {PAST[step.kind]} {cut(step.type)} {cut(step.name)}{because}", 3 * CELL)
    found = changes(step)
    most = 40
    shown = [line for leaf in found[:most] for line in _leaf(leaf)]
    rest = len(found) - most
    return [head, *shown, *([f"#     … and {rest} more inputs"] if rest > 0 else []), ""]


def _leaf(leaf: Leaf) -> Iterator[str]:
    if leaf.before is not None:
        yield f"-     {cut(leaf.path)}: {cut(leaf.before, _VALUE)}"
    if leaf.after is not None:
        yield f"+     {cut(leaf.path)}: {cut(leaf.after, _VALUE)}"
