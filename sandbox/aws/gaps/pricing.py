"""Prices, by which Karpenter weighs sizes: a dated table in place of Pricing and of the spot history."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sandbox.aws.gaps.asking import Ask, Gap

ON_DEMAND = {
    # USD per hour, Linux, us-east-1: AWS's price list. Other regions differ by some per cent, which changes
    # no choice between sizes of one family.
    "t3.medium": 0.0416, "t3.large": 0.0832, "t3.xlarge": 0.1664, "t3.2xlarge": 0.3328,
    "m5.large": 0.096, "m5.xlarge": 0.192, "m5.2xlarge": 0.384, "m5.4xlarge": 0.768,
    "m6i.large": 0.096, "m6i.xlarge": 0.192, "m6i.2xlarge": 0.384, "m6i.4xlarge": 0.768,
    "m7i.large": 0.1008, "m7i.xlarge": 0.2016, "m7i.2xlarge": 0.4032, "m7i.4xlarge": 0.8064,
    "c5.large": 0.085, "c5.xlarge": 0.17, "c5.2xlarge": 0.34, "c5.4xlarge": 0.68,
    "c6i.large": 0.085, "c6i.xlarge": 0.17, "c6i.2xlarge": 0.34, "c6i.4xlarge": 0.68,
    "c7i.large": 0.08925, "c7i.xlarge": 0.1785, "c7i.2xlarge": 0.357, "c7i.4xlarge": 0.714,
    "r5.large": 0.126, "r5.xlarge": 0.252, "r5.2xlarge": 0.504, "r5.4xlarge": 1.008,
    "r6i.large": 0.126, "r6i.xlarge": 0.252, "r6i.2xlarge": 0.504, "r6i.4xlarge": 1.008,
    "g4dn.xlarge": 0.526, "g4dn.2xlarge": 0.752, "g4dn.4xlarge": 1.204, "g4dn.8xlarge": 2.176,
    "g4dn.12xlarge": 3.912, "g4dn.16xlarge": 4.352, "g4dn.metal": 7.824,
    "g5.xlarge": 1.006, "g5.2xlarge": 1.212, "g5.4xlarge": 1.624, "g5.8xlarge": 2.448,
    "g5.12xlarge": 5.672, "g5.16xlarge": 4.096, "g5.24xlarge": 8.144, "g5.48xlarge": 16.288,
}  # fmt: skip
SPOT_SHARE = 0.3
"""Spot at 30% of on-demand: the saving of 70% that the plan counts with (requirement E4)."""
_ZONES = "abc"


def products(_ask: Ask) -> object:
    """Pricing ``GetProducts``: the table, in the nested form of the price list; filters are not applied."""
    return {"FormatVersion": "aws_v1", "PriceList": [_product(*item) for item in ON_DEMAND.items()]}


def _product(instance_type: str, usd: float) -> str:
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": f"{usd:.10f}"}}
    term = {"OnDemand": {"term": {"priceDimensions": {"dimension": dimension}}}}
    return json.dumps({"product": {"attributes": {"instanceType": instance_type}}, "terms": term})


def spot_history(ask: Ask) -> object:
    """EC2 ``DescribeSpotPriceHistory``: one price, now, in three zones of the region."""
    now = datetime.now(UTC).replace(tzinfo=None)
    wanted = set(ask.params.get("InstanceTypes") or ON_DEMAND)
    return {
        "SpotPriceHistory": [
            {
                "InstanceType": name,
                "ProductDescription": "Linux/UNIX",
                "SpotPrice": f"{usd * SPOT_SHARE:.6f}",
                "Timestamp": now,
                "AvailabilityZone": f"{ask.region}{zone}",
            }
            for name, usd in ON_DEMAND.items()
            if name in wanted
            for zone in _ZONES
        ]
    }


GAP = Gap("pricing", {"GetProducts": products})
