"""Prices read anew (E4): boto3's own Pricing client against answers of the documented shape, all or nothing.

botocore checks each request and each answer against AWS's own model of the service. That AWS lists what the
queries ask for, under these names, cannot be proved without an account.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber
from typer.testing import CliRunner

from ferry.cli import app
from ferry.cost import command
from ferry.cost.queries import KEPT, Place, Query, queries
from ferry.cost.refreshing import RefreshError, read, refreshed, rendered, write
from policy.cost.prices import TABLE, Prices, PriceTable, table

TODAY = datetime.date(2027, 1, 2)
USAGE = {
    "AmazonRDS": "USE1-InstanceUsage:x",
    "AmazonElastiCache": "NodeUsage:x",
    "AWSCloudTrail": "USE1-DataEventsRecorded",
}


def one_region() -> PriceTable:
    """The committed table, for one region."""
    found = table()
    return found.model_copy(update={"regions": {"us-east-1": found.regions["us-east-1"]}})


def product(usage: str, *tiers: tuple[str, str]) -> str:
    """An entry of ``PriceList`` as the API reference shows it: JSON in a string."""
    dimensions = {
        f"SKU.TERM.{number}": {
            "unit": "Hrs",
            "beginRange": begin,
            "endRange": "Inf",
            "description": "a price",
            "appliesTo": [],
            "rateCode": f"SKU.TERM.{number}",
            "pricePerUnit": {"USD": usd},
        }
        for number, (begin, usd) in enumerate(tiers)
    }
    term = {
        "priceDimensions": dimensions,
        "sku": "SKU",
        "effectiveDate": "2026-11-01T00:00:00Z",
        "offerTermCode": "TERM",
        "termAttributes": {},
    }
    attributes = {"usagetype": usage, "regionCode": "us-east-1", "servicecode": "x"}
    body = {
        "product": {"productFamily": "x", "attributes": attributes, "sku": "SKU"},
        "serviceCode": "x",
        "terms": {"OnDemand": {"SKU.TERM": term}},
        "version": "1",
        "publicationDate": "2026-11-01T00:00:00Z",
    }
    return json.dumps(body)


@pytest.fixture
def pricing() -> Iterator[tuple[Any, Stubber]]:
    """boto3's client, whose answers are written down."""
    client = boto3.Session("testing", "testing", region_name="us-east-1").client("pricing")
    with Stubber(client) as stub:
        yield client, stub


def usage_of(query: Query) -> str:
    """A usage type that the query means."""
    last = query.usage.rpartition("?")[2] if query.service not in USAGE else USAGE[query.service]
    for known in (
        "BoxUsage:x", "InstanceUsage:x", "NodeUsage:x", "USE1-AmazonEKS-Hours:perCluster", "NatGateway-Hours",
        "NatGateway-Bytes", "VpcEndpoint-Hours", "PublicIPv4:InUseAddress", "LoadBalancerUsage", "LCUUsage",
        "VPN-Usage-Hours:ipsec.1", "EBS:VolumeUsage.gp3", "RDS:GP3-Storage", "TimedStorage-ByteHrs",
        "DataProcessing-Bytes", "EBS:SnapshotUsage", "us-east-1-KMS-Keys", "AWSSecretsManager-Secrets",
        "USE1-DataEventsRecorded",
    ):  # fmt: skip
        if query.suits(known):
            return known
    raise AssertionError(last)


def answer(stub: Stubber, region: str, prices: Prices, changed: Mapping[Place, float]) -> None:
    """Every price of the table as it is, but for those that changed."""
    for place, query in queries(prices):
        found: Any = prices
        for step in place:
            found = found[step] if isinstance(found, Mapping) else getattr(found, step)
        usd = changed.get(place, float(found)) / query.times
        listed = [product("Other-Thing", ("0", "9")), product(usage_of(query), ("0", f"{usd:.12f}"))]
        filters = [
            {"Type": "TERM_MATCH", "Field": key, "Value": value}
            for key, value in {"regionCode": region, **query.filters}.items()
        ]
        offered = listed if query.usage != r".*" else listed[1:]
        asked = {"ServiceCode": query.service, "Filters": filters}
        stub.add_response("get_products", {"FormatVersion": "aws_v1", "PriceList": offered}, asked)


def test_every_price_of_the_table_is_asked_for_or_named_as_kept() -> None:
    """E4: a price that nobody reads would grow old without a word."""
    prices = one_region().regions["us-east-1"]
    asked = {place[0] for place, _ in queries(prices)}
    assert asked | KEPT == set(Prices.model_fields)
    assert not asked & KEPT


