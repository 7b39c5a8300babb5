"""Real Redis under load: TLS and AUTH as configured, and a primary killed without a word.

As many processes as the replication group has nodes, with the token that Secrets Manager holds. Four writers
go on all the time; a primary is killed; what they saw is judged: writes go on, and no acknowledged write is
lost beyond what Redis documents: replication is asynchronous, so what a primary acknowledged in its last
moment may die with it.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import redis
from redis.cluster import RedisCluster as ClusterClient

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.report.model import Check, Claim
from sandbox.processes import Supervisor
from sandbox.servers.redis import NODE_TIMEOUT_MS, RedisCluster, program, shape_of

GOES_ON = Claim("redis.failover", "A6", "a primary of Redis is killed under load and writes go on")
KEPT = Claim(
    "redis.acknowledged", "A6", "no acknowledged write is lost but in the killed primary's last moment"
)
CLOSED = Claim("redis.closed", "A6", "Redis refuses who comes without its token, and who comes without TLS")

WRITERS = 4
WARM = 200
"""Acknowledged writes before the kill."""
AFTER = 50
"""Acknowledged writes in the killed primary's own slots, after which it is said that writes go on."""
BOUND_S = 60.0
"""How long that may take; a bound against hanging, not a claim."""
LAST_MOMENT_S = 1.0
"""A replica is sent every write at once; a second is generous on a machine that does other things too."""


@dataclass(frozen=True)
class Outcome:
    """What the writers saw.

    Attributes:
        acknowledged: writes that Redis said it has.
        errors: writes that failed, in the killed primary's slots and elsewhere.
        resumed_s: seconds from the kill to the first write in its slots; None if there was none.
        lost: acknowledged and not there afterwards: seconds from the acknowledgement to the kill, negative
            when it came after the kill.
    """

    acknowledged: int
    errors: int
    resumed_s: float | None
    lost: list[float] = field(default_factory=list)


def faults(outcome: Outcome) -> list[str]:
    """What an outcome must not have, one sentence each."""
    old = [age for age in outcome.lost if age > LAST_MOMENT_S]
    later = [age for age in outcome.lost if age < 0]
    found = [f"a write acknowledged {age:.2f} s before the kill is lost" for age in old]
    found += [f"a write acknowledged {-age:.2f} s after the kill is lost" for age in later]
    return found


