"""The guard's hands do what was decided, nothing else (C6, C8): a store with versions for a cluster.

The real API server and real proxies are met in ``tests/crossing``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from ferry.guard.cluster import Held, Pod, slots_of
from ferry.guard.counting import Heard, Tries
from ferry.guard.decide import BLIND, DWELL, LEASE, Lease
from ferry.guard.loop import HOLDS_S, Guard
from ferry.guard.reporting import SILENCE_S, Report
from ferry.guard.safety import RollbackError, Watchdog, roll_back
from workloads.catalogue import CATALOGUE
from workloads.evidence import Finding, Verdict
from workloads.patterns import migration, routes
from workloads.patterns.migration import EvidencePlace, Migration, Names, Way
from workloads.patterns.routes import Read, Share
from workloads.slots import Slots, recalled
from workloads.stages import Recorded
from workloads.state import Slot, Stage

PASS = Finding(verdict=Verdict.PASS, why="")
PLACE = EvidencePlace(bucket="b", owner="123456789012", key="alias/k", region="us-east-1")


def told(stage: Stage = Stage.CANARY, ceiling: int | None = 25, epoch: int = 1) -> Migration:
    way = Way(hostname="ml.example.com", parent={"name": "ferry", "namespace": "gateway"})
    stood = Recorded(stage=stage, ceiling=ceiling, epoch=epoch)
    return migration.migration(CATALOGUE["churn"], stood, "dev", way, PLACE)


@dataclass
class Store:
    """Objects with versions, as the API server keeps them; `down` is an API server that does not answer."""

    policy: Migration
    names: Names = field(default_factory=lambda: Names("churn"))
    item: dict[str, Any] | None = None
    lease: Held = field(default_factory=lambda: Held(None, "", None))
    down: bool = False
    version: int = 0
    models: dict[Slot, str | None] = field(default_factory=lambda: dict.fromkeys(Slot))
    meddler: int = 0
    """So many writes are preceded by somebody else's."""

    def told(self) -> Migration:
        self._up()
        return self.policy

    def overlay(self) -> dict[str, Any] | None:
        self._up()
        return copy.deepcopy(self.item)

    def create(self, policy: Migration, *, latched: int | None) -> None:
        self._up()
        slots = Slots(Slot.BLUE, dict.fromkeys(Slot))
        self._keep(routes.overlay(policy, Share(0, slots), latched=latched, warming=True))

    def write(
        self,
        policy: Migration,
        read: Read,
        weight: int,
        latched: int | None,
        *,
        opens: bool = False,
        slots: Slots | None = None,
    ) -> None:
        self._up()
        if self.meddler:
            self.meddler -= 1
            self._keep(self.item or {})
        if read.version != str(self.version):
            raise ApiException(status=409)
        slots = slots or slots_of(policy, read)
        warming = read.warming and not opens
        self._keep(routes.overlay(policy, Share(weight, slots), latched=latched, warming=warming))

    def versions(self) -> dict[Slot, str | None]:
        self._up()
        return self.models

    def held(self) -> Held:
        self._up()
        return self.lease

    def claim(self, me: str, now: float, held: Held, stepped: float | None) -> None:
        self._up()
        if held.version != self.lease.version:
            raise ApiException(status=409)
        self.lease = Held(Lease(me, now + LEASE), str(int(held.version or 0) + 1), stepped)

    def pods(self, _: Mapping[str, str], __: str | None = None) -> list[Pod]:
        self._up()
        return [Pod("10.0.1.7", ready=True)]

    def _keep(self, body: dict[str, Any]) -> None:
        self.version += 1
        self.item = copy.deepcopy(body)
        self.item["metadata"]["resourceVersion"] = str(self.version)

    def _up(self) -> None:
        if self.down:
            raise ApiException(status=503)

    @property
    def seen(self) -> tuple[int, int | None]:
        """Weight and latch."""
        assert self.item is not None
        found = routes.read(self.names, self.item)
        return found.weight, found.latched


