"""Predictions of both sides and the truth, joined by key. Pure.

Each side records one JSON line for each request: ``{"key", "score", "model", "at", "ms"}``, with
``"error": true`` instead of a score where it failed; labels come as ``{"key", "label"}``. A retried request
has the same key twice: the first answer counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydantic import AwareDatetime, Field, ValidationError

from ferry.gates.checks import Pairs
from infra.specs.base import Spec
from workloads.evidence import digest_of

COVERED = 0.99
"""Share of the old system's labelled answers that the platform must have answered too: what is left out may
be exactly what it cannot do."""


class Prediction(Spec):
    """What one side said to one request.

    Attributes:
        model: digest of the model that said it.
        ms: how long it took.
        error: it failed; there is no score then.
    """

    key: str = Field(min_length=1)
    model: str
    at: AwareDatetime
    ms: float = Field(ge=0)
    score: float | None = None
    error: bool = False


class Label(Spec):
    """The truth about one request, as it became known later."""

    key: str = Field(min_length=1)
    label: bool


class RowsError(Exception):
    """Lines that cannot be read; the message says which and how one should look."""


@dataclass(frozen=True)
class Side:
    """One side's answers by key, in the order in which they came."""

    answers: Mapping[str, Prediction]

    @property
    def models(self) -> frozenset[str]:
        """Digests of every model that answered."""
        return frozenset(item.model for item in self.answers.values())

    @property
    def newest(self) -> datetime | None:
        """When the last answer came."""
        return max((item.at for item in self.answers.values()), default=None)


def side(lines: Iterable[str], since: datetime) -> Side:
    """One side's answers since a time.

    Raises:
        RowsError: a line is not a prediction.
    """
    answers: dict[str, Prediction] = {}
    for number, line in enumerate(lines, 1):
        try:
            item = Prediction.model_validate_json(line)
        except ValidationError as error:
            raise RowsError(_wrong("prediction", number, error)) from None
        if item.at >= since:
            answers.setdefault(item.key, item)
    return Side(answers)


def labels(lines: Iterable[str]) -> dict[str, bool]:
    """The truth by key; a later line corrects an earlier one.

    Raises:
        RowsError: a line is not a label.
    """
    try:
        return {(item := Label.model_validate_json(line)).key: item.label for line in lines}
    except ValidationError as error:
        raise RowsError(_wrong("label", 0, error)) from None


@dataclass(frozen=True)
class Joined:
    """Rows of both sides with the truth.

    Attributes:
        covered: share of the old system's labelled answers that have a partner.
        dataset: digest of exactly these rows.
    """

    pairs: Pairs
    covered: float
    dataset: str


def join(legacy: Side, platform: Side, truth: Mapping[str, bool]) -> Joined:
    """Rows on which both answered and the truth is known, in the order of their keys."""
    wanted = sorted(key for key, item in legacy.answers.items() if key in truth and item.score is not None)
    rows = [
        (key, truth[key], legacy.answers[key].score, answer.score)
        for key in wanted
        if (answer := platform.answers.get(key)) is not None and answer.score is not None
    ]
    content = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    pairs = Pairs(
        np.array([row[1] for row in rows], dtype=bool),
        np.array([row[2] for row in rows], dtype=float),
        np.array([row[3] for row in rows], dtype=float),
    )
    return Joined(pairs, len(rows) / len(wanted) if wanted else 0.0, digest_of(content.encode()))


def _wrong(what: str, number: int, error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"]) or "the line"
    return (
        f"Line {number} is not a {what} ({where}: {first['msg']}), so nothing was judged. A right one: "
        '{"key": "7f3a", "score": 0.91, "model": "sha256:…", "at": "2026-11-02T09:00:00Z", "ms": 12.5}'
    )
