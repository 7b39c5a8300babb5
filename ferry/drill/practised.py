"""The guard with ten healthy minutes behind it whenever it is asked: ``SIGUSR1`` feeds its detectors.

``python -m ferry.drill.practised NAME KUBECONFIG PORT`` is :mod:`ferry.guard` in everything else. What it is
fed are the windows of :data:`MINUTES` at the drill's rate with every kind of badness at its healthy share,
through the same :func:`ferry.guard.decide.step`; nobody has to wait for them.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

import boto3
import numpy as np

from ferry.guard import detectors
from ferry.guard.cluster import Cluster, connect
from ferry.guard.decide import Lease, Memory, Policy, Route, Seen, Window, step
from ferry.guard.listening import Ears
from ferry.guard.loop import EVERY_S, Guard
from ferry.guard.proof import Aside, Proof
from ferry.guard.reporting import Report, say
from workloads.catalogue import CATALOGUE
from workloads.evidence import NOTHING
from workloads.patterns.migration import Names
from workloads.state import Stage

MINUTES = 10
RATE, SHARE = 200, 0.10
"""Requests a second, and the platform's share of them; it also gets a copy of each."""


def windows(seed: int, minutes: float = MINUTES) -> list[Window]:
    """Healthy windows, one for each step: requests of callers and copies, each bad as often as is normal."""
    rng, steps = np.random.default_rng(seed), int(minutes * 60 / EVERY_S)
    asked = rng.binomial(int(RATE * EVERY_S), SHARE, steps) + int(RATE * EVERY_S)
    compared = np.full(steps, int(RATE * EVERY_S * (1 - SHARE)))
    bad = {item.name: item.healthy for item in detectors.DETECTORS}
    errors = rng.binomial(asked, bad["errors"])
    slow = rng.binomial(asked, bad["latency"])
    different = rng.binomial(compared, bad["disagreement"])
    rows = zip(asked, errors, slow, compared, different, strict=True)
    return [Window(EVERY_S, *(int(item) for item in row)) for row in rows]


def practised(memory: Memory, weight: int, epoch: int, now: float, seed: int) -> Memory:
    """What a guard remembers after those minutes, which end now."""
    found, history = Memory(weight=memory.weight, epoch=memory.epoch), windows(seed)
    policy, route = Policy(Stage.CANARY, None, epoch), Route(weight, "1")
    for number, window in enumerate(history):
        at = now - (len(history) - number) * EVERY_S
        seen = Seen(Lease("drill", at + EVERY_S), route, policy, window, NOTHING, warm=True)
        found, _ = step("drill", found, seen, at)
    return found


class Practised(Guard):
    """A guard that can be given its history."""

    asked: threading.Event

    def step(self) -> None:
        """As every guard, after what it was asked to remember."""
        if self.asked.is_set():
            self.asked.clear()
            memory = self.memory
            place, now = (memory.weight or 0, memory.epoch or 1), self.clock()
            self.memory = practised(memory, *place, now, seed=int(now))
            say("practised", scores={name: float(score) for name, score in self.memory.scores.items()})
        super().step()


def main(name: str, kubeconfig: str, port: int) -> int:
    """Guard until SIGTERM."""
    names, report, over = Names(name), Report(name), threading.Event()
    report.serve("127.0.0.1", port)
    cluster = Cluster(connect(None, kubeconfig), names)
    proof = Aside(Proof(boto3.Session(), CATALOGUE[name]))
    guard = Practised(f"{socket.gethostname()}-{os.getpid()}", cluster, Ears(names), proof, report)
    guard.asked = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: guard.asked.set())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    guard.run(over)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