@dataclass
class World:
    """One guard, its store, and a clock that moves when told."""

    store: Store
    now: float = 1_000.0
    good: float = 0
    bad: float = 0
    deaf: bool = False
    knows: bool = True
    evidence: Finding = PASS
    asked: str | None = None
    guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self.guard = self.another("a")

    def another(self, me: str) -> Guard:
        report = Report("churn", clock=lambda: self.now)
        store: Any = self.store
        return Guard(me, store, self, self, report, clock=lambda: self.now)  # type: ignore[arg-type]

    def hear(self, *_: object) -> Heard:
        proxy = None if self.deaf else Tries(self.good + self.bad, self.bad, self.knows)
        return Heard({"proxy": proxy}, (), ())

    def finding(self, _: Migration, model: str | None = None, __: str | None = None) -> Finding:
        self.asked = model
        return self.evidence

    def live(self, seconds: float, *, bad: float = 0.0, guard: Guard | None = None) -> None:
        """So many seconds at twenty requests a second, a share of them bad."""
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            self.good, self.bad = self.good + 10 * (1 - bad), self.bad + 10 * bad
            (guard or self.guard).step()


@pytest.fixture
def watched() -> World:
    found = World(Store(told()))
    found.store.create(found.store.policy, latched=None)
    return found


def raised(watched: World, weight: int) -> None:
    read = routes.read(watched.store.names, watched.store.item or {})
    watched.store.write(watched.store.policy, read, weight, None)


def test_a_guard_makes_its_route_when_models_stand_and_not_before() -> None:
    """C6."""
    watched = World(Store(told(Stage.FRONTED, None)))
    watched.live(3)
    assert watched.store.item is None
    watched.store.policy = told(Stage.SHADOW, None)
    watched.live(1)
    assert watched.store.seen == (0, None)


def test_a_new_route_is_for_nobody_until_every_proxy_knows_it() -> None:
    """C6: callers stay with the base route meanwhile; a rollback in between changes nothing of that."""
    watched = World(Store(told(Stage.SHADOW, None)), knows=False)
    watched.live(5)
    assert routes.read(watched.store.names, watched.store.item or {}).warming
    roll_back(watched.store)  # type: ignore[arg-type] # stands for the cluster
    assert routes.read(watched.store.names, watched.store.item or {}).warming
    watched.knows = True
    watched.live(1)
    assert not routes.read(watched.store.names, watched.store.item or {}).warming


def test_a_route_that_somebody_deleted_comes_back_latched(watched: World) -> None:
    """C8: with the route its latch would be gone, and a rollback undone by a deletion."""
    watched.live(2)
    watched.store.item = None
    watched.live(1)
    assert watched.store.seen == (0, 1)
    watched.live(3 * DWELL)
    assert watched.store.seen == (0, 1)


def test_healthy_with_evidence_it_rises_to_the_ceiling(watched: World) -> None:
    """C6, C7."""
    watched.live(4 * DWELL)
    assert watched.store.seen == (25, None)


def test_without_evidence_it_stays(watched: World) -> None:
    """C7."""
    watched.evidence = Finding(verdict=Verdict.STALE, why="")
    watched.live(4 * DWELL)
    assert watched.store.seen == (0, None)


def test_errors_that_callers_never_saw_take_the_traffic_away_and_latch_in_one_write(watched: World) -> None:
    """C8."""
    raised(watched, 25)
    watched.live(30)
    before = watched.store.version
    watched.live(2, bad=1.0)
    assert (watched.store.seen, watched.store.version) == ((0, 1), before + 1)
    watched.live(3 * DWELL)
    assert watched.store.seen == (0, 1), "latched until a reviewed change raises the epoch"
    watched.store.policy = told(epoch=2)
    watched.live(2 * DWELL)
    assert watched.store.seen[0] > 0


def test_blind_it_goes_back_without_a_latch(watched: World) -> None:
    """C8: no data is not healthy, and no fault of the platform either."""
    raised(watched, 25)
    watched.live(5)
    watched.deaf = True
    watched.live(BLIND + 2)
    assert watched.store.seen == (0, None)


