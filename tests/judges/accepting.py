"""Findings of judges, and those that somebody has explained. Pure."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ACCEPTED = Path(__file__).with_name("accepted.yaml")


@dataclass(frozen=True, order=True)
class Finding:
    """What a judge says of a thing.

    Attributes:
        judge: who.
        rule: its id, ``CKV_AWS_144``.
        where: environment and name of the thing, ``dev stores-models-bucket``.
        what: in the judge's words.
    """

    judge: str
    rule: str
    where: str
    what: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why findings are right as they are.

    Attributes:
        where: patterns of what it explains, as of a shell.
        because: the reason, a sentence that can be checked.
    """

    judge: str
    rule: str
    where: tuple[str, ...]
    because: str

    def covers(self, finding: Finding) -> bool:
        """Whether it explains the finding."""
        return (self.judge, self.rule) == (finding.judge, finding.rule) and any(
            fnmatch.fnmatchcase(finding.where, pattern) for pattern in self.where
        )


def read(path: Path = ACCEPTED) -> list[Explanation]:
    """The reviewed file: judge → rule → entries."""
    tree = yaml.safe_load(path.read_text())
    return [
        Explanation(judge, rule, tuple(entry["where"]), entry["because"])
        for judge, rules in tree.items()
        for rule, entries in rules.items()
        for entry in entries
    ]


def unexplained(findings: Iterable[Finding], explanations: Sequence[Explanation]) -> list[Finding]:
    """What nobody has explained."""
    return sorted({item for item in findings if not any(known.covers(item) for known in explanations)})


def unused(findings: Sequence[Finding], explanations: Iterable[Explanation]) -> list[Explanation]:
    """Explanations of what no judge finds any more: they would hide the next one."""
    return [item for item in explanations if not any(item.covers(found) for found in findings)]
