"""Features move into a real Redis, while others write (C13).

The old store is in memory: what a workload's own store is stands behind a seam. Redis is the real server in
cluster mode, as in production; only its size is smaller.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ferry.features.moving import DualWriter, NamesError, backfill, compare, report
from ferry.features.stores import RedisStore, Written, key_of
from ferry.gates import checks
from ferry.gates.checks import Compared
from sandbox.processes import Supervisor
from sandbox.servers.redis import RedisCluster, Shape, program
from workloads.catalogue import CATALOGUE
from workloads.evidence import Verdict
from workloads.features import FEATURE_GROUPS
from workloads.problems import backfill_order

GROUP = "card-transactions"
NAMES = FEATURE_GROUPS[GROUP].features
CARDS = 1_050


class Old:
    """The old store, in memory and with a lock, as a database would have."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Written] = {}
        self._lock = threading.Lock()

    def entities(self, group: str) -> Iterator[str]:
        with self._lock:
            found = [entity for held, entity in self.held if held == group]
        yield from found

    def read(self, group: str, entity: str) -> Written | None:
        with self._lock:
            return self.held.get((group, entity))

    def write(self, group: str, entity: str, written: Written) -> None:
        with self._lock:
            self.held[group, entity] = written


def values(seed: float) -> dict[str, Any]:
    """A value for each feature, as floats that do not end in binary."""
    return {name: seed / 3 + number for number, name in enumerate(NAMES)}


def filled() -> Old:
    old = Old()
    for card in range(CARDS):
        old.write(GROUP, str(card), Written(values(card), 1.0))
    return old


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real Redis."""
    server, state = program(), tmp_path_factory.mktemp("redis")
    assert server is not None, "run scripts/redis, which says what it needs"
    with Supervisor(state) as supervisor:
        made = RedisCluster(supervisor, state / "redis", Shape(1, 0, tls=False, auth=False), "")
        made.start(server)
        client = made.node(next(iter(made.nodes)))
        yield client
        client.close()


@pytest.fixture
def new(redis: Any) -> RedisStore:
    """The feature store, empty."""
    redis.flushall()
    return RedisStore(redis)


def found(old: Old, new: RedisStore) -> dict[str, Compared]:
    return compare(GROUP, old.entities(GROUP), old, new)


def verdict(compared: dict[str, Compared]) -> Verdict:
    """As the real gate judges the report that lies in the evidence store."""
    read = {name: Compared(**item) for name, item in json.loads(report(compared)).items()}
    (check,) = checks.features([GROUP], read)
    return check.verdict


def test_backfill_and_live_writes_end_equal_in_any_order(new: RedisStore) -> None:
    """C13: under load; a backfill that comes late overwrites nothing that is newer."""
    old, stop, written = filled(), threading.Event(), [0]
    writer = DualWriter(old, new)

    def live() -> None:
        while not stop.is_set():
            card = str(written[0] * 7 % CARDS)
            writer.write(GROUP, card, Written(values(-written[0]), 2.0 + written[0]))
            written[0] += 1

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    during = {}
    try:
        backfill(GROUP, old, new)
        during = found(old, new)
    finally:
        stop.set()
        thread.join()
    assert written[0] > 100
    assert verdict(during) is Verdict.PASS, "a write between its two stores is no difference"
    assert verdict(found(old, new)) is Verdict.PASS


def test_an_old_write_that_comes_late_changes_nothing(new: RedisStore) -> None:
    """C13."""
    assert new.write(GROUP, "1", Written(values(2), 2.0))
    assert not new.write(GROUP, "1", Written(values(1), 1.0))
    assert new.read(GROUP, "1") == Written(values(2), 2.0)


def test_every_damage_is_found_where_it_is_and_refused(new: RedisStore) -> None:
    """C13: an entity lost, one stale, one feature of one entity dropped, rounded, or of another kind."""
    old = filled()
    backfill(GROUP, old, new)
    dropped, rounded, text, *sound = NAMES
    new.client.delete(key_of(GROUP, "7"))
    old.write(GROUP, "8", Written(values(9), 9.0))
    new.client.hdel(key_of(GROUP, "10"), dropped)
    new.client.hset(key_of(GROUP, "11"), rounded, json.dumps(round(values(11)[rounded], 3)))
    new.client.hset(key_of(GROUP, "12"), text, json.dumps(str(values(12)[text])))
    compared = found(old, new)
    damaged = dict.fromkeys((dropped, rounded, text), 3) | dict.fromkeys(sound, 2)
    assert compared == {f"{GROUP}.{name}": Compared(CARDS, count) for name, count in damaged.items()}
    assert verdict(compared) is Verdict.FAIL


def test_a_renamed_feature_is_an_error_by_its_name(new: RedisStore) -> None:
    """C13: not a default, not a difference among others."""
    old = Old()
    old.write(GROUP, "7", Written(values(7), 1.0))
    backfill(GROUP, old, new)
    new.client.hset(key_of(GROUP, "7"), "amount_log10", "1.0")
    with pytest.raises(NamesError, match="nobody declared \\(amount_log10\\)"):
        found(old, new)
    with pytest.raises(NamesError, match="nothing more is written"):
        DualWriter(old, new).write(GROUP, "7", Written({"amount_log10": 1.0}, 3.0))
    assert old.read(GROUP, "7") == Written(values(7), 1.0)


def test_a_feature_that_nobody_has_is_no_equality(new: RedisStore) -> None:
    """C13: missing on both sides is missing."""
    old = Old()
    for card in range(3):
        bare = {name: value for name, value in values(card).items() if name != NAMES[0]}
        old.write(GROUP, str(card), Written(bare, 1.0))
    backfill(GROUP, old, new)
    assert found(old, new)[f"{GROUP}.{NAMES[0]}"] == Compared(3, 3)


def test_a_write_that_redis_did_not_take_is_made_again(
    new: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C13: callers go on, the comparison sees it, and it is repaired."""
    old = Old()
    old.write(GROUP, "7", Written(values(7), 1.0))
    backfill(GROUP, old, new)
    writer = DualWriter(old, new)

    def refuses(*_: object) -> bool:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(RedisStore, "write", refuses)
        writer.write(GROUP, "7", Written(values(70), 5.0))
    assert writer.missed == {(GROUP, "7")}
    assert found(old, new)[f"{GROUP}.{NAMES[0]}"] == Compared(1, 1)
    assert writer.repair() == 0
    assert found(old, new)[f"{GROUP}.{NAMES[0]}"] == Compared(1, 0)


def test_too_few_reads_are_not_enough(new: RedisStore) -> None:
    """C13, C7."""
    old = Old()
    old.write(GROUP, "7", Written(values(7), 1.0))
    backfill(GROUP, old, new)
    assert verdict(compare(GROUP, ["7"], old, new)) is Verdict.TOO_SMALL


def test_groups_are_backfilled_after_those_they_come_from() -> None:
    """C13."""
    order = backfill_order(CATALOGUE["fraud-detection"])
    assert order.index("card-transactions") < order.index("merchant-risk")