def test_of_two_guards_one_acts_and_the_other_takes_over_when_it_is_gone(watched: World) -> None:
    """C8: split brain; the second waits for the first one's lease, and its own report says that it lives."""
    raised(watched, 25)
    other = watched.another("b")
    for _ in range(60):
        watched.live(0.5)
        watched.live(0.5, guard=other)
    assert watched.store.lease.lease is not None
    assert (watched.store.lease.lease.holder, other.report.alive) == ("a", True)
    watched.live(LEASE + 3, guard=other)
    watched.live(2, bad=1.0, guard=other)
    assert watched.store.seen == (0, 1)


V1, V2 = "sha256:1", "sha256:2"


def within(watched: World) -> tuple[dict[Slot, int], Slots]:
    """Percent of each slot, and the guard's note."""
    read = routes.read(watched.store.names, watched.store.item or {})
    return dict(read.within), recalled(read.slots, watched.store.models, None)


@pytest.fixture
def served(watched: World) -> World:
    """The platform answers everything, from blue."""
    watched.store.policy = told(Stage.PLATFORM, None)
    watched.store.models = {Slot.BLUE: V1, Slot.GREEN: None}
    watched.live(2)
    raised(watched, 100)
    watched.live(2)
    return watched


def test_a_new_version_is_gated_then_takes_over_step_by_step_and_the_old_one_is_kept(served: World) -> None:
    """C6: Argo CD fills the idle slot, the guard moves the weight; evidence has to be about that version."""
    served.evidence = Finding(verdict=Verdict.NO_DATA, why="")
    served.store.models = {Slot.BLUE: V1, Slot.GREEN: V2}
    served.live(HOLDS_S + 2 * DWELL)
    share, slots = within(served)
    assert (share, slots.judged, served.asked) == ({Slot.BLUE: 100, Slot.GREEN: 0}, V2, V2)
    filters = (served.store.item or {})["spec"]["rules"][0]["filters"]
    assert "churn-green" in [item["requestMirror"]["backendRef"]["name"] for item in filters]
    served.evidence = PASS
    seen = []
    for seconds in (2, *[DWELL + 1] * 4):
        served.live(seconds)
        seen.append(within(served)[0][Slot.GREEN])
    assert seen == [1, 5, 25, 50, 100]
    slots = within(served)[1]
    assert (slots.active, slots.released, slots.judged) == (Slot.GREEN, False, None)
    assert served.store.seen == (100, None)


def test_the_old_version_is_released_on_evidence_since_the_new_one_answers_everything(served: World) -> None:
    """C6: and a version that has answered before is not new when it still lies there."""
    served.store.models = {Slot.BLUE: V1, Slot.GREEN: V2}
    while within(served)[1].active is Slot.BLUE:
        served.live(1)
    assert within(served)[1].released is False
    served.evidence = Finding(verdict=Verdict.STALE, why="")
    served.live(2 * DWELL)
    assert within(served)[1].released is False
    served.evidence = PASS
    served.live(DWELL + 1)
    assert within(served)[1].released
    served.live(4 * DWELL)
    share, slots = within(served)
    assert (share, slots.judged) == ({Slot.BLUE: 0, Slot.GREEN: 100}, None)


def test_in_trouble_the_version_before_answers_again_also_where_the_old_system_sleeps(served: World) -> None:
    """C8: in one write, latched; the version that was taken back stays back after the epoch was raised."""
    served.store.models = {Slot.BLUE: V1, Slot.GREEN: V2}
    served.store.policy = told(Stage.RETIRED, None)
    served.live(HOLDS_S + 3 * (DWELL + 1))
    assert within(served)[0][Slot.GREEN] == 25
    before = served.store.version
    served.live(3, bad=0.5)
    assert (within(served)[0], served.store.version) == ({Slot.BLUE: 100, Slot.GREEN: 0}, before + 1)
    assert served.store.seen == (100, 1)
    served.store.policy = told(Stage.RETIRED, None, epoch=2)
    served.live(4 * DWELL)
    assert within(served)[0] == {Slot.BLUE: 100, Slot.GREEN: 0}


