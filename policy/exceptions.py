"""Exceptions from rules: named, reasoned, owned and, where data is kept, ending on a day. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policy.model import Site, Violation


class ExceptionsError(Exception):
    """The file of exceptions cannot be used, so nothing is judged and nothing is applied."""


class Excuse(BaseModel):
    """One exception.

    Attributes:
        id: its own, by which people speak of it.
        rule: id of the rule.
        resource: name of the resource in the program; ``*`` stands for any characters.
        environments: where it holds.
        reason: why the rule may be broken there.
        owner: who answers for it.
        expires: the last day on which it holds. May be left out only where no data is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z0-9][\w-]+$")
    rule: str = Field(min_length=1)
    resource: str = Field(min_length=2)
    environments: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=20)
    owner: str = Field(pattern=r"^\S+@\S+$")
    expires: datetime.date | None = None

    def covers(self, violation: Violation, site: Site) -> bool:
        """Whether it speaks of this violation in this environment, in force or not."""
        return (
            violation.rule == self.rule
            and fnmatch.fnmatchcase(violation.resource, self.resource)
            and site.environment in self.environments
        )


@dataclass(frozen=True)
class Verdict:
    """What is left after the exceptions.

    Attributes:
        violations: what stops the `up`; an exception that has ended says so in the fact.
        excused: what an exception in force covers, with its id.
        unused: ids of exceptions that covered nothing; good to remove.
    """

    violations: Sequence[Violation]
    excused: Sequence[tuple[Violation, str]]
    unused: Sequence[str]


def read(entries: Any, known_rules: Collection[str]) -> list[Excuse]:
    """Exceptions from the decoded file.

    Raises:
        ExceptionsError: an entry is misspelt, names no rule, or is given twice; it is named.
    """
    if not isinstance(entries, list):
        raise ExceptionsError("The exceptions are not a list, so nothing was judged. Write `[]` for none.")
    excuses: list[Excuse] = []
    for number, entry in enumerate(entries, 1):
        named = entry.get("id", number) if isinstance(entry, Mapping) else number
        try:
            excuse = Excuse.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "the entry"
            raise ExceptionsError(
                f"Exception {named}: {where}: {first['msg']}, so nothing was judged. An exception has "
                "id, rule, resource, environments, reason (a sentence), owner (address) and expires (date)."
            ) from None
        if excuse.rule not in known_rules:
            raise ExceptionsError(
                f"Exception {excuse.id} names {excuse.rule}, which is no rule, so nothing was judged. "
                "Take the rule's id from the violation that it is for."
            )
        if excuse.id in {other.id for other in excuses}:
            raise ExceptionsError(f"Exception {excuse.id} is there twice, so nothing was judged. Remove one.")
        excuses.append(excuse)
    return excuses


def weigh(
    violations: Sequence[Violation], excuses: Sequence[Excuse], site: Site, today: datetime.date
) -> Verdict:
    """Which violations stand.

    Where data is kept, an exception without an end excuses nothing.
    """
    standing: list[Violation] = []
    excused: list[tuple[Violation, str]] = []
    used: set[str] = set()
    for violation in violations:
        covering = [excuse for excuse in excuses if excuse.covers(violation, site)]
        used.update(excuse.id for excuse in covering)
        in_force = [excuse for excuse in covering if not _ended(excuse, site, today)]
        if in_force:
            excused.append((violation, in_force[0].id))
        else:
            standing.append(_said(violation, covering, site, today))
    here = [excuse.id for excuse in excuses if site.environment in excuse.environments]
    return Verdict(standing, excused, [name for name in here if name not in used])


def _ended(excuse: Excuse, site: Site, today: datetime.date) -> str:
    """Why it is not in force, or an empty text."""
    if excuse.expires is None:
        return "has no end, and data is kept here" if site.keeps_data else ""
    return f"ended on {excuse.expires}" if excuse.expires < today else ""


def _said(violation: Violation, covering: Sequence[Excuse], site: Site, today: datetime.date) -> Violation:
    if not covering:
        return violation
    said = "; ".join(f"exception {excuse.id} {_ended(excuse, site, today)}" for excuse in covering)
    return dataclasses.replace(violation, fact=f"{violation.fact} ({said})")
