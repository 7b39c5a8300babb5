"""``ferry cost --refresh``: every price of the table, read anew from AWS's Pricing API.

All or nothing: one price that cannot be read, and the table stays as it was, to the letter.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ferry.cost.queries import SIZES, Place, Query, queries
from policy.cost.prices import Prices, PriceTable

API_REGION = "us-east-1"
"""The Pricing API answers from a few regions only; from this one about all."""
_SHOWN = 3


class RefreshError(Exception):
    """A price could not be read; nothing was written."""


@dataclass(frozen=True)
class Change:
    """A price that is another one now."""

    region: str
    place: Place
    before: float
    after: float


def read(client: Any, region: str, query: Query) -> float:
    """One price in USD.

    Raises:
        RefreshError: AWS lists none, or more than one; the message says what was found.
    """
    filters = [
        {"Type": "TERM_MATCH", "Field": key, "Value": value}
        for key, value in {"regionCode": region, **query.filters}.items()
    ]
    pages = client.get_paginator("get_products").paginate(ServiceCode=query.service, Filters=filters)
    products = [json.loads(item) for page in pages for item in page["PriceList"]]
    meant = [item for item in products if query.suits(_usage(item))]
    prices = {price for item in meant for price in _first_tier(item)}
    if len(prices) != 1:
        offered = sorted({_usage(item) for item in products})[:_SHOWN]
        listed = ", ".join(f"{price:g}" for price in sorted(prices)) or "none"
        raise RefreshError(f"{query.service} lists {listed} of {query.usage} (usage types: {offered})")
    return round(prices.pop() * query.times, 10)


def _usage(product: Mapping[str, Any]) -> str:
    return str(product["product"]["attributes"].get("usagetype", ""))


def _first_tier(product: Mapping[str, Any]) -> Iterator[float]:
    """What the first unit costs on demand; a tier that is free is none."""
    for term in (product.get("terms") or {}).get("OnDemand", {}).values():
        tiers = sorted(term["priceDimensions"].values(), key=lambda tier: float(tier.get("beginRange") or 0))
        paid = [float(tier["pricePerUnit"].get("USD", 0)) for tier in tiers]
        yield from [price for price in paid if price][:1]


def refreshed(
    table: PriceTable, client: Any, today: datetime.date, say: Callable[[str], None] = lambda _: None
) -> tuple[PriceTable, list[Change]]:
    """The whole table as AWS lists it today, and what is different.

    Raises:
        RefreshError: with everything that could not be read.
    """
    regions: dict[str, dict[str, Any]] = {}
    changes: list[Change] = []
    wrong: list[str] = []
    for region, prices in table.regions.items():
        new = regions[region] = prices.model_dump()
        for place, query in queries(prices):
            say(f"{region}: {'.'.join(place)}")
            try:
                after = read(client, region, query)
            except RefreshError as error:
                wrong.append(f"{region} {'.'.join(place)}: {error}")
                continue
            if after != (before := _at(prices, place)):
                changes.append(Change(region, place, before, after))
            _put(new, place, after)
    if wrong:
        raise RefreshError(
            f"{len(wrong)} prices could not be read, so nothing was written:\n  "
            + "\n  ".join(wrong)
            + "\nPut their queries right in ferry/cost/queries.py, or take the size out of the table."
        )
    return PriceTable.model_validate({**table.model_dump(), "as_of": today, "regions": regions}), changes


def _at(prices: Prices, place: Place) -> float:
    found: Any = prices
    for step in place:
        found = found[step] if isinstance(found, Mapping) else getattr(found, step)
    return float(found)


def _put(prices: dict[str, Any], place: Place, price: float) -> None:
    *above, last = place
    for step in above:
        prices[step] = prices[step] = dict(prices[step])
        prices = prices[step]
    prices[last] = price


def write(path: Path, table: PriceTable) -> None:
    """Put the table into its file in one step, its comments kept: nobody ever reads half of one."""
    text = rendered(path.read_text(), table)
    PriceTable.model_validate(yaml.safe_load(text))
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".prices-")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)


def rendered(before: str, table: PriceTable) -> str:
    """The file's text with this table's figures: the first region's lines are the form of every region's."""
    head, _, body = before.partition("regions:\n")
    head = re.sub(r"(?m)^#(.*\n)*?(?=as_of)", _HEAD, head, count=1)
    head = re.sub(r"(?m)^as_of: .*$", f"as_of: {table.as_of}", head)
    form = list(_form(body.splitlines()))
    lines: list[str] = []
    for name, prices in table.regions.items():
        lines += [f"  {name}:", *_filled(form, prices)]
    return f"{head}regions:\n" + "\n".join(lines) + "\n"


_HEAD = (
    "# On-demand list prices in USD, without tax, discounts or free tiers, as AWS's Pricing API lists them:\n"
    "# `ferry cost --refresh` read them on the day below. sync_gb is from AWS's public price page.\n"
)


def _form(lines: Iterable[str]) -> Iterator[str]:
    """Lines of the first region."""
    begun = False
    for line in lines:
        if re.match(r"  \S", line):
            if begun:
                return
            begun = True
        elif begun:
            yield line


def _filled(form: Iterable[str], prices: Prices) -> Iterator[str]:
    above = ""
    for line in form:
        match = re.match(r"^(\s+)([\w.]+):( *)([\d.]*)(.*)$", line)
        if match is None:
            yield line
            continue
        space, key, gap, figure, rest = match.groups()
        above = key if key in SIZES else above
        nested = len(space) > _KEY_INDENT
        price = _at(prices, (above, key) if nested else (key,)) if figure else None
        yield line if price is None else f"{space}{key}:{gap}{price:.10g}{rest}"


_KEY_INDENT = 4
"""Spaces before a key of a region; a size stands deeper."""