def run(context: CheckContext, note: Note) -> list[Check]:
    """Start what the account's replication group is, and kill one of its primaries."""
    if context.settings.redis.mode != "elasticache":
        note("Redis is one pod here, so there is no cluster to kill a primary of")
        return []
    server = program()
    if server is None:
        return [
            GOES_ON.failed("there is no redis-server 7 here: run scripts/redis, which says what it needs")
        ]
    groups = context.aws("elasticache").describe_replication_groups()["ReplicationGroups"]
    secret = context.outputs["redis"]["secret_arn"]
    password = context.aws("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    folder = context.spec.state / "redis"
    with Supervisor(context.spec.state, record="redis.json") as supervisor:
        cluster = RedisCluster(supervisor, folder, shape_of(groups[0]), password)
        note(f"{cluster.shape.nodes} processes of Redis")
        cluster.start(server)
        closed = open_doors(cluster)
        note("a primary is killed under load")
        outcome = kill_under_load(cluster)
    shutil.rmtree(folder, ignore_errors=True)
    return [CLOSED.none_of(closed), *claims(outcome)]


def claims(outcome: Outcome) -> list[Check]:
    """The figures, held to their bars."""
    seconds = "never" if outcome.resumed_s is None else f"{outcome.resumed_s:.2f} s"
    seen = [
        f"writes in the killed primary's slots went on after {seconds}, with a node timeout of "
        f"{NODE_TIMEOUT_MS / 1000:.0f} s",
        f"{outcome.acknowledged} writes acknowledged, {outcome.errors} failed and were seen to fail, "
        f"{len(outcome.lost)} lost in the primary's last moment",
    ]
    lost = faults(outcome)
    return [
        GOES_ON.equal(True, outcome.resumed_s is not None, "writes go on", seen),
        KEPT.equal(0, len(lost), "writes lost", lost or seen[1:]),
    ]


def open_doors(cluster: RedisCluster) -> list[str]:
    """Ways in that are not closed."""
    access, ways = cluster.access(), dict[str, dict[str, object]]()
    if cluster.shape.auth:
        ways["without its token"] = {key: value for key, value in access.items() if key != "password"}
    if cluster.shape.tls:
        ways["without TLS"] = {key: value for key, value in access.items() if not key.startswith("ssl")}
    return [f"Redis let somebody in {how}" for how, way in ways.items() if _lets_in(cluster, way)]


def _lets_in(cluster: RedisCluster, access: dict[str, object]) -> bool:
    try:
        with redis.Redis(host="127.0.0.1", port=next(iter(cluster.nodes)), **access) as client:  # type: ignore[arg-type] # options by name
            return bool(client.ping())
    except redis.RedisError:
        return False


def kill_under_load(cluster: RedisCluster) -> Outcome:
    """Writers at work, one primary killed, and what became of every acknowledged write."""
    victim = next(iter(cluster.nodes))
    load = _Load(cluster, cluster.tag_of(victim))
    with load.running():
        load.until(lambda: load.acknowledged >= WARM)
        cluster.kill(victim)
        killed = time.monotonic()
        load.until(lambda: load.since(killed) >= AFTER)
    first = load.first_since(killed)
    written = load.written()
    lost = [write.age_at(killed) for key, write in written.items() if load.reader.get(key) is None]
    load.reader.close()
    return Outcome(len(written), load.errors, None if first is None else first - killed, lost)


@dataclass(frozen=True)
class _Write:
    """When a write was begun and when it was acknowledged, on this process's clock."""

    begun: float
    acknowledged: float

    def age_at(self, moment: float) -> float:
        """Seconds since its acknowledgement; negative for one that was begun only afterwards."""
        return moment - self.begun if self.begun > moment else max(moment - self.acknowledged, 0.0)


class _Load:
    """Writers, each with a client of its own; half of what they write is the victim's."""

    def __init__(self, cluster: RedisCluster, tag: str) -> None:
        self._tag = tag
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._acks: dict[str, _Write] = {}
        self.errors = 0
        last = list(cluster.nodes)[-1]
        self._clients = [
            ClusterClient(host="127.0.0.1", port=last, **cluster.access()) for _ in range(WRITERS + 1)
        ]
        self.reader = self._clients[-1]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Write until the block ends."""
        threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _write(self, writer: int) -> None:
        client, number = self._clients[writer], 0
        while not self._stop.is_set():
            number += 1
            tag = self._tag if number % 2 else f"{writer}-{number}"
            key, begun = f"{{{tag}}}:{writer}:{number}", time.monotonic()
            try:
                client.set(key, number)
            except redis.RedisError:
                with self._lock:
                    self.errors += 1
                continue
            with self._lock:
                self._acks[key] = _Write(begun, time.monotonic())
        client.close()

    def until(self, true: Callable[[], bool]) -> None:
        """Wait, within the bound."""
        ends = time.monotonic() + BOUND_S
        while not true() and time.monotonic() < ends:
            time.sleep(0.01)

    @property
    def acknowledged(self) -> int:
        """How many so far."""
        return len(self._acks)

    def written(self) -> Mapping[str, _Write]:
        """Every acknowledged write by its key."""
        with self._lock:
            return dict(self._acks)

    def _mine_since(self, moment: float) -> list[float]:
        own, written = f"{{{self._tag}}}:", self.written().items()
        return [one.acknowledged for key, one in written if one.begun > moment and key.startswith(own)]

    def since(self, moment: float) -> int:
        """How many of the victim's were begun since, and acknowledged."""
        return len(self._mine_since(moment))

    def first_since(self, moment: float) -> float | None:
        """When the first of them was acknowledged."""
        return min(self._mine_since(moment), default=None)