def test_a_pin_overrides_argo_cd_and_the_guard_and_a_restarted_guard_goes_on(served: World) -> None:
    """C6: who moves what stands in the route, not in the guard."""
    served.store.models = {Slot.BLUE: V1, Slot.GREEN: V2}
    served.live(HOLDS_S + 2 * (DWELL + 1))
    served.guard = served.another("a")
    served.live(HOLDS_S + DWELL + 1)
    assert within(served)[0][Slot.GREEN] == 25
    served.store.policy = served.store.policy.model_copy(update={"active": Slot.BLUE})
    served.live(3 * DWELL)
    assert within(served)[0] == {Slot.BLUE: 100, Slot.GREEN: 0}


def test_a_write_that_came_second_is_made_again_after_a_fresh_look(watched: World) -> None:
    """C8: a half-applied update cannot be written over."""
    raised(watched, 25)
    watched.live(5)
    watched.store.meddler = 2
    watched.live(4, bad=1.0)
    assert watched.store.seen == (0, 1)


def test_while_the_api_server_is_down_it_does_not_say_that_it_lives(watched: World) -> None:
    """C8: the watchdog and the kubelet would else believe a guard that can do nothing."""
    watched.live(5)
    watched.store.down = True
    watched.live(SILENCE_S + 1)
    assert not watched.guard.report.alive
    watched.store.down = False
    watched.live(2)
    assert watched.guard.report.alive


# Without a guard


def test_rollback_needs_no_guard_and_is_latched(watched: World) -> None:
    """C8."""
    raised(watched, 25)
    rolled = roll_back(watched.store)  # type: ignore[arg-type]
    assert (rolled.before, rolled.after, watched.store.seen) == (25, 0, (0, 1))
    watched.live(3 * DWELL)
    assert watched.store.seen == (0, 1), "a guard that comes back respects it"


def test_rollback_gets_through_against_somebody_who_writes_too(watched: World) -> None:
    """C8."""
    raised(watched, 25)
    watched.store.meddler = 4
    assert roll_back(watched.store).after == 0  # type: ignore[arg-type]
    raised(watched, 25)
    watched.store.meddler = 99
    with pytest.raises(RollbackError, match=r"so it was not rolled back\. Find who writes it"):
        roll_back(watched.store)  # type: ignore[arg-type]


def test_rollback_never_sends_callers_to_an_old_system_that_sleeps() -> None:
    """C8, C12."""
    store: Any = Store(told(Stage.STANDBY, None))
    store.create(store.policy, latched=None)
    with pytest.raises(RollbackError, match=r"not awake, so its traffic stays on the platform\. Set"):
        roll_back(store)
    assert store.seen == (100, None)


def test_watchdog_lowers_the_weight_of_a_guard_that_fell_silent_and_only_then(watched: World) -> None:
    """C8: silence of the guard says nothing about the platform, so nothing is latched."""
    raised(watched, 25)
    store: Any = watched.store
    dog = Watchdog(store, clock=lambda: watched.now)
    for _ in range(30):
        watched.live(1)
        assert dog.step() is None
    watched.now += SILENCE_S - 1
    assert dog.step() is None
    watched.now += 2
    assert dog.step() is not None
    assert watched.store.seen == (0, None)
    assert dog.step() is None, "there is nothing left to lower"


def test_watchdog_does_not_believe_a_guard_that_renews_its_lease_and_makes_no_whole_step(
    watched: World,
) -> None:
    """C8: a lease that is renewed says that a thread runs, not that anything is looked at."""
    raised(watched, 25)
    store: Any = watched.store
    dog = Watchdog(store, clock=lambda: watched.now)
    watched.live(3)
    dog.step()
    for _ in range(int(SILENCE_S) + 2):
        watched.now += 1
        watched.store.claim("a", watched.now, watched.store.lease, watched.store.lease.stepped)
        dog.step()
    assert watched.store.seen == (0, None)
