"""An emulated AWS of this test's own, and a bench to drive the provider's sessions without an engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.providers.aws.bench import ACCOUNT, REGION, Bench
from tests.sandbox.providers.aws.emulated import emulated


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One emulated AWS, front and all, on a free loopback port. No API server stands behind its clusters."""
    with emulated(tmp_path_factory.mktemp("aws"), "ferry-test", REGION, ACCOUNT) as found:
        yield found


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
