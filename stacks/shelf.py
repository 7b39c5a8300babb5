"""Where evidence lies: reading one object by its digest, with its signature checked. Thin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.settings import Settings
from workloads.evidence import Evidence, UnreadableError, unseal

ALGORITHM = "ECDSA_SHA_256"
"""What the evidence key signs with (NIST P-256)."""


def bucket_of(settings: Settings) -> str:
    """Name of the evidence store, known before anything is made."""
    return f"{settings.cluster_name}-evidence-{settings.account}-{settings.region}"


def signing_key_of(settings: Settings) -> str:
    """Alias of the key that signs evidence in this environment."""
    return f"alias/{settings.cluster_name}-evidence"


def path_of(workload: str, digest: str) -> str:
    """Where in the store: ``gates/<workload>/<64 digits>.json``."""
    return f"gates/{workload}/{digest.removeprefix('sha256:')}.json"


class Shelf(Protocol):
    """Gives evidence by workload and digest."""

    def read(self, workload: str, digest: str) -> Evidence:
        """The evidence.

        Raises:
            UnreadableError: it is not there, or not what its name promises.
        """
        ...


@dataclass(frozen=True)
class S3Shelf:
    """The environment's own store and key, as the caller's AWS identity may read them."""

    settings: Settings
    session: Any = None

    def read(self, workload: str, digest: str) -> Evidence:
        """See :class:`Shelf`."""
        session = self.session or boto3.Session(region_name=self.settings.region)
        kms = session.client("kms")
        key = signing_key_of(self.settings)

        def verify(payload: bytes, signature: bytes) -> bool:
            try:
                answer = kms.verify(
                    KeyId=key,
                    Message=payload,
                    MessageType="RAW",
                    Signature=signature,
                    SigningAlgorithm=ALGORITHM,
                )
            except kms.exceptions.KMSInvalidSignatureException:
                return False
            return bool(answer["SignatureValid"])

        bucket, place = bucket_of(self.settings), path_of(workload, digest)
        try:
            found = session.client("s3").get_object(
                Bucket=bucket, Key=place, ExpectedBucketOwner=self.settings.account
            )
            return unseal(found["Body"].read(), digest, verify)
        except (BotoCoreError, ClientError) as error:
            raise UnreadableError(f"s3://{bucket}/{place} could not be read: {error}") from error
