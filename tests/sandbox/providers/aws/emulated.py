"""One emulated AWS, front and all, in the test's own process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sandbox.aws.__main__ import settings
from sandbox.worldspec import WorldSpec


@contextlib.contextmanager
def emulated(state: Path, cluster_name: str, region: str, account: str) -> Iterator[str]:
    """Its endpoint, on a free loopback port. No API server stands behind its clusters."""
    (state / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    spec = WorldSpec(
        state=state,
        region=region,
        account=account,
        cluster_name=cluster_name,
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
