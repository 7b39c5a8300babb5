"""Card payments as TabFormer writes them, with fraud planted in them. Seeded; nobody's real payments.

Columns and their meaning follow IBM's TabFormer ("Tabular Transformers for Modeling Multivariate Time
Series", Padhi et al., 2021): card, time, amount, how it was paid, merchant, country, category, refusals,
fraud or not.

What is planted. Each card has a habit: a usual amount, a handful of merchants, its home. Now and then one is
stolen (:data:`STOLEN` of the cards in :data:`DAYS`): a burst of 2 to 9 payments within two hours, mostly
online, at merchants that the card never met, often abroad, of amounts that overlap with honest ones. Honest
cards travel and splurge too, which looks alike, and :data:`MISLABELLED` of all labels are wrong. So no model
can be perfect, and one that learned nothing is found out.

Fraud is far more frequent here than in TabFormer (about 0.12% there): the worked example trains and compares
on thousands of rows, not millions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOUR, DAY = 3_600, 86_400
DAYS = 60
STOLEN = 0.35
"""Share of cards that are stolen once."""
MISLABELLED = 0.004
"""Share of labels that are wrong, either way."""
SPLURGES = 0.25
"""Share of honest cards that once behave like a stolen one: a journey, a wedding."""
COUNTRIES = ("US", "MX", "CA", "FR", "DE", "IT", "CN", "JP")
HOWS = CHIP, SWIPE, ONLINE = "Chip Transaction", "Swipe Transaction", "Online Transaction"
MERCHANTS, CATEGORIES = 2_000, 10
KNOWN, AT_HOME, REFUSED = 0.8, 0.97, 0.02
"""Shares of an honest card's payments: at merchants that it knows, at home, refused at first."""
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Payment:
    """One row.

    Attributes:
        key: joins predictions with the truth.
        card: whose.
        at: seconds since the first day.
        amount: in USD.
        how: one of :data:`CHIP`, :data:`SWIPE`, :data:`ONLINE`.
        merchant, country, category: where and for what.
        declined: an attempt just before was refused.
        fraud: the label, as it became known later.
    """

    key: str
    card: int
    at: float
    amount: float
    how: str
    merchant: int
    country: str
    category: int
    declined: bool
    fraud: bool


def payments(cards: int, seed: int) -> list[Payment]:
    """Payments of so many cards, in the order of time; the same for the same seed, on any machine."""
    rng = np.random.default_rng(seed)
    found: list[Payment] = []
    for card in range(cards):
        usual, merchants = float(rng.lognormal(3.2, 0.6)), rng.integers(0, MERCHANTS, 8)
        found += _habit(rng, card, usual, merchants)
        if rng.random() < STOLEN:
            found += _burst(rng, card, usual, fraud=True)
        elif rng.random() < SPLURGES:
            found += _burst(rng, card, usual, fraud=False)
    found.sort(key=lambda item: (item.at, item.card))
    wrong = rng.random(len(found)) < MISLABELLED
    return [
        replace(item, key=f"{seed}-{number}", fraud=item.fraud != bool(wrong[number]))
        for number, item in enumerate(found)
    ]


def _habit(rng: np.random.Generator, card: int, usual: float, merchants: Numbers) -> list[Payment]:
    """About one payment in two days, around early afternoon, mostly at known merchants and at home."""
    count = int(rng.poisson(DAYS / 2))
    days = np.floor(rng.uniform(0, DAYS, count))
    known = rng.random(count) < KNOWN
    return _rows(
        card,
        at=np.sort(days * DAY + DAY * rng.beta(4, 3, count)),
        amount=usual * rng.lognormal(0, 0.7, count),
        how=rng.choice(3, count, p=(0.62, 0.2, 0.18)),
        merchant=np.where(known, rng.choice(merchants, count), rng.integers(0, MERCHANTS, count)),
        country=np.where(rng.random(count) < AT_HOME, 0, rng.integers(0, len(COUNTRIES), count)),
        category=rng.integers(0, CATEGORIES, count),
        declined=rng.random(count) < REFUSED,
        fraud=False,
    )


def _burst(rng: np.random.Generator, card: int, usual: float, *, fraud: bool) -> list[Payment]:
    """Several payments within two hours, unlike the habit; honest ones a little less so."""
    count, odd = int(rng.integers(2, 10)), 0.75 if fraud else 0.3
    return _rows(
        card,
        at=rng.uniform(5 * DAY, DAYS * DAY) + np.sort(rng.uniform(0, 2 * HOUR, count)),
        amount=usual * rng.lognormal(0.9 if fraud else 0.5, 0.8, count),
        how=np.where(rng.random(count) < odd, HOWS.index(ONLINE), HOWS.index(CHIP)),
        merchant=rng.integers(0, MERCHANTS, count),
        country=np.where(rng.random(count) < odd, rng.integers(0, len(COUNTRIES), count), 0),
        category=rng.choice((2, 5, 7, 8), count) if fraud else rng.integers(0, CATEGORIES, count),
        declined=rng.random(count) < (0.25 if fraud else 0.08),
        fraud=fraud,
    )


def _rows(card: int, *, fraud: bool, **columns: Any) -> list[Payment]:
    """Columns as rows."""
    names = list(columns)
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [_row(card, dict(zip(names, row, strict=True)), fraud=fraud) for row in rows]


def _row(card: int, cells: dict[str, Any], *, fraud: bool) -> Payment:
    return Payment(
        key="",
        card=card,
        at=cells["at"],
        amount=round(cells["amount"], 2),
        how=HOWS[cells["how"]],
        merchant=cells["merchant"],
        country=COUNTRIES[cells["country"]],
        category=cells["category"],
        declined=cells["declined"],
        fraud=fraud,
    )
