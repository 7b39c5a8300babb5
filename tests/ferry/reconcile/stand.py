"""A stack of the small program, in some weather."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import pytest

from ferry.reconcile import state
from ferry.reconcile.live import Account
from ferry.reconcile.running import Report, reconcile
from sandbox.engine import Engine, EngineError
from sandbox.providers.aws import clients
from tests.ferry.reconcile.faults import Fault, Mode, Program, Verb, Weather, inventory
from tests.sandbox.providers.aws.bench import REGION

KINDS = (
    "keys",
    "aliases",
    "buckets",
    "queues",
    "secrets",
    "roles",
    "log groups",
    "networks",
    "subnets",
    "gateways",
    "route tables",
)
CLEAN = dict.fromkeys(KINDS, 1)
NOTHING = dict.fromkeys(KINDS, 0)


@dataclass
class Stand:
    """A stack, its program and the weather."""

    engine: Engine
    program: Program
    weather: Weather = field(default_factory=Weather)

    def suffers(self, mode: Mode, verb: Verb, at: int = 0) -> None:
        """An `up` or a destroy in that weather, which fails."""
        fault = self.weather.fault = Fault(mode, verb, at)
        destroy = functools.partial(self.engine.destroy, skip_preview=True)
        with pytest.raises(EngineError):
            (destroy if verb is Verb.DELETE else self.engine.up)()
        assert fault.hit
        self.weather.fault = None
        if mode is Mode.KILLED:
            self.engine.stack.cancel()

    def reconcile(self) -> Report:
        """What `ferry reconcile` does."""
        return reconcile(self.engine.stack, lambda: Account([REGION]))

    def put_token(self) -> None:
        """Data into what holds data."""
        bucket = self.engine.outputs()["bucket"]
        clients.client("s3", REGION).put_object(Bucket=bucket, Key="token", Body=b"data")

    def has_token(self) -> bool:
        """Whether the data are there."""
        bucket = self.engine.outputs()["bucket"]
        found = clients.client("s3", REGION).get_object(Bucket=bucket, Key="token")
        return bool(found["Body"].read() == b"data")

    def empty_store(self) -> None:
        """So that a destroy may take it."""
        store = {"Bucket": self.engine.outputs()["bucket"]}
        s3 = clients.client("s3", REGION)
        for version in s3.list_object_versions(**store)["Versions"]:
            s3.delete_object(**store, Key=version["Key"], VersionId=version["VersionId"])

    def is_whole(self) -> bool:
        """Everything is there once, nothing pends, and the program wants nothing else."""
        assert inventory() == CLEAN
        assert not state.pending(self.engine.export())
        return self.engine.preview().changed == 0