def test_table_is_read_anew_and_says_what_is_different(pricing: tuple[Any, Stubber]) -> None:
    """E4: with boto3, region by region."""
    client, stub = pricing
    changed: dict[Place, float] = {("instance_hour", "m5.xlarge"): 0.2, ("data_event_100k",): 0.11}
    answer(stub, "us-east-1", one_region().regions["us-east-1"], changed)
    new, changes = refreshed(one_region(), client, TODAY)
    stub.assert_no_pending_responses()
    assert {item.place: item.after for item in changes} == changed
    assert new.as_of == TODAY
    assert new.regions["us-east-1"].instance_hour["m5.xlarge"] == 0.2
    assert new.regions["us-east-1"].sync_gb == one_region().regions["us-east-1"].sync_gb


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([], "lists none of"),
        ([product("NodeUsage:a", ("0", "1")), product("NodeUsage:b", ("0", "2"))], "lists 1, 2 of"),
        ([product("NodeUsage:a", ("0", "0.0000000000"))], "lists none of"),
        ([product("Reserved:a", ("0", "1"))], r"usage types: \['Reserved:a'\]"),
    ],
    ids=["nothing", "two prices", "free", "another thing"],
)
def test_price_that_is_not_exactly_one_is_refused(
    pricing: tuple[Any, Stubber], listed: list[str], said: str
) -> None:
    """E4: nothing is guessed."""
    client, stub = pricing
    stub.add_response("get_products", {"PriceList": listed})
    with pytest.raises(RefreshError, match=said):
        read(client, "us-east-1", Query("AmazonElastiCache", usage=r"NodeUsage:.*"))


def test_first_tier_that_costs_something_counts(pricing: tuple[Any, Stubber]) -> None:
    """E4: as the table says of S3: the first 50 TB; a free tier is no price."""
    client, stub = pricing
    tiers = [("51200", "0.022"), ("0", "0.000"), ("1", "0.023")]
    stub.add_response("get_products", {"PriceList": [product("TimedStorage-ByteHrs", *tiers)]})
    assert read(client, "us-east-1", Query("AmazonS3")) == 0.023


def test_answers_of_several_pages_are_one(pricing: tuple[Any, Stubber]) -> None:
    client, stub = pricing
    stub.add_response("get_products", {"PriceList": [], "NextToken": "more"})
    stub.add_response("get_products", {"PriceList": [product("a", ("0", "3"))]})
    assert read(client, "us-east-1", Query("AmazonS3")) == 3


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "not on the list"])
def test_half_a_table_is_never_written(
    pricing: tuple[Any, Stubber], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    """E4: the last price fails; the file is what it was, to the letter, and the exit code says so."""
    client, stub = pricing
    file = tmp_path / "prices.yaml"
    file.write_text(TABLE.read_text())
    wanted = list(queries(one_region().regions["us-east-1"]))
    for _, query in wanted[:-1]:
        stub.add_response("get_products", {"PriceList": [product(usage_of(query), ("0", "7"))]})
    if refused:
        stub.add_client_error("get_products", "AccessDeniedException", "no")
    else:
        stub.add_response("get_products", {"PriceList": []})
    monkeypatch.setattr(command, "TABLE", file)
    monkeypatch.setattr(command, "table", one_region)
    monkeypatch.setattr("ferry.cost.command.boto3.client", lambda *_, **__: client)
    done = CliRunner().invoke(app, ["cost", "--refresh"])
    assert done.exit_code == 1
    assert "The table is as it was" in done.output
    assert file.read_text() == TABLE.read_text()
    assert [item.name for item in tmp_path.iterdir()] == ["prices.yaml"]


def test_written_table_keeps_its_comments_and_gives_each_region_its_own_prices(tmp_path: Path) -> None:
    """E4: us-west-2 is an alias of us-east-1 in the file; after a refresh it need not be."""
    file = tmp_path / "prices.yaml"
    file.write_text(TABLE.read_text())
    west = table().regions["us-west-2"].model_copy(update={"nat_hour": 0.05})
    new = table().model_copy(update={"as_of": TODAY, "regions": {**table().regions, "us-west-2": west}})
    write(file, new)
    text = file.read_text()
    assert PriceTable.model_validate(yaml.safe_load(text)) == new
    assert text.count("# gp3, one zone") == 2
    assert "read them on the day below" in text
    assert rendered(text, new) == text, "a second refresh on the same day changes nothing"
