"""One front on a free loopback port, empty before each test, and boto3 clients that reach it by socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.aws.__main__ import settings
from sandbox.worldspec import WorldSpec

ACCOUNT, REGION, ISSUER = "123456789012", "us-east-1", "https://oidc.eks.us-east-1.amazonaws.com/id/ABC123"
Clients = Callable[..., Any]


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> WorldSpec:
    """A world of which only the emulated AWS runs."""
    state = tmp_path_factory.mktemp("world")
    (state / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    return WorldSpec(
        state=state,
        region=REGION,
        account=ACCOUNT,
        cluster_name="ferry-test",
        aws_endpoint="http://127.0.0.1:0",
        apiserver="https://127.0.0.1:1",
        ca_file=state / "ca.pem",
        admin_token="none",  # noqa: S106 - there is no API server
        admin_kubeconfig=Path("none"),
        issuer=ISSUER,
        tools={},
    )


@pytest.fixture(scope="session")
def front(spec: WorldSpec) -> Any:
    """The application."""
    os.environ.update(settings(spec))
    from sandbox.aws.front import Front  # noqa: PLC0415 - moto reads its settings as it is imported

    return Front(spec)


@pytest.fixture(scope="session")
def endpoint(front: Any) -> Iterator[str]:
    """A running front."""
    from sandbox.aws.serving import Server  # noqa: PLC0415 - moto reads its settings as it is imported

    with Server(front) as server:
        yield server.endpoint


@pytest.fixture(scope="session")
def clients(endpoint: str) -> Clients:
    """Clients that live as long as the session: boto3 takes a third of a second to make one."""
    return make_clients(endpoint)


def make_clients(endpoint: str) -> Clients:
    """``client(service)`` is made once; with options of boto3's, each time."""
    made: dict[str, Any] = {}

    def client(service: str, **options: Any) -> Any:
        if service in made and not options:
            return made[service]
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        found = boto3.client(service, endpoint_url=endpoint, config=config, **{**keys, **options})
        return found if options else made.setdefault(service, found)

    return client


@pytest.fixture
def aws(clients: Clients) -> Clients:
    """``aws("s3")`` is a client of an empty account; further keywords are boto3's."""
    from sandbox.aws.front import forget  # noqa: PLC0415 - see above

    forget()
    return clients
