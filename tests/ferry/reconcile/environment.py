"""A whole environment in some weather: the program that `pulumi up` runs, the engine, the emulated account.

What is made in AWS is emulated for real, and so is the EKS component. Objects of Kubernetes are only noted
down: they are applied by name, so that a second try makes no second one, and there is nothing of them to
adopt. Their calls fail like the others.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ferry.bootstrap.policies import Place
from ferry.bootstrap.rehearsed import REPOSITORY, RehearsedBootstrap
from ferry.reconcile import state
from ferry.reconcile.command import regions
from ferry.reconcile.live import Account
from ferry.reconcile.running import reconcile
from ferry.rehearsal.driver import REVIEWED
from sandbox.engine import Engine, EngineError, EngineSpec
from sandbox.inventory import Things, aws_clients, aws_inventory, why_a_key_stays
from sandbox.providers.base import Checked, Diff, Props, Session, State
from sandbox.toolchain import Toolchain
from sandbox.toolchain.table import Tool
from stacks import program
from stacks.settings import Settings, load_file
from tests.ferry.reconcile.faults import Fault, FaultySession, Mode, Verb, Weather
from tests.infra.environments import source
from tests.sandbox.providers.aws.emulated import emulated
from tests.sandbox.providers.harness.attaching import attached, launched

PROJECT = Path(__file__).parents[3]
KEEPS = ("s3/bucket/", "rds/instance/", "elasticache/replication-group/", "ecr/repository/", "kms/key/",
         "secretsmanager/secret/", "logs/log-group/", "backup/vault/", "eks/cluster/")  # fmt: skip
"""What holds data, by its name in an inventory; the types of ``ferry.preview.stakes``."""
TOKEN = "token"  # noqa: S105 - the key of an object
NOTES = ("ml-platform", "ml-research")
"""Cost centres: changing from one to the other changes every resource that takes tags."""


class Noted(Session):
    """Kubernetes' provider in some weather: an object is what was asked for."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather

    def check(self, urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
        """As it is, but for long definitions: the engine writes the whole state at every step."""
        del urn, olds, seed
        return Checked({**news, "spec": {}} if type_.endswith(":CustomResourceDefinition") else news)

    def diff(self, *given: Any) -> Diff:
        """Every difference is an update: of the old inputs, fourth, and the new ones, last."""
        old, new = given[3], given[5]
        return Diff([key for key in old.keys() | new.keys() if old.get(key) != new.get(key)])

    def create(self, *given: Any) -> State:
        """Apply it: its URN, its inputs, and whether it is only looked at."""
        made = State(given[0].rsplit("::", 1)[-1], given[2])
        return made if given[3] else self._weather.run(Verb.CREATE, lambda: made)

    def read(self, *given: Any) -> State | None:
        """As it was."""
        return State(given[2], given[4])

    def update(self, *given: Any) -> Props:
        """Apply it again; the sixth parameter is what is wanted, the seventh whether it is only looked at."""
        wanted: Props = given[5]
        return wanted if given[6] else self._weather.run(Verb.UPDATE, lambda: wanted)

    def delete(self, *_given: Any) -> None:
        """Remove it."""
        self._weather.run(Verb.DELETE, lambda: None)


@dataclass(frozen=True)
class Case:
    """One fault: a mode at one call of a verb."""

    verb: Verb
    mode: Mode
    at: int


@dataclass(frozen=True)
class Outcome:
    """What became of a case; ``wrong`` is empty where all is as in the clean environment."""

    case: Case
    adopted: int
    seconds: float
    wrong: tuple[str, ...] = ()


@dataclass
class Ground:
    """One environment over one emulated account.

    Attributes:
        calls: how many calls of each verb a clean run makes.
        clean: how many of each thing there are after a clean `up`.
        survived: what held data when the fault had passed, and has to be there at the end.
        tokens: buckets into which an object was put.
    """

    settings: Settings
    home: Path
    endpoint: str
    ports: dict[str, int]
    weather: Weather
    note: str = NOTES[0]
    calls: dict[Verb, int] = field(default_factory=dict)
    clean: Counter[str] = field(default_factory=Counter)
    survived: frozenset[str] = frozenset()
    tokens: set[str] = field(default_factory=set)
    _turn: int = 0
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The stack that is there now."""
        assert self._engine is not None
        return self._engine

    def fresh(self) -> None:
        """An empty account and a stack that has nothing yet."""
        from sandbox.aws.front import forget  # noqa: PLC0415 - moto reads its settings as it is imported

        forget()
        place = Place(str(self.settings.environment), self.settings.account, self.settings.region, REPOSITORY)
        RehearsedBootstrap(place, self.endpoint, self.home / "calls").bring()
        self._turn += 1
        spec = EngineSpec(
            project=PROJECT,
            environment=str(self.settings.environment),
            home=self.home / f"engine-{self._turn}",
            pulumi=Toolchain.locate().path(Tool.PULUMI),
            providers=self.ports,
            config={**REVIEWED, **self.settings.teardown_lines("a sweep of faults")},
            checkpoints=True,
        )
        self._engine = Engine(spec, functools.partial(program.run, source()))
        self.note = NOTES[0]

    def measure(self) -> None:
        """A clean `up`: what there is then, and how many calls each verb takes. It stays up."""
        self.fresh()
        counting = self.weather.fault = Fault(Mode.BEFORE, Verb.CREATE, at=-1)
        self.engine.up()
        self.weather.fault = None
        self.clean = self.counted()
        self.engine.configure("ferry:cost_center", NOTES[1])
        changes = self.engine.preview().changes
        self.engine.configure("ferry:cost_center", NOTES[0])
        updates = changes.get("update", 0)
        self.calls = {Verb.CREATE: counting.calls, Verb.UPDATE: updates, Verb.DELETE: counting.calls}

    def run(self, case: Case) -> Outcome:
        """One fault, a reconcile and an `up`; afterwards the environment stands as after a clean `up`."""
        began = time.monotonic()
        if case.verb is Verb.CREATE:
            self.fresh()
        else:
            self._put_tokens()
        try:
            wrong = self._suffer(case)
            report = reconcile(self.engine.stack, lambda: Account(regions(self.settings)))
            wrong += [f"doubtful: {sentence}" for sentence in report.doubtful]
            wrong += [f"taken for somebody else's: {urn}" for urn in report.foreign]
            self.engine.up()
            wrong += self._wrong()
            adopted = len(report.adopted)
        except Exception as error:
            # A case that ends otherwise than it should says so, and the sweep goes on with the next.
            wrong, adopted = [f"{type(error).__name__}: {str(error)[:600]}"], 0
        if wrong:
            self.fresh()
            self.engine.up()
        return Outcome(case, adopted, time.monotonic() - began, tuple(wrong))

    def _suffer(self, case: Case) -> list[str]:
        fault = self.weather.fault = Fault(case.mode, case.verb, case.at)
        destroy = functools.partial(self.engine.destroy, skip_preview=True)
        verbs: dict[Verb, Callable[[], object]] = {
            Verb.CREATE: self.engine.up,
            Verb.UPDATE: self._change,
            Verb.DELETE: destroy,
        }
        try:
            verbs[case.verb]()
        except EngineError:
            failed = True
        else:
            failed = False
        self.weather.fault = None
        if case.mode is Mode.KILLED:
            self.engine.stack.cancel()
        if case.verb is Verb.CREATE:
            self._put_tokens()
        self.survived = self._holding()
        return [] if failed and fault.hit else [f"the fault did not happen (hit: {fault.hit})"]

    def _change(self) -> None:
        """An `up` after a change that reaches every resource which takes tags."""
        self.note = NOTES[1 - NOTES.index(self.note)]
        self.engine.configure("ferry:cost_center", self.note)
        self.engine.up()

    def _wrong(self) -> list[str]:
        """Everything in which the environment differs from a clean one."""
        found = self.counted()
        wrong = [
            f"{kind}: {found[kind]} instead of {self.clean[kind]}"
            for kind in sorted(found.keys() | self.clean.keys())
            if found[kind] != self.clean[kind]
        ]
        if pending := state.pending(self.engine.export()):
            wrong.append(f"{len(pending)} operations pend")
        if changed := self.engine.preview().changed:
            wrong.append(f"a preview would change {changed} resources")
        if lost := sorted(self.survived - self._holding()):
            wrong.append(f"data lost: {', '.join(lost)}")
        wrong += [f"the token is gone from {bucket}" for bucket in self._without_token()]
        return wrong

    def _things(self) -> Things:
        """What stands in the account: without AWS's own, and without keys that are as good as gone."""
        stays = why_a_key_stays(self.endpoint)
        return frozenset(
            name for name in aws_inventory(self.endpoint, regions(self.settings)) if stays(name) is None
        )

    def counted(self) -> Counter[str]:
        """How many of each kind."""
        return Counter(map(_kind, self._things()))

    def _holding(self) -> frozenset[str]:
        return frozenset(name for name in self._things() if any(f"/{kind}" in name for kind in KEEPS))

    def _put_tokens(self) -> None:
        s3 = aws_clients(self.endpoint, self.settings.region)("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            with contextlib.suppress(ClientError):  # the audit's own store refuses everybody
                s3.put_object(Bucket=bucket["Name"], Key=TOKEN, Body=b"data")
                self.tokens.add(bucket["Name"])

    def _without_token(self) -> list[str]:
        """Buckets that had the token after the fault and have it no more."""
        s3 = aws_clients(self.endpoint, self.settings.region)("s3")
        stood = {name.rpartition("/")[2] for name in self.survived if "/s3/bucket/" in name}
        had = stood & self.tokens
        found = {name: s3.list_objects_v2(Bucket=name, Prefix=TOKEN) for name in sorted(had)}
        return [name for name, answer in found.items() if not answer.get("Contents")]


def _kind(name: str) -> str:
    """``us-east-1/ec2/vpc/vpc-1`` → ``us-east-1/ec2/vpc``."""
    return "/".join(name.split("/")[:3])


@contextlib.contextmanager
def ground(environment: str, home: Path) -> Iterator[Ground]:
    """An environment, ready to be broken."""
    settings = load_file(PROJECT / f"Pulumi.{environment}.yaml")
    weather = Weather()
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with emulated(home, settings.cluster_name, settings.region, settings.account) as endpoint:
        os.environ |= {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": settings.region}
        with (
            attached(lambda: FaultySession(weather)) as aws,
            attached(lambda: Noted(weather)) as kubernetes,
            launched("sandbox.providers.eks", os.environ, home / "eks.log") as eks,
        ):
            ports = {"aws": aws, "kubernetes": kubernetes, "eks": eks}
            yield Ground(settings, home, endpoint, ports, weather)
