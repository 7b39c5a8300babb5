"""Each logical date is published exactly once or not at all, whoever crashes, wherever, however often (C9).

Runs of both sides, twice each, are carried on one action at a time in any order, and any of them stops for
good after any action; the pointer's whole history is kept. Proven against a store in memory with S3's
conditional writes, and against the emulated S3, whose answers to conditions a test compares with it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ferry.batch.compare import compare
from ferry.batch.decide import CLAIM, Action, Done, Plan, Wait, plan
from ferry.batch.publish import S3, Job, LostError, Store, steps
from workloads.stages import Recorded
from workloads.state import Stage
from workloads.traffic import Side

DATE = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)
DEADLINE = timedelta(hours=2)
LEGACY, PLATFORM = Side.LEGACY, Side.PLATFORM


class Memory:
    """A store in memory; keeps every state that an object ever had."""

    def __init__(self) -> None:
        self.history: dict[str, list[bytes]] = {}

    def read(self, key: str) -> tuple[bytes, str] | None:
        versions = self.history.get(key)
        return (versions[-1], str(len(versions))) if versions else None

    def write(self, key: str, content: bytes, tag: str | None) -> None:
        found = self.read(key)
        if (found[1] if found else None) != tag:
            raise LostError(key)
        self.history.setdefault(key, []).append(content)


class Remembering:
    """The emulated S3, with every pointer that was ever written."""

    def __init__(self, inner: S3) -> None:
        self.inner = inner
        self.history: dict[str, list[bytes]] = {}

    def read(self, key: str) -> tuple[bytes, str] | None:
        return self.inner.read(key)

    def write(self, key: str, content: bytes, tag: str | None) -> None:
        self.inner.write(key, content, tag)
        self.history.setdefault(key, []).append(content)


class Clock:
    def __init__(self) -> None:
        self.now = DATE

    def __call__(self) -> datetime:
        return self.now


WANTED = Plan(PLATFORM, compared=True, trusted=True, deadline=DATE + DEADLINE)


def job(side: Side, run: str, wanted: Plan = WANTED, value: float = 1.0) -> Job:
    return Job("churn", DATE, side, run, wanted, lambda: {"a": value, "b": 2.0}, 0.01)


def published(store: Memory | Remembering) -> list[str]:
    """Sides that were ever published, in order."""
    versions = store.history.get(job(LEGACY, "").pointer_key, [])
    return [data["side"] for data in map(json.loads, versions) if "side" in data]


RUNS = [(LEGACY, "l1"), (LEGACY, "l2"), (PLATFORM, "p1"), (PLATFORM, "p2")]
orders = st.lists(st.sampled_from([run for _, run in RUNS]), max_size=40)
crashes = st.fixed_dictionaries({run: st.none() | st.integers(0, 5) for _, run in RUNS})
plans = st.sampled_from(
    [plan(Recorded(stage=stage, ceiling=50), DATE, DEADLINE) for stage in Stage if stage is not Stage.LEGACY]
)


def story(store: Store, order: list[str], stops: dict[str, int | None], wanted: Plan, differ: bool) -> None:
    """Carry the runs on in this order; each stops for good after so many actions."""
    clock = Clock()
    running: dict[str, Iterator[Action]] = {
        run: steps(job(side, run, wanted, 1.5 if differ and side is PLATFORM else 1.0), store, clock)
        for side, run in RUNS
    }
    made = dict.fromkeys(running, 0)
    for run in order:
        clock.now += timedelta(seconds=40)
        stop = stops[run]
        if stop is not None and made[run] >= stop:
            continue
        action = next(running[run], None)
        made[run] += 1
        if isinstance(action, Wait) and action.until < DATE + DEADLINE + CLAIM * 4:
            clock.now = max(clock.now, action.until)


def survivor(store: Store, wanted: Plan) -> None:
    """A retry of both sides, an hour after everything else has ended."""
    clock = Clock()
    clock.now = DATE + DEADLINE + timedelta(hours=9)
    for side, run in ((LEGACY, "l9"), (PLATFORM, "p9"), (LEGACY, "l10")):
        for action in itertools.islice(steps(job(side, run, wanted), store, clock), 12):
            if isinstance(action, Wait):
                clock.now = max(clock.now, action.until)


def check(
    store: Memory | Remembering, order: list[str], stops: dict[str, int | None], wanted: Plan, *, differ: bool
) -> None:
    story(store, order, stops, wanted, differ)
    assert len(published(store)) <= 1, "once or not at all"
    first = published(store)
    survivor(store, wanted)
    assert len(published(store)) == 1, "a retry brings it to an end"
    assert published(store)[: len(first)] == first, "and changes nothing that readers got"
    if differ and first and wanted.compared:
        assert first == [LEGACY], "outputs that differ are the old system's"


@examples(max_examples=300, deadline=None, derandomize=True)
@given(orders, crashes, plans, st.booleans())
def test_each_date_is_published_once_whoever_crashes(
    order: list[str], stops: dict[str, int | None], wanted: Plan, differ: bool
) -> None:
    """C9: crash at every step, on both sides, twice at once."""
    check(Memory(), order, stops, wanted, differ=differ)


def test_each_date_is_published_once_on_the_emulated_s3(session: boto3.Session) -> None:
    """C9: with S3's own ``If-None-Match`` and ``If-Match``; a crash of the first run after each action."""
    client = session.client("s3")
    order = ["p1", "l1", "p2", "l2"] * 6
    for number, stop in enumerate((0, 1, 2, 3)):
        bucket = f"batch-{number}"
        client.create_bucket(Bucket=bucket)
        stops: dict[str, int | None] = {"p1": stop, "l1": stop, "p2": None, "l2": stop}
        check(Remembering(S3(client, bucket)), order, stops, WANTED, differ=False)


