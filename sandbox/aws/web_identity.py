"""Whether a web identity may become a role: IRSA, judged for real.

The token's signature is checked against the keys that the API server publishes, its issuer and audience
against the account's OIDC providers, and the role's trust policy with its conditions. Wording: the STS API
reference (AssumeRoleWithWebIdentity) and what STS says.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx
import jwt
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from sandbox.aws.gaps.asking import Ask
from sandbox.aws.identity import document, role_of
from sandbox.aws.policy import Request, trusts
from sandbox.aws.wire import RefusedError
from sandbox.worldspec import WorldSpec

Jwks = Callable[[str], Mapping[str, Any] | None]
"""Key id → its JSON Web Key, or None where the issuer has no such key."""

_ALGORITHMS = ["RS256", "ES256"]
_LEEWAY_S = 0
_ACTION = "sts:AssumeRoleWithWebIdentity"
_HOUR_S = 3600


def published_keys(spec: WorldSpec) -> Jwks:
    """The API server's key set; asked anew when a key id is unknown, because it may have started since."""
    lock, kept = threading.Lock(), dict[str, Mapping[str, Any]]()

    def ask() -> None:
        context = ssl.create_default_context(cafile=str(spec.ca_file))
        with httpx.Client(verify=context, trust_env=False, timeout=5) as client:
            answer = client.get(
                f"{spec.apiserver}/openid/v1/jwks", headers={"Authorization": f"Bearer {spec.admin_token}"}
            )
        kept.update({key["kid"]: key for key in answer.raise_for_status().json()["keys"]})

    def key(identity: str) -> Mapping[str, Any] | None:
        with lock:
            if identity not in kept:
                try:
                    ask()
                except (httpx.HTTPError, OSError, ValueError) as error:
                    raise _unreachable() from error
            return kept.get(identity)

    return key


def become_role(ask: Ask, keys: Jwks) -> object:
    """AssumeRoleWithWebIdentity: keys of the role, if the token's bearer may become it.

    Raises:
        RefusedError: as AWS words it.
    """
    account, params = ask.account, ask.params
    role_arn = str(params["RoleArn"])
    claims = _claims(account, str(params["WebIdentityToken"]), keys)
    issuer = str(claims["iss"]).removeprefix("https://")
    provider = _provider_arn(account, issuer)
    audiences = _listed(claims["aud"])
    known = iam_backends[account]["aws"].open_id_providers[provider].client_id_list or []
    if not set(audiences) & set(known):
        raise RefusedError("InvalidIdentityToken", "Incorrect token audience")
    context = {f"{issuer}:aud": audiences, f"{issuer}:sub": [str(claims["sub"])]}
    role = role_of(account, role_arn)
    request = Request(provider, _ACTION, role_arn, context)
    if role is None or not trusts(document(role.assume_role_policy_document), request):
        raise RefusedError("AccessDenied", f"Not authorized to perform {_ACTION}", HTTPStatus.FORBIDDEN)
    return {
        **_session(ask, role_arn),
        "SubjectFromWebIdentityToken": claims["sub"],
        "Provider": provider,
        "Audience": next(audience for audience in audiences if audience in known),
    }


def _session(ask: Ask, role_arn: str) -> dict[str, Any]:
    """Keys that moto knows from now on as the role's."""
    made = sts_backends[ask.account]["aws"].assume_role_with_web_identity(
        region_name=ask.region,
        role_session_name=ask.params["RoleSessionName"],
        role_arn=role_arn,
        policy=ask.params.get("Policy"),
        duration=int(ask.params.get("DurationSeconds") or _HOUR_S),
        external_id=None,
    )
    return {"Credentials": made, "AssumedRoleUser": {"AssumedRoleId": made.user_id, "Arn": made.arn}}


def _claims(account: str, token: str, keys: Jwks) -> dict[str, Any]:
    """The claims of a token of a registered issuer, signed by one of its keys, and in its time."""
    try:
        header = jwt.get_unverified_header(token)
        issuer = str(jwt.decode(token, options={"verify_signature": False})["iss"])
    except (jwt.PyJWTError, KeyError) as error:
        raise RefusedError(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ) from error
    if _provider_arn(account, issuer) not in iam_backends[account]["aws"].open_id_providers:
        raise RefusedError(
            "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}"
        )
    key = keys(str(header.get("kid", "")))
    if key is None:
        raise _unreachable()
    options: Any = {"verify_aud": False, "require": ["exp", "iss", "sub", "aud"]}
    try:
        return dict(jwt.decode(token, jwt.PyJWK(dict(key)).key, _ALGORITHMS, options, leeway=_LEEWAY_S))
    except jwt.ExpiredSignatureError as error:
        raise RefusedError(
            "ExpiredTokenException",
            "Token expired: current date/time must be before the expiration date/time",
        ) from error
    except jwt.ImmatureSignatureError as error:
        raise RefusedError("InvalidIdentityToken", "Token is not yet valid") from error
    except jwt.InvalidSignatureError as error:
        raise RefusedError("InvalidIdentityToken", "Provided Token signature does not match") from error
    except jwt.PyJWTError as error:
        raise RefusedError("InvalidIdentityToken", f"The token is malformed: {error}") from error


def _unreachable() -> RefusedError:
    return RefusedError(
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements",
    )


def _provider_arn(account: str, issuer: str) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{issuer.removeprefix('https://')}"


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
