"""Carrying out what was decided, against a store with conditional writes. Thin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError

from ferry.batch.compare import Rows, compare
from ferry.batch.decide import Action, Claim, Done, Look, Plan, Pointer, Produce, Publish, decide
from workloads.evidence import digest_of
from workloads.traffic import Side


class LostError(Exception):
    """A conditional write came second; nothing was written."""


class Store(Protocol):
    """Objects with conditional writes, as S3 has them."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Content and ETag; None if it is not there."""
        ...

    def write(self, key: str, content: bytes, tag: str | None) -> None:
        """Write if the object is as the ETag says, or not there at all (``tag`` None).

        Raises:
            LostError: it is not.
        """
        ...


@dataclass(frozen=True)
class S3:
    """One bucket."""

    client: Any
    bucket: str

    def read(self, key: str) -> tuple[bytes, str] | None:
        """See :class:`Store`."""
        try:
            found = self.client.get_object(Bucket=self.bucket, Key=key)
        except self.client.exceptions.NoSuchKey:
            return None
        return found["Body"].read(), found["ETag"]

    def write(self, key: str, content: bytes, tag: str | None) -> None:
        """See :class:`Store`."""
        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        try:
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise LostError(key) from None
            raise


@dataclass(frozen=True)
class Job:
    """One run of one side for one logical date.

    Attributes:
        run: unlike any other run's; a retry of the same run keeps it.
        produce: does the work; called only where no output of this side is there.
        tolerance: share of keys that may differ.
    """

    workload: str
    logical: datetime
    side: Side
    run: str
    plan: Plan
    produce: Callable[[], Rows]
    tolerance: float

    @property
    def pointer_key(self) -> str:
        """Where readers look."""
        return f"published/{self.workload}/{self.logical:%Y-%m-%dT%H%M}.json"

    def output_key(self, side: Side) -> str:
        """Where a side's output lies."""
        return f"outputs/{self.workload}/{self.logical:%Y-%m-%dT%H%M}/{side}.json"


def steps(job: Job, store: Store, clock: Callable[[], datetime]) -> Iterator[Action]:
    """Carry a run on, one action at a time, until nothing is left to do.

    Each action is given after it was carried out, so that a caller may sleep through a ``Wait``; one that
    stops asking leaves the store as a crash at that place would.
    """
    while True:
        now = clock()
        action = decide(job.side, job.run, look(job, store), job.plan, now)
        try:
            _carry_out(action, job, store, now)
        except LostError:
            continue  # somebody was first: look again
        yield action
        if isinstance(action, Done):
            return


def look(job: Job, store: Store) -> Look:
    """What lies in the store about the job's logical date."""
    rows = {side: _rows(store, job.output_key(side)) for side in (Side.LEGACY, Side.PLATFORM)}
    there = {side: item for side, item in rows.items() if item is not None}
    outputs = {side: digest_of(_content(item)) for side, item in there.items()}
    agree = None
    if len(there) > 1:
        agree = compare(there[Side.LEGACY], there[Side.PLATFORM]).within(job.tolerance)
    return Look(_pointer(store, job.pointer_key), outputs, agree)


def _carry_out(action: Action, job: Job, store: Store, now: datetime) -> None:
    match action:
        case Produce():
            store.write(job.output_key(job.side), _content(job.produce()), None)
        case Claim(tag):
            store.write(job.pointer_key, _json({"run": job.run, "at": now.isoformat()}), tag)
        case Publish(side, output, tag, reason):
            data = {"run": job.run, "at": now.isoformat(), "side": side, "reason": reason}
            place = {"output": job.output_key(side), "digest": output}
            store.write(job.pointer_key, _json({**data, **place}), tag)


def _rows(store: Store, key: str) -> Rows | None:
    found = store.read(key)
    if found is None:
        return None
    rows: Rows = json.loads(found[0])
    return rows


def _pointer(store: Store, key: str) -> Pointer | None:
    found = store.read(key)
    if found is None:
        return None
    data = json.loads(found[0])
    side = Side(data["side"]) if "side" in data else None
    return Pointer(data["run"], datetime.fromisoformat(data["at"]), found[1], side)


def _content(rows: Rows) -> bytes:
    return _json(dict(rows))


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
