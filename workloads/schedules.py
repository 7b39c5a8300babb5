"""Whether a schedule can keep what it promises: one run at a time."""

from __future__ import annotations

import functools
import itertools
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_RUNS = 400
"""Enough to see a whole year of a daily schedule and every gap of a faster one's week."""
_NEVER = timedelta(days=366 * 10)


class ScheduleError(ValueError):
    """Five fields that are no schedule; the message says which part."""


@functools.cache  # 400 runs are most of what reading an environment's settings costs
def shortest_gap(cron: str) -> timedelta:
    """The shortest time between two runs.

    Raises:
        ScheduleError: it is not a schedule in five fields, or of a day that never comes.
    """
    try:
        runs = list(itertools.islice(CronSim(cron, _FROM), _RUNS))
    except CronSimError as error:
        raise ScheduleError(f'"{cron}" is not a schedule ({error})') from None
    return min((later - sooner for sooner, later in itertools.pairwise(runs)), default=_NEVER)
