"""The committed environments as the pack sees them: every resource that the program registers."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from policy.catalogue import ids
from policy.exceptions import Verdict, read, weigh
from policy.model import Resource, Site, Violation
from policy.pack import EXCEPTIONS
from tests.infra.environments import made, settings

ENVIRONMENTS = ("dev", "staging", "prod")


@functools.cache
def rendered(environment: str) -> tuple[Resource, ...]:
    """Everything in it."""
    return tuple(
        Resource(item.type, item.name, item.inputs, item.urn, item.protect)
        for item in made(environment).resources
    )


def site(environment: str) -> Site:
    """What rules know of it."""
    found = settings(environment)
    return Site(
        environment,
        keeps_data=found.environment.keeps_data,
        region=found.region,
        budget_usd=found.cost.budget_usd,
    )


def reviewed(violations: Sequence[Violation], environment: str) -> Verdict:
    """What is left of them by the committed exceptions, on the day on which those were written.

    That they end is proved with other dates in test_exceptions.
    """
    excuses = read(yaml.safe_load(EXCEPTIONS.read_text()), ids())
    return weigh(violations, excuses, site(environment), datetime.date(2026, 11, 21))


def changed(props: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A deep copy with one value changed; ``None`` takes it out. List steps are numbers."""
    copy: dict[str, Any] = json.loads(json.dumps(props, default=str))
    *steps, last = path.split(".") if "/" not in path else [path]
    place: Any = copy
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if value is None:
        place.pop(last, None)
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return copy


def spoiled(resource: Resource, path: str, value: Any) -> Resource:
    """The resource with one input changed."""
    return replace(resource, props=changed(resource.props, path, value))


Spoil = Callable[[Resource], Resource]
