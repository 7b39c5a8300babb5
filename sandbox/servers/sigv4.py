"""Is a request signed as AWS asks (Signature Version 4)? Worked out here, not by the library that signed it.

After "Create a signed AWS API request" of the IAM user guide. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/"
    r"aws4_request, ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
SKEW = timedelta(minutes=5)
"""How far a signature's time may be away."""
_NEEDED = {"host", "x-amz-date"}


@dataclass(frozen=True)
class Signed:
    """A request as it came: headers by their names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def refusal(
    request: Signed, secrets: Mapping[str, str], service: str, region: str, now: datetime
) -> str | None:
    """AWS's error code if the signature is not good; None if it is.

    Args:
        secrets: secret by access key.
    """
    found = _FORM.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        return "MissingAuthenticationTokenException"
    names = found["headers"].split(";")
    stamp = request.headers.get("x-amz-date", "")
    if _NEEDED - set(names) or (found["service"], found["region"]) != (service, region):
        return "InvalidSignatureException"
    if found["key"] not in secrets:
        return "UnrecognizedClientException"
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs(now - at) > SKEW or not stamp.startswith(found["day"]):
        return "InvalidSignatureException"
    scope = f"{found['day']}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(_canonical(request, names).encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    wanted = hmac.new(_key(secrets[found["key"]], scope), text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(wanted, found["signature"]) else "InvalidSignatureException"


def _canonical(request: Signed, names: list[str]) -> str:
    path = quote(quote(unquote(request.path), safe="/~"), safe="/~")  # twice, but for S3
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in names)
    body = hashlib.sha256(request.body).hexdigest()
    return f"{request.method}\n{path}\n\n{headers}\n{';'.join(names)}\n{body}"


def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
