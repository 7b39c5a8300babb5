"""The pipeline-runner's role: who may take it, and what it may do (requirement A4).

The tokens are real: the API server signs them. The front of the emulated AWS judges them as STS does
(signature, issuer, audience, the trust policy's conditions), and S3 calls by the role's policies, resources
included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from cryptography.hazmat.primitives.asymmetric import rsa

from ferry.rehearsal.checks.context import CheckContext, Credentials, Note
from ferry.report.model import Check, Claim

ROLE = "pipeline-runner"
NAMESPACE, ACCOUNT, AUDIENCE = "kubeflow", "pipeline-runner", "sts.amazonaws.com"
OWN_STORE, FOREIGN_STORE = "pipelines", "evidence"
KEY, BODY = "rehearsal/irsa-check", b"written by the role"
STRANGER = "irsa-check"
"""A service account of the check's own, in the runner's namespace."""
ELSEWHERE = "default"
"""Another namespace, in which the check makes an account of the runner's very name."""

REFUSALS = frozenset({"AccessDenied", "AccessDeniedException", "InvalidIdentityToken", "403", "Forbidden"})
"""Error codes by which AWS says no. Any other error proves nothing."""

ALLOWED = Claim(
    "irsa.allowed", "A4", "pipeline-runner takes its role with a real token, writes and reads its own bucket"
)
REFUSED = Claim("irsa.refused", "A4", "another account, namespace, audience, key or bucket is refused")


@dataclass(frozen=True)
class Attempt:
    """Something tried: what, whether it must work, and the error code it met (empty when it worked)."""

    what: str
    may: bool
    code: str
    message: str = ""


def judge(attempts: Sequence[Attempt]) -> list[Check]:
    """What must work worked, and what must be refused was refused by name."""
    allowed = [attempt for attempt in attempts if attempt.may]
    refused = [attempt for attempt in attempts if not attempt.may]
    failed = [f"{item.what}: refused ({item.code} {item.message})" for item in allowed if item.code]
    slipped = [f"{item.what}: {_slip(item)}" for item in refused if item.code not in REFUSALS]
    tried = [f"{item.what}: {item.code or 'allowed'}" for item in attempts]
    return [
        ALLOWED.equal(len(allowed), len(allowed) - len(failed), "attempts", failed or tried),
        REFUSED.equal(len(refused), len(refused) - len(slipped), "refusals", slipped),
    ]


def _slip(item: Attempt) -> str:
    return (
        f"failed for another reason ({item.code} {item.message})" if item.code else "allowed, and must not be"
    )


def run(context: CheckContext, note: Note) -> list[Check]:
    """Try everything that the role is for, and everything that it must not be good for."""
    arn = (context.outputs.get("roles") or {}).get(ROLE)
    stores = context.outputs.get("stores") or {}
    if not arn or OWN_STORE not in stores or FOREIGN_STORE not in stores:
        return [
            ALLOWED.failed(
                f"the stack's outputs name no role {ROLE}, or no stores {OWN_STORE} and {FOREIGN_STORE}"
            )
        ]
    trial = Trial(context, str(arn))
    note("taking the role with a real token")
    trial.take_and_use(str(stores[OWN_STORE]), str(stores[FOREIGN_STORE]))
    note("taking the role without a right to it")
    trial.be_turned_away()
    return judge(trial.attempts)


class Trial:
    """The attempts, one after the other, against the front of the emulated AWS."""

    def __init__(self, context: CheckContext, role: str) -> None:
        self._context = context
        self._role = role
        self.attempts: list[Attempt] = []

    def take_and_use(self, own: str, foreign: str) -> None:
        """The runner's own way: take the role, use its bucket, fail at another's."""
        token = self._context.kube.token(NAMESPACE, ACCOUNT, AUDIENCE)
        credentials = self._try("take the role as pipeline-runner", True, lambda: self._assume(token))
        if credentials is None:
            return
        s3 = self._context.aws("s3", credentials)
        write: dict[str, Any] = {"Key": KEY, "Body": BODY}
        self._try(f"write to {own}", True, lambda: s3.put_object(Bucket=own, **write))
        self._try(f"read from {own}", True, lambda: s3.get_object(Bucket=own, Key=KEY))
        self._clean(own)
        self._try(f"write to {foreign}", False, lambda: s3.put_object(Bucket=foreign, **write))
        self._try(f"read from {foreign}", False, lambda: s3.get_object(Bucket=foreign, Key=KEY))
        self._try(
            "list the account's users", False, lambda: self._context.aws("iam", credentials).list_users()
        )

    def be_turned_away(self) -> None:
        """Everybody else: their tokens are as real, but not meant for this role."""
        kube = self._context.kube
        borrowed = [_account(STRANGER, NAMESPACE), _account(ACCOUNT, ELSEWHERE)]
        try:
            for account in borrowed:
                kube.apply(account)
            self._refused("another service account", kube.token(NAMESPACE, STRANGER, AUDIENCE))
            self._refused("another namespace", kube.token(ELSEWHERE, ACCOUNT, AUDIENCE))
            self._refused("another audience", kube.token(NAMESPACE, ACCOUNT, "vault.example"))
            self._refused("a token signed by another key", forged(kube.token(NAMESPACE, ACCOUNT, AUDIENCE)))
        finally:
            for account in borrowed:
                kube.delete(account)

    def _refused(self, who: str, token: str) -> None:
        self._try(f"take the role as {who}", False, lambda: self._assume(token))

    def _assume(self, token: str) -> Credentials:
        return assume(self._context, self._role, token)

    def _try(self, what: str, may: bool, call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except ClientError as error:
            details = error.response["Error"]
            self.attempts.append(Attempt(what, may, str(details["Code"]), str(details.get("Message", ""))))
            return None
        except (BotoCoreError, ResponseParserError) as error:
            self.attempts.append(Attempt(what, may, type(error).__name__, str(error)))
            return None
        self.attempts.append(Attempt(what, may, ""))
        return answer

    def _clean(self, bucket: str) -> None:
        """Take every version of the check's object away again: a bucket in which one stays cannot be
        deleted.
        """
        s3 = self._context.aws("s3")
        listed = s3.list_object_versions(Bucket=bucket, Prefix=KEY)
        for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


def assume(context: CheckContext, role: str, token: str) -> Credentials:
    """Take a role with a service account's token, as the SDK in a pod does."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    answer = context.aws("sts", config=config).assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="rehearsal", WebIdentityToken=token
    )["Credentials"]
    return answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]


def _account(name: str, namespace: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def forged(token: str) -> str:
    """The same claims and key id, signed by a key that the cluster does not have."""
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["exp"] = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(
        claims, key, algorithm="RS256", headers={"kid": jwt.get_unverified_header(token)["kid"]}
    )
