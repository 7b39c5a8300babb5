"""Rules over several keys, by what they guard; each is one function whose name is the claim."""

from __future__ import annotations

from collections.abc import Collection

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules import (
    crossing,
    entrance,
    keeping,
    kubeflow,
    nodes,
    on_premises,
    reach,
    services,
    teams,
    tracking,
)

RULES = (
    *reach.RULES,
    *nodes.RULES,
    *keeping.RULES,
    *crossing.RULES,
    *services.RULES,
    *kubeflow.RULES,
    *tracking.RULES,
    *on_premises.RULES,
    *entrance.RULES,
    *teams.RULES,
)


def broken(settings: Settings, right: Collection[str]) -> list[Mistake]:
    """Mistakes that the rules find, looking only at the top-level keys in ``right``."""
    return [mistake for rule in RULES if rule.needs.issubset(right) for mistake in rule.judge(settings)]
