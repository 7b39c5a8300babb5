"""``ferry drift``: one look, as the workload's CronJob takes it every hour. Thin."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from ferry.drift.judging import FEWEST, Drift, judge
from ferry.gates.rows import Prediction
from workloads.evidence import Verdict
from workloads.patterns.migration import MOUNT, POLICY, EvidencePlace, MigrationError, read

TOLD = Path(MOUNT) / POLICY
MOST = 20_000
"""Scores that a reference keeps."""


def drift(
    name: Annotated[str, typer.Argument(help="The workload, e.g. fraud-detection.")],
    policy: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="What Pulumi told its pods.")
    ] = Path(MOUNT) / POLICY,
    hours: Annotated[int, typer.Option(min=1, help="How far back `lately` reaches.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Compare what a workload's model says lately with what it said when it was accepted.

    The first scores of a model are its reference. Exit code 1 if it drifted; too few scores are no drift, and
    the report says that nothing is known.

    \b
      ferry drift fraud-detection --policy policy.json
    """
    try:
        place = read({POLICY: policy.read_text()}).evidence
        found = look(name, place, boto3.Session(region_name=place.region), hours, datetime.now(UTC))
    except (MigrationError, ValidationError, BotoCoreError, ClientError) as error:
        typer.echo(f"{name} could not be looked at ({error}), so nothing is known about its drift.", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        shift = "" if found.shift is None else f", shift {found.shift:.3f}"
        typer.echo(f"{name}: {found.verdict} ({found.recent} scores lately, {found.reference} before{shift})")
    if found.verdict is Verdict.FAIL:
        raise typer.Exit(1)


def look(name: str, place: EvidencePlace, session: Any, hours: int, now: datetime) -> Drift:
    """Read, judge, write what was found; a model's first look becomes its reference."""
    s3 = session.client("s3")
    rows = _rows(s3, place, f"predictions/{name}/platform/", now - timedelta(hours=hours))
    if not rows:
        found = judge("", [], [])
    else:
        model = max(rows, key=lambda item: item.at).model
        recent = [item.score for item in rows if item.model == model and item.score is not None]
        found = judge(model, _reference(s3, place, name, model, recent), recent)
    key = f"drift/{name}/{now:%Y-%m-%dT%H%M}.json"
    s3.put_object(Bucket=place.bucket, Key=key, Body=found.model_dump_json(), ContentType="application/json")
    return found


def _reference(s3: Any, place: EvidencePlace, name: str, model: str, recent: list[float]) -> list[float]:
    """The model's first scores; those of now, if there are none and they are enough."""
    key = f"drift/{name}/reference-{model.removeprefix('sha256:')[:16]}.json"
    try:
        answer = s3.get_object(Bucket=place.bucket, Key=key, ExpectedBucketOwner=place.owner)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "AccessDenied"}:  # denied: may not list
            raise
        if len(recent) < FEWEST:
            return []
        s3.put_object(Bucket=place.bucket, Key=key, Body=json.dumps(recent[:MOST]), IfNoneMatch="*")
        return recent[:MOST]
    kept: list[float] = json.loads(answer["Body"].read())
    return kept


def _rows(s3: Any, place: EvidencePlace, prefix: str, since: datetime) -> list[Prediction]:
    """Predictions since then; files that were last written before cannot hold any."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=place.bucket, Prefix=prefix, ExpectedBucketOwner=place.owner
    )
    keys = [
        item["Key"] for page in pages for item in page.get("Contents", []) if item["LastModified"] >= since
    ]
    lines = (
        line
        for key in keys
        for line in s3.get_object(Bucket=place.bucket, Key=key)["Body"].read().decode().splitlines()
        if line.strip()
    )
    rows = (Prediction.model_validate_json(line) for line in lines)
    return [item for item in rows if item.at >= since]
