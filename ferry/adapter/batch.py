"""The third side: an old job that leaves a file. There is nobody to ask, only output to be read.

What it gives are the rows that :mod:`ferry.batch` compares and publishes; their keys are the join. The
platform's own batch job leaves its output the same way.
"""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from cronsim import CronSim

from ferry.batch.compare import Rows
from ferry.batch.decide import Wait, plan
from ferry.batch.publish import Job, Store, steps
from workloads.patterns.migration import Migration
from workloads.stages import Recorded
from workloads.traffic import Side

LOOKS_AGAIN_S = 15.0
"""Seconds between two looks for the other side's output."""


class OutputError(Exception):
    """The old output is not there, or cannot be read; fact, consequence, way out."""


@dataclass(frozen=True)
class Folder:
    """A store below one prefix: all that a workload's batch account may touch."""

    store: Store
    prefix: str

    def read(self, key: str) -> tuple[bytes, str] | None:
        """See :class:`ferry.batch.publish.Store`."""
        return self.store.read(f"{self.prefix}{key}")

    def write(self, key: str, content: bytes, tag: str | None) -> None:
        """See :class:`ferry.batch.publish.Store`."""
        self.store.write(f"{self.prefix}{key}", content, tag)


def scheduled(cron: str, now: datetime) -> datetime:
    """The last time at which a schedule wanted work to begin: the logical date of a run by the clock."""
    return next(CronSim(cron, now + timedelta(seconds=1), reverse=True))


@dataclass(frozen=True)
class OldOutput:
    """Where an old job leaves its files.

    Attributes:
        client: of S3.
        pattern: key with the logical date in it, e.g. ``churn/{logical:%Y-%m-%d}.csv``.
    """

    client: Any
    bucket: str
    pattern: str

    def rows(self, logical: datetime) -> Rows:
        """The file of a logical date.

        Raises:
            OutputError: it is not there, or not readable.
        """
        key = self.pattern.format(logical=logical)
        try:
            content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise OutputError(
                f"s3://{self.bucket}/{key} could not be read ({error.response['Error']['Code']}), so nothing "
                f"of {logical:%Y-%m-%d %H:%M} is compared. Look whether the old job ran and where it writes."
            ) from None
        return rows_of(content, key)


def carry(
    told: Migration,
    side: Side,
    logical: datetime,
    output: OldOutput,
    store: Store,
    *,
    tolerance: float,
    again_s: float = LOOKS_AGAIN_S,
) -> None:
    """One side's run for a logical date, to its end; the same again changes nothing.

    Args:
        tolerance: share of keys that may differ.
        again_s: seconds between two looks for the other side's output.

    Raises:
        OutputError: there is no output, or nothing says until when it has to be there.
    """
    if told.slo.batch is None:
        raise OutputError(
            f"{told.workload} has no deadline for its files, so nothing is published. Set `slo.batch`."
        )
    stood = Recorded(stage=told.stage, ceiling=told.ceiling, epoch=told.epoch)
    wanted = plan(stood, logical, timedelta(minutes=told.slo.batch.deadline_minutes))
    run = f"{side}-{logical:%Y%m%dT%H%M}"  # a retry is the same run, and recognises its own claim
    job = Job(told.workload, logical, side, run, wanted, lambda: output.rows(logical), tolerance)
    for action in steps(job, store, lambda: datetime.now(UTC)):
        if isinstance(action, Wait):
            time.sleep(again_s)


def rows_of(content: bytes, name: str) -> Rows:
    """Rows of a file: CSV with the columns ``key`` and ``score``, or JSON lines with the same names.

    Raises:
        OutputError: a line is neither, or a key stands there twice.
    """
    text = content.decode("utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip()]
    found: dict[str, float] = {}
    for number, row in enumerate(_read(lines, text), 1):
        try:
            key, score = str(row["key"]), float(row["score"])
        except (KeyError, TypeError, ValueError):
            raise _unreadable(name, number, "has no key and score") from None
        if key in found:
            raise _unreadable(name, number, f"repeats the key {key}")
        found[key] = score
    return found


def _read(lines: list[str], text: str) -> list[dict[str, Any]]:
    if lines and lines[0].lstrip().startswith("{"):
        return [json.loads(line) if line.lstrip().startswith("{") else {} for line in lines]
    return list(csv.DictReader(io.StringIO(text)))


def _unreadable(name: str, number: int, what: str) -> OutputError:
    return OutputError(
        f"Row {number} of {name} {what}, so nothing of it is compared. A right file: a header `key,score` "
        'and a line for each key, or lines like {"key": "7f3a", "score": 0.91}.'
    )
