"""boto3 clients, one per service and region, made once: making one costs ten milliseconds or more."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Sequence
from typing import Any

from sandbox.providers.base import ProviderError

_lock = threading.Lock()
_clients: dict[tuple[str, str, str], Any] = {}


def client(service: str, region: str, endpoint: str | None = None) -> Any:
    """A client of the service in the region. It never retries: a refusal is the answer."""
    target = endpoint or os.environ.get("AWS_ENDPOINT_URL") or ""
    key = (service, region, target)
    found = _clients.get(key)
    if found is not None:
        return found
    with _lock:
        if key not in _clients:
            _clients[key] = _make(service, region, target)
        return _clients[key]


def warm(services: Sequence[str], region: str) -> None:
    """Make clients ahead of their first use, which takes up to 0.2 s each."""
    for service in services:
        with contextlib.suppress(Exception):  # whoever needs a client meets the same error, with a context
            client(service, region)


def _make(service: str, region: str, endpoint: str) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - half a second that the port's announcement need not wait for

    if not endpoint:
        raise ProviderError(
            "AWS_ENDPOINT_URL is not set, so the emulated provider would talk to the real AWS: refused. "
            "Start it through `ferry rehearse`, or point AWS_ENDPOINT_URL at the emulated AWS."
        )
    return _session().client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        config=Config(
            retries={"total_max_attempts": 1},
            max_pool_connections=32,
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@functools.cache
def _session() -> Any:
    import boto3  # noqa: PLC0415 - see above

    return boto3.session.Session(
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        aws_session_token=os.environ.get("AWS_SESSION_TOKEN"),
    )


def presigned(region: str, service: str, url: str, headers: dict[str, str], seconds: int) -> str:
    """The address signed for a GET with these headers, as EKS tokens need it."""
    from botocore.model import ServiceId  # noqa: PLC0415 - see above
    from botocore.signers import RequestSigner  # noqa: PLC0415 - see above

    session = _session()
    signer = RequestSigner(
        ServiceId(service), region, service, "v4", session.get_credentials(), session.events
    )
    request = {"method": "GET", "url": url, "body": {}, "headers": headers, "context": {}}
    signed: str = signer.generate_presigned_url(
        request, region_name=region, expires_in=seconds, operation_name=""
    )
    return signed
