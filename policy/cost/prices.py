"""The dated table of prices, by region."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

TABLE = Path(__file__).with_name("prices.yaml")


class PriceError(Exception):
    """Something has no price, so no estimate can be given."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Prices(_Frozen):
    """One region's list prices in USD: an hour, a GB (a month, or moved), a piece (a month), as named."""

    instance_hour: Mapping[str, float]
    database_hour: Mapping[str, float]
    cache_hour: Mapping[str, float]
    cluster_hour: float
    nat_hour: float
    nat_gb: float
    endpoint_hour: float
    public_address_hour: float
    balancer_hour: float
    balancer_unit_hour: float
    vpn_hour: float
    disk_gb: float
    database_disk_gb: float
    object_gb: float
    image_gb: float
    log_gb: float
    log_kept_gb: float
    backup_gb: float
    key: float
    secret: float
    data_event_100k: float
    sync_gb: float
    figure_1000: float

    def of(self, kind: str, size: str) -> float:
        """The price of an hour of a size.

        Raises:
            PriceError: the table does not have it.
        """
        table: Mapping[str, float] = getattr(self, f"{kind}_hour")
        if size not in table:
            raise PriceError(
                f"{TABLE.name} has no price of {size}, so nothing was estimated. "
                f"Add it under {kind}_hour, or choose one of {', '.join(sorted(table))}."
            )
        return table[size]


class PriceTable(_Frozen):
    """All regions, and what holds for each.

    Attributes:
        as_of: the day on which the prices were listed.
        hours_per_month: that a running hour is multiplied by.
        spot_share: part of the on-demand price that spot is expected to cost.
    """

    as_of: datetime.date
    hours_per_month: float
    spot_share: float
    regions: Mapping[str, Prices]

    def region(self, name: str) -> Prices:
        """Prices of one region.

        Raises:
            PriceError: the table does not have it.
        """
        if name not in self.regions:
            raise PriceError(
                f"{TABLE.name} has no prices of {name}, so nothing was estimated. "
                f"Add them, or estimate for one of {', '.join(sorted(self.regions))}."
            )
        return self.regions[name]


@functools.cache
def table() -> PriceTable:
    """The committed table."""
    return PriceTable.model_validate(yaml.safe_load(TABLE.read_text()))
