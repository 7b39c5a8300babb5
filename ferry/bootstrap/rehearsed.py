"""Bootstrap in a rehearsal: first of all, as on a real account, and judged by what the run then did."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

from ferry.bootstrap.account import Account
from ferry.bootstrap.plan import Action, plan, wanted
from ferry.bootstrap.policies import Place
from ferry.bootstrap.sufficiency import over_the_ceiling, refused
from ferry.report.model import Check, Claim

REPOSITORY = "acme/ferry"
"""Whom the rehearsed roles trust; nobody of that name is ever asked."""

_FIRST_ERROR = 400


class RehearsedBootstrap:
    """What bootstrap makes in the emulated account, and whether it was enough.

    Args:
        place: environment, account and region of the rehearsal.
        endpoint: the emulated AWS.
        calls: its call log.
    """

    def __init__(self, place: Place, endpoint: str | None, calls: Path) -> None:
        self._place = place
        session = boto3.Session("bootstrap", "bootstrap", region_name=place.region)
        self._account = Account(place, session, endpoint)
        self._calls = calls
        self._since = 0.0

    def bring(self) -> list[Check]:
        """Make everything, then look again; to be called before anything else is in the account."""
        steps = self._plan()
        for step in steps:
            self._account.do(step)
        left = [str(step) for step in self._plan()]
        self._since = time.time()
        made = Claim("bootstrap.makes", "E7", "bootstrap makes what the stack cannot make for itself")
        again = Claim("bootstrap.idempotent", "E7", "a second bootstrap has nothing to do")
        return [made.at_least(1, len(steps), "steps"), again.none_of(left, "steps")]

    def judge(self) -> list[Check]:
        """Hold the roles to what was done since; to be called after ``up``."""
        calls = list(self._since_then())
        own = [call for call in calls if ":assumed-role/" not in call["principal"]]
        enough = Claim("bootstrap.enough", "E7", "the apply role may do all that the program did")
        if not own:
            return [enough.failed("the call log has no call of the program")]
        below = Claim("bootstrap.ceiling", "A4", "no role did what the permissions boundary refuses")
        over = over_the_ceiling(calls, self._place)
        return [enough.none_of(refused(own, self._place), "calls"), below.none_of(over, "calls")]

    def _plan(self) -> list[Action]:
        return plan(self._place, self._account.find(wanted(self._place)))

    def _since_then(self) -> Iterator[Mapping[str, Any]]:
        """Calls that succeeded after bootstrap was done."""
        for line in self._calls.read_text().splitlines():
            call = json.loads(line)
            if call["time"] >= self._since and call["status"] < _FIRST_ERROR:
                yield call