def test_memory_refuses_what_s3_refuses(session: boto3.Session) -> None:
    """The stand-in and the emulated S3 answer the same to every condition."""
    client = session.client("s3")
    client.create_bucket(Bucket="same")
    stores: list[Store] = [Memory(), S3(client, "same")]
    for store in stores:
        assert store.read("k") is None
        store.write("k", b"1", None)
        with pytest.raises(LostError):
            store.write("k", b"2", None)
        found = store.read("k")
        assert found is not None
        store.write("k", b"3", found[1])
        with pytest.raises(LostError):
            store.write("k", b"4", found[1])
        assert (store.read("k") or (b"", ""))[0] == b"3"


@pytest.mark.parametrize(
    ("there", "late", "stage", "readers_get"),
    [
        ([LEGACY, PLATFORM], False, Stage.SHADOW, [LEGACY]),
        ([LEGACY, PLATFORM], False, Stage.PLATFORM, [PLATFORM]),
        ([PLATFORM], False, Stage.PLATFORM, []),
        ([PLATFORM], True, Stage.PLATFORM, [PLATFORM]),
        ([LEGACY], True, Stage.PLATFORM, [LEGACY]),
        ([LEGACY], False, Stage.PLATFORM, []),
        ([PLATFORM], True, Stage.SHADOW, []),
        ([PLATFORM], False, Stage.RETIRED, [PLATFORM]),
    ],
    ids=str,
)
def test_who_is_published_follows_stage_and_deadline(
    there: list[Side], late: bool, stage: Stage, readers_get: list[Side]
) -> None:
    """C9: dual run, compare, and the old output at the deadline."""
    store, clock = Memory(), Clock()
    clock.now = DATE + (DEADLINE if late else timedelta(minutes=30))
    wanted = plan(Recorded(stage=stage), DATE, DEADLINE)
    for _ in range(2):
        for side in there:
            for action in steps(job(side, str(side), wanted), store, clock):
                if isinstance(action, Wait | Done):
                    break
    assert published(store) == readers_get


def test_a_missing_row_is_a_difference() -> None:
    """C9, C13: an output that lost rows does not agree, however equal the rest."""
    old = {str(number): 1.0 for number in range(1_000)}
    new = dict(itertools.islice(old.items(), 999))
    assert not compare(old, new).within(0.01)
    assert compare(old, {**old, "0": 2.0}).within(0.01)
    assert not compare({}, {}).within(0.01)
