"""Features of a payment, from that card's payments before it; the group ``card-transactions``. Pure.

One pass in the order of time, with what a feature store would remember for each card: training and serving
get the same numbers from the same code.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workloads.features import FEATURE_GROUPS
from workloads.fraud_detection.transactions import CHIP, DAY, HOUR, ONLINE, Payment

GROUP = "card-transactions"
FEATURES = FEATURE_GROUPS[GROUP].features
"""Names, in the order of the columns."""
MONTH = 30 * DAY
NEVER = float(MONTH)
"""Seconds since the last payment of a card that has none."""


@dataclass
class Card:
    """What is remembered of one card: a month of payments."""

    past: deque[Payment] = field(default_factory=deque)

    def features(self, now: Payment) -> list[float]:
        """Of a payment, before it is remembered."""
        while self.past and self.past[0].at < now.at - MONTH:
            self.past.popleft()
        within = {
            span: [item for item in self.past if item.at >= now.at - span] for span in (HOUR, DAY, 7 * DAY)
        }
        logs = [math.log1p(item.amount) for item in self.past]
        mean = sum(logs) / len(logs) if logs else 0.0
        spread = math.sqrt(sum((item - mean) ** 2 for item in logs) / len(logs)) if len(logs) > 1 else 1.0
        amount, count = math.log1p(now.amount), max(len(self.past), 1)
        return [
            amount,
            (amount - mean) / max(spread, 0.1) if logs else 0.0,
            float(len(within[HOUR])),
            float(len(within[DAY])),
            float(len({item.merchant for item in within[DAY]} | {now.merchant})),
            float(len({item.country for item in within[7 * DAY]} | {now.country})),
            sum(item.how == CHIP for item in self.past) / count,
            (sum(item.how == ONLINE for item in self.past) + (now.how == ONLINE)) / (count + 1),
            float(sum(item.declined for item in within[DAY]) + now.declined),
            math.log1p(now.at - self.past[-1].at if self.past else NEVER),
        ]


def features(payments: Iterable[Payment]) -> NDArray[np.float32]:
    """A row for each payment; they come in the order of time."""
    cards: dict[int, Card] = {}
    rows = []
    for item in payments:
        card = cards.setdefault(item.card, Card())
        rows.append(card.features(item))
        card.past.append(item)
    return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES))


def labels(payments: Sequence[Payment]) -> NDArray[np.bool_]:
    """The truth for each row."""
    return np.array([item.fraud for item in payments], dtype=bool)
