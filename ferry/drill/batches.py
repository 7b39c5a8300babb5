"""A row about work without traffic: a cron pipeline and a notebook cross, date by date, and back."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import nbformat

from ferry.adapter.batch import Folder, OldOutput, carry
from ferry.batch.publish import S3
from ferry.drill.drill import Drill
from ferry.drill.estate import ACCOUNT, BUCKET, REGION
from ferry.rehearsal.show import Phase
from ferry.report.model import Check, Claim
from workloads.catalogue import CATALOGUE
from workloads.patterns import migration
from workloads.patterns.migration import EvidencePlace, Migration
from workloads.stages import Recorded
from workloads.state import Stage
from workloads.traffic import TABLE, Old, Side, publisher

CRON, NOTEBOOK = "inventory-forecasting", "marketing-campaigns"
WAY = (
    (Stage.SHADOW, None),
    (Stage.CANARY, 25),
    (Stage.CANARY, 50),
    (Stage.PLATFORM, None),
    (Stage.STANDBY, None),
    (Stage.RETIRED, None),
    (Stage.STANDBY, None),
    (Stage.PLATFORM, None),
    (Stage.CANARY, 5),
    (Stage.SHADOW, None),
)
"""There and back."""
TWICE = 2
"""Each side of each date runs so often at once, as a retry beside a slow first try does."""
_KEYS = 50
_AGAIN_S = 0.05
_OUTPUT = "old/{workload}/{side}/{logical}.csv"
_CELLS = (
    "rows = {f'customer-{n}': (n * 37 + logical.day) % 101 / 100 for n in range(50)}",
    "print('key,score')\nfor key, score in rows.items():\n    print(f'{key},{score}')",
)
"""A notebook as people write them: one cell computes, one prints."""


@dataclass(frozen=True)
class Published:
    """What became of one date.

    Attributes:
        side: whose output readers get; None if nobody's.
        writes: versions of the pointer that say so; more than one would be a second publication.
    """

    wanted: Side
    side: Side | None
    writes: int


def notebook() -> nbformat.NotebookNode:
    """The old notebook."""
    cells = [nbformat.v4.new_code_cell(text) for text in _CELLS]  # type: ignore[no-untyped-call] # nbformat has none
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call] # likewise
    return made


def run_notebook(book: nbformat.NotebookNode, logical: datetime) -> str:
    """Its cells in order, with the logical date given as a parameter; what they print."""
    printed, names = io.StringIO(), {"logical": logical}
    with redirect_stdout(printed):
        for cell in book.cells:
            exec(cell.source, names)  # noqa: S102 - the notebook is the one above
    return printed.getvalue()


def pipeline(logical: datetime) -> str:
    """What the old cron job leaves: a file with a header."""
    lines = [f"sku-{number},{(number * 13 + logical.day) % 97}" for number in range(_KEYS)]
    return "\n".join(["key,score", *lines])


def crossed(drill: Drill, phase: Phase) -> list[Check]:
    """Both, at every stage of the way, each date by both sides and each side twice at once."""
    s3 = drill.field.boto("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    book, checks = notebook(), []
    for name, produce in ((CRON, pipeline), (NOTEBOOK, lambda at: run_notebook(book, at))):
        dates = max(2, drill.runs // 4)
        found: list[Published] = []
        for place, (stage, ceiling) in enumerate(WAY):
            phase.note(f"{name}: {stage}")
            for number in range(dates):
                logical = at(place * dates + number)
                found.append(one(s3, told(name, stage, ceiling), logical, produce(logical)))
        checks += judged(name, found, differing(s3, name, produce))
    return checks


def at(number: int) -> datetime:
    """A logical date of its own for each number, late enough that no deadline has passed."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return now.replace(hour=0, minute=0) + timedelta(days=1, minutes=number)


def told(name: str, stage: Stage, ceiling: int | None) -> Migration:
    """What Pulumi says of it."""
    evidence = EvidencePlace(bucket=BUCKET, owner=ACCOUNT, key="alias/evidence", region=REGION)
    return migration.migration(CATALOGUE[name], Recorded(stage=stage, ceiling=ceiling), "dev", None, evidence)


def one(s3: Any, now: Migration, logical: datetime, text: str, platform: str | None = None) -> Published:
    """One date through both sides at once; what readers find then."""
    sides = [Side.PLATFORM]
    if TABLE[now.stage].old in (Old.LIVE, Old.HOT):
        sides.append(Side.LEGACY)
    for side in sides:
        body = platform if side is Side.PLATFORM and platform is not None else text
        s3.put_object(Bucket=BUCKET, Key=_key(now.workload, side, logical), Body=body.encode())
    store = Folder(S3(s3, BUCKET), f"batch/{now.workload}/")
    jobs = [side for side in sides for _ in range(TWICE)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        for future in [pool.submit(_carry, s3, now, side, logical, store) for side in jobs]:
            future.result()
    return read(s3, now, logical)


def _carry(s3: Any, now: Migration, side: Side, logical: datetime, store: Folder) -> None:
    output = OldOutput(s3, BUCKET, _key(now.workload, side, logical))
    carry(now, side, logical, output, store, tolerance=0.0, again_s=_AGAIN_S)


def read(s3: Any, now: Migration, logical: datetime) -> Published:
    """What the pointer says, and how often it was made to say so."""
    key = f"batch/{now.workload}/published/{now.workload}/{logical:%Y-%m-%dT%H%M}.json"
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=key).get("Versions", [])
    bodies = [
        json.loads(s3.get_object(Bucket=BUCKET, Key=key, VersionId=item["VersionId"])["Body"].read())
        for item in versions
    ]
    sides = [Side(body["side"]) for body in bodies if "side" in body]
    wanted = publisher(now.stage, now.ceiling, logical)
    return Published(wanted, sides[0] if sides else None, len(sides))


def differing(s3: Any, name: str, produce: Any) -> Published:
    """A date on which the platform says something else: readers get the old output."""
    logical = at(24 * 60 - 1)
    other = "key,score\n" + "\n".join(f"sku-{number},{number + 0.5}" for number in range(_KEYS))
    return one(s3, told(name, Stage.PLATFORM, None), logical, produce(logical), other)


def judged(name: str, found: Sequence[Published], differs: Published) -> list[Check]:
    """Once, by whom the stage says, and never what nobody compared."""
    wrong = sum(item.side is not item.wanted for item in found)
    twice = sum(item.writes > 1 for item in found)
    missing = sum(item.writes == 0 for item in found)
    by = {side: sum(item.side is side for item in found) for side in (Side.LEGACY, Side.PLATFORM)}
    kind = CATALOGUE[name].legacy.kind
    what = f"{name} ({kind})"
    detail = [
        f"{len(found)} dates over {len(WAY)} stages, both sides at once and each {TWICE} times: "
        f"{by[Side.LEGACY]} published by the old side, {by[Side.PLATFORM]} by the platform"
    ]
    said = f"{what}: dates published twice, not at all, or by the wrong side"
    unlike = f"{what}: outputs differ, so readers get the old one"
    return [
        Claim(f"drill.batch.{kind}", "C9", said).equal(0, wrong + twice + missing, "dates", detail),
        Claim(f"drill.batch.{kind}.differs", "C9", unlike).equal(str(Side.LEGACY), str(differs.side)),
    ]


def _key(workload: str, side: Side, logical: datetime) -> str:
    return _OUTPUT.format(workload=workload, side=side, logical=f"{logical:%Y-%m-%dT%H%M}")
