"""An emulated AWS of this test's own, and a bench to drive the provider's sessions without an engine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.aws.__main__ import settings
from sandbox.worldspec import WorldSpec
from tests.sandbox.providers.aws.bench import ACCOUNT, REGION, Bench


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One emulated AWS, front and all, on a free loopback port. No API server stands behind its clusters."""
    state = tmp_path_factory.mktemp("aws")
    (state / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    spec = WorldSpec(
        state=state,
        region=REGION,
        account=ACCOUNT,
        cluster_name="ferry-test",
        aws_endpoint="http://127.0.0.1:0",
        apiserver="https://127.0.0.1:1",
        ca_file=state / "ca.pem",
        admin_token="none",
        admin_kubeconfig=state / "none",
        issuer="https://oidc.eks.us-east-1.amazonaws.com/id/ABC123",
        tools={},
    )
    os.environ.update(settings(spec))
    from sandbox.aws.front import Front  # noqa: PLC0415 - moto reads its settings as it is imported
    from sandbox.aws.serving import Server  # noqa: PLC0415

    with Server(Front(spec)) as server:
        yield server.endpoint


@pytest.fixture
def empty_aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The endpoint of an AWS that holds nothing, where the provider and its clients will look for it."""
    from sandbox.aws.front import forget  # noqa: PLC0415 - see above

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_REGION", REGION)
    forget()
    return endpoint


@pytest.fixture
def bench(empty_aws: str) -> Bench:
    """A provider session over an empty AWS."""
    assert empty_aws
    bench = Bench()
    bench.session.configure(
        {"region": REGION, "allowedAccountIds": f'["{ACCOUNT}"]', "defaultTags": '{"tags": {"Owner": "ml"}}'}
    )
    return bench
