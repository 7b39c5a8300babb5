"""The newest evidence about a workload, read before a raise, and never waited for. Thin."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stacks.shelf import ALGORITHM
from workloads.evidence import Asked, Finding, UnreadableError, Verdict, judge, unseal
from workloads.patterns.migration import Migration
from workloads.spec import WorkloadSpec
from workloads.stages import needs
from workloads.state import Stage

FRESH_S = 30.0
"""Seconds for which a finding is used again: evidence is made by the hour, steps by the half second."""


_HASTE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})

Question = tuple[Migration, str | None, str | None]
"""About what configuration, which model, and not before when."""


class Look(Protocol):
    """Says what evidence there is."""

    def finding(self, told: Migration, model: str | None = None, since: str | None = None) -> Finding:
        """About a raise at this stage.

        Args:
            model: digest that it has to be about; None where nobody knows it.
            since: older evidence does not count (ISO 8601), beside what the stage says.
        """
        ...


@dataclass
class Aside:
    """Looks in a thread of its own: a store that hangs may cost a raise, never the way down.

    What is said is what was found at an earlier step, if it was about the same configuration.
    """

    look: Look
    pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "evidence"))
    _under_way: tuple[Question, Future[Finding]] | None = field(default=None, init=False)
    _last: tuple[Question, Finding] | None = field(default=None, init=False)

    def finding(self, told: Migration, model: str | None = None, since: str | None = None) -> Finding:
        """What was found last; NO_DATA until something was."""
        question = (told, model, since)
        if self._under_way is not None and self._under_way[1].done():
            asked, future = self._under_way
            self._last, self._under_way = (asked, future.result()), None
        if self._under_way is None:
            self._under_way = (question, self.pool.submit(self.look.finding, *question))
        if self._last is None or self._last[0] != question:
            return Finding(verdict=Verdict.NO_DATA, why="it is being looked for")
        return self._last[1]


@dataclass
class Proof:
    """Looks for the newest evidence of one workload.

    Attributes:
        session: of boto3, with this pod's identity.
        spec: what the workload is.
    """

    session: Any
    spec: WorkloadSpec
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _found: tuple[datetime, Question, Finding] | None = field(default=None, init=False)
    _clients: dict[str, Any] = field(default_factory=dict, init=False)

    def finding(self, told: Migration, model: str | None = None, since: str | None = None) -> Finding:
        """What it says about a raise at this stage; anything unreadable is no PASS."""
        now, before, question = self.clock(), self._found, (told, model, since)
        if before and before[1] == question and (now - before[0]).total_seconds() < FRESH_S:
            return before[2]
        try:
            found = self._look(question, now)
        except (BotoCoreError, ClientError) as error:
            found = Finding(verdict=Verdict.NO_DATA, why=f"the store did not answer ({error})")
        except UnreadableError as error:
            found = Finding(verdict=Verdict.MISMATCH, why=str(error))
        self._found = (now, question, found)
        return found

    def _look(self, question: Question, now: datetime) -> Finding:
        told = question[0]
        place = told.evidence
        s3 = self._client("s3", place.region)
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=place.bucket, Prefix=f"gates/{told.workload}/", ExpectedBucketOwner=place.owner
        )
        objects = [item for page in pages for item in page.get("Contents", [])]
        if not objects:
            return Finding(verdict=Verdict.NO_DATA, why="there is none")
        key = max(objects, key=lambda item: (item["LastModified"], item["Key"]))["Key"]
        body = s3.get_object(Bucket=place.bucket, Key=key, ExpectedBucketOwner=place.owner)["Body"].read()
        digest = f"sha256:{key.rsplit('/', 1)[1].removesuffix('.json')}"
        return judge(
            unseal(body, digest, lambda *pair: self._verify(told, *pair)), self._asked(*question), now
        )

    def _verify(self, told: Migration, payload: bytes, signature: bytes) -> bool:
        kms = self._client("kms", told.evidence.region)
        try:
            answer = kms.verify(
                KeyId=told.evidence.key,
                Message=payload,
                MessageType="RAW",
                Signature=signature,
                SigningAlgorithm=ALGORITHM,
            )
        except kms.exceptions.KMSInvalidSignatureException:
            return False
        return bool(answer["SignatureValid"])

    def _client(self, service: str, region: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.session.client(service, region_name=region, config=_HASTE)
        return self._clients[service]

    def _asked(self, told: Migration, model: str | None, since: str | None) -> Asked:
        """What a raise needs: quality and objectives, shown where the workload stands now.

        Copies of all requests reach the platform before its first live one, so that can be shown at 0%.
        """
        return Asked(
            workload=told.workload,
            environment=told.environment,
            stage=told.stage,
            ceiling=told.ceiling,
            since=max((datetime.fromisoformat(at) for at in (told.since, since) if at), default=None),
            kinds=needs(self.spec, Stage.CANARY, Stage.CANARY),
            platform_model=model,
        )
