"""An emulated account, in this process, empty at the start of each test."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from ferry.bootstrap.account import Account
from ferry.bootstrap.policies import Place


@pytest.fixture
def place() -> Place:
    return Place("dev", "123456789012", "us-east-1", "acme/ferry")


@pytest.fixture(scope="session")
def one_session() -> boto3.Session:
    """One for all tests: it keeps AWS's service descriptions, which take a while to read."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, one_session: boto3.Session) -> Iterator[boto3.Session]:
    """An empty account."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield one_session


@pytest.fixture
def account(place: Place, session: boto3.Session) -> Account:
    return Account(place, session)
