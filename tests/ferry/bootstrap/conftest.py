"""An account to bootstrap; see ``session`` in tests/conftest.py."""

from __future__ import annotations

import boto3
import pytest

from ferry.bootstrap.account import Account
from ferry.bootstrap.policies import Place


@pytest.fixture
def place() -> Place:
    return Place("dev", "123456789012", "us-east-1", "acme/ferry")


@pytest.fixture
def account(place: Place, session: boto3.Session) -> Account:
    return Account(place, session)
