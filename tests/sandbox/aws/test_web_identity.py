"""IRSA in the emulation (A4): who gets a role's keys, and each refusal beside the twin that is let in.

Tokens are signed by a key of the test's own, which stands for the API server's; that a real API server's
tokens and key set fit is proven by the rehearsal.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.aws.serving import Server
from sandbox.worldspec import WorldSpec
from tests.sandbox.aws.conftest import ISSUER, Clients
from tests.sandbox.aws.making import ISSUER_HOST, PROVIDER, policy

SUBJECT, AUDIENCE = "system:serviceaccount:kubeflow:pipeline-runner", "sts.amazonaws.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _published(kid: str) -> dict[str, Any] | None:
    jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return {**jwk, "kid": "one", "alg": "RS256", "use": "sig"} if kid == "one" else None


@pytest.fixture(scope="module")
def endpoint(spec: WorldSpec) -> Iterator[str]:
    """A front that takes its keys from this test."""
    from sandbox.aws.front import Front  # noqa: PLC0415 - moto reads its settings as it is imported

    with Server(Front(spec, _published)) as server:
        yield server.endpoint


@pytest.fixture(scope="module")
def clients(endpoint: str) -> Clients:
    """Clients of that front."""
    from tests.sandbox.aws.conftest import make_clients  # noqa: PLC0415

    return make_clients(endpoint)


def _token(key: Any = KEY, kid: str = "one", **claims: Any) -> str:
    now = int(time.time())
    wanted = {"iss": ISSUER, "sub": SUBJECT, "aud": [AUDIENCE], "iat": now, "nbf": now, "exp": now + 600}
    wanted.update(claims)
    return jwt.encode({k: v for k, v in wanted.items() if v is not None}, key, "RS256", headers={"kid": kid})


def _trust(**conditions: Any) -> str:
    wanted = {"StringEquals": {f"{ISSUER_HOST}:sub": SUBJECT, f"{ISSUER_HOST}:aud": AUDIENCE}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions or wanted,
    }
    return policy(statement)


@pytest.fixture
def runner(aws: Clients) -> str:
    """ARN of a role for the pipeline runner, in an account that knows the issuer."""
    iam = aws("iam")
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=[AUDIENCE], ThumbprintList=["a" * 40])
    return str(iam.create_role(RoleName="runner", AssumeRolePolicyDocument=_trust())["Role"]["Arn"])


def _assume(aws: Clients, role: str, token: str) -> dict[str, Any]:
    answer = aws("sts").assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="test", WebIdentityToken=token
    )
    return dict(answer)


def _code(aws: Clients, role: str, token: str) -> str:
    with pytest.raises(ClientError) as refused:
        _assume(aws, role, token)
    return str(refused.value.response["Error"]["Code"])


def test_the_right_service_account_becomes_the_role_and_acts_as_it(aws: Clients, runner: str) -> None:
    answer = _assume(aws, runner, _token())
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert (answer["Provider"], answer["Audience"]) == (PROVIDER, AUDIENCE)
    keys = answer["Credentials"]
    sts = aws(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/runner/test"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": "system:serviceaccount:kubeflow:other"}, "AccessDenied"),
        ({"sub": "system:serviceaccount:default:pipeline-runner"}, "AccessDenied"),
        ({"aud": ["https://kubernetes.default.svc"]}, "InvalidIdentityToken"),
        ({"aud": None}, "InvalidIdentityToken"),
        ({"iss": "https://oidc.eks.us-east-1.amazonaws.com/id/OTHER"}, "InvalidIdentityToken"),
        ({"exp": int(time.time()) - 60}, "ExpiredTokenException"),
        ({"nbf": int(time.time()) + 86_400}, "InvalidIdentityToken"),  # long after the suite has ended
        ({"exp": None}, "InvalidIdentityToken"),
    ],
)
def test_role_refuses_what_is_not_its_service_account(
    aws: Clients, runner: str, claims: dict[str, Any], code: str
) -> None:
    assert _assume(aws, runner, _token())
    assert _code(aws, runner, _token(**claims)) == code


def test_role_refuses_a_token_that_the_api_server_did_not_sign(aws: Clients, runner: str) -> None:
    assert _code(aws, runner, _token(key=OTHER_KEY)) == "InvalidIdentityToken"
    assert _code(aws, runner, _token(kid="two")) == "InvalidIdentityToken"
    assert _code(aws, runner, "no.token.at-all") == "InvalidIdentityToken"


def test_role_refuses_an_unsigned_token(aws: Clients, runner: str) -> None:
    head = jwt.utils.base64url_encode(b'{"alg":"none","kid":"one"}').decode()
    assert _code(aws, runner, f"{head}.{_token().split('.')[1]}.") == "InvalidIdentityToken"


def test_a_role_that_is_not_there_is_refused_as_one_that_does_not_trust(aws: Clients, runner: str) -> None:
    assert _code(aws, f"{runner}x", _token()) == "AccessDenied"


def test_a_trust_policy_without_sub_lets_any_service_account_in(aws: Clients, runner: str) -> None:
    """The commonest bug with IRSA must be visible here, as it would be on AWS."""
    trust = _trust(StringEquals={f"{ISSUER_HOST}:aud": AUDIENCE})
    aws("iam").update_assume_role_policy(RoleName="runner", PolicyDocument=trust)
    assert _assume(aws, runner, _token(sub="system:serviceaccount:default:anybody"))


def test_keys_of_a_session_are_worth_nothing_once_the_role_is_gone(aws: Clients, runner: str) -> None:
    document = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    aws("iam").put_role_policy(RoleName="runner", PolicyName="own", PolicyDocument=document)
    keys = _assume(aws, runner, _token())["Credentials"]
    s3 = aws(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert s3.list_buckets()["Buckets"] == []
    aws("iam").delete_role_policy(RoleName="runner", PolicyName="own")
    aws("iam").delete_role(RoleName="runner")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_buckets()
