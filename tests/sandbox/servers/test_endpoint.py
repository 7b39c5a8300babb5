"""The stand-in for SageMaker refuses what SageMaker would (C6); botocore signs, and something else judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.servers.sigv4 import Signed, refusal

SECRETS = {"AKIDEXAMPLE": "a secret of the test"}
BODY = b'{"instances": []}'
PATH = "/endpoints/fraud-detection-prod/invocations"


def signed(service: str = "sagemaker", region: str = "us-east-1", token: str | None = None) -> Signed:
    request = AWSRequest("POST", f"http://127.0.0.1:9001{PATH}", {"Content-Type": "application/json"}, BODY)
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRETS["AKIDEXAMPLE"], token), service, region).add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": "127.0.0.1:9001"}
    return Signed("POST", PATH, headers, BODY)


def verdict(request: Signed, later: timedelta = timedelta(0)) -> str | None:
    return refusal(request, SECRETS, "sagemaker", "us-east-1", datetime.now(UTC) + later)


@pytest.mark.parametrize("token", [None, "of a role"])
def test_what_botocore_signs_is_let_in(token: str | None) -> None:
    assert verdict(signed(token=token)) is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (replace(signed(), headers={}), "MissingAuthenticationTokenException"),
        (replace(signed(), body=b"another body"), "InvalidSignatureException"),
        (replace(signed(), path="/endpoints/another/invocations"), "InvalidSignatureException"),
        (replace(signed(), method="PUT"), "InvalidSignatureException"),
        (signed(service="s3"), "InvalidSignatureException"),
        (signed(region="eu-west-1"), "InvalidSignatureException"),
        (
            replace(
                signed(),
                headers={
                    name: value.replace("AKIDEXAMPLE", "AKIDSTRANGER")
                    for name, value in signed().headers.items()
                },
            ),
            "UnrecognizedClientException",
        ),
    ],
)
def test_what_is_signed_for_something_else_or_not_at_all_is_refused(request_: Signed, code: str) -> None:
    assert verdict(request_) == code


def test_a_signature_is_good_for_minutes() -> None:
    assert verdict(signed(), timedelta(minutes=4)) is None
    assert verdict(signed(), timedelta(minutes=6)) == "InvalidSignatureException"
