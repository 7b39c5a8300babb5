"""Exceptions are named, owned and end (E3): what is left out, misspelt or over excuses nothing."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml

from policy.catalogue import ids
from policy.exceptions import ExceptionsError, read, weigh
from policy.model import Severity, Site, Violation
from policy.pack import EXCEPTIONS

KNOWN = ids()
TODAY = datetime.date(2026, 11, 21)
PROD, DEV = Site("prod"), Site("dev", keeps_data=False)
FOUND = Violation("PSS.VOLUMES", "gpu-plugin", "volume socket is a hostPath", Severity.HIGH, "why", "way out")


def entry(**changed: Any) -> dict[str, Any]:
    right = {
        "id": "GPU-1",
        "rule": "PSS.VOLUMES",
        "resource": "gpu-*",
        "environments": ["prod", "dev"],
        "reason": "The plugin tells the kubelet of its GPUs through a socket.",
        "owner": "ml-platform@example.com",
        "expires": datetime.date(2026, 11, 21),
    }
    return {key: value for key, value in {**right, **changed}.items() if value is not None}


def test_exception_in_force_excuses_up_to_its_last_day() -> None:
    verdict = weigh([FOUND], read([entry()], KNOWN), PROD, TODAY)
    assert (list(verdict.violations), [name for _, name in verdict.excused]) == ([], ["GPU-1"])


def test_exception_that_has_ended_excuses_nothing_and_says_so() -> None:
    excuses = read([entry()], KNOWN)
    [standing] = weigh([FOUND], excuses, PROD, TODAY + datetime.timedelta(days=1)).violations
    assert standing.fact == "volume socket is a hostPath (exception GPU-1 ended on 2026-11-21)"


def test_exception_without_an_end_excuses_nothing_where_data_is_kept() -> None:
    excuses = read([entry(expires=None)], KNOWN)
    assert len(weigh([FOUND], excuses, PROD, TODAY).violations) == 1
    assert not weigh([FOUND], excuses, DEV, TODAY).violations


@pytest.mark.parametrize(
    "other", [{"rule": "PSS.ROOT"}, {"resource": "other-*"}, {"environments": ["staging"]}]
)
def test_exception_for_something_else_excuses_nothing(other: dict[str, Any]) -> None:
    assert len(weigh([FOUND], read([entry(**other)], KNOWN), PROD, TODAY).violations) == 1


def test_exception_that_covers_nothing_is_said_to_be_unused() -> None:
    assert weigh([], read([entry()], KNOWN), PROD, TODAY).unused == ["GPU-1"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([entry(owner=None)], "owner: Field required"),
        ([entry(id=None)], "id: Field required"),
        ([entry(reason="because")], "reason"),
        ([entry(expiry="2027-01-01")], "expiry: Extra inputs are not permitted"),
        ([entry(resource="*")], "resource"),
        ([entry(rule="PSS.VOLUME")], "PSS.VOLUME, which is no rule"),
        ([entry(), entry()], "there twice"),
        ({"exceptions": []}, "not a list"),
        (["PSS.VOLUMES"], "Exception 1"),
    ],
)
def test_exception_that_is_not_whole_stops_everything(wrong: Any, said: str) -> None:
    with pytest.raises(ExceptionsError, match="so nothing was judged") as caught:
        read(wrong, KNOWN)
    assert said in str(caught.value)


def test_committed_exceptions_are_whole() -> None:
    read(yaml.safe_load(EXCEPTIONS.read_text()), KNOWN)
