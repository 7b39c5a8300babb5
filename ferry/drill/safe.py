"""Rows about what the crossing itself stands on: each part that fails leaves the design's safe state."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ferry.drill.drill import RATE, SETTLES_S, Drill
from ferry.drill.estate import WORKLOAD
from ferry.drill.field import Field, until
from ferry.drill.figures import lost
from ferry.drill.programs import Answer, Load
from ferry.guard.decide import BLIND, LEASE
from ferry.rehearsal.show import Phase
from ferry.report.model import Check, Claim
from sandbox.processes import Child, Command
from workloads.patterns import migration
from workloads.state import Stage

WEIGHT = 25
_SOON_S = 60.0
_API = "kube-apiserver"


def states(drill: Drill, phase: Phase) -> list[Check]:
    """One after the other, each under load."""
    checks = []
    for name, act in ACTS.items():
        phase.note(name)
        checks += act(drill)
    return checks


@contextmanager
def under_load(drill: Drill) -> Iterator[list[Answer]]:
    """Callers ask meanwhile; what they were told is there afterwards."""
    answers: list[Answer] = []
    field = drill.field
    before = field.answered()
    load: Load = field.load("safe", f"--rate={RATE / 2}", "--at-once=64")
    until(lambda: field.answered() > before + RATE / 4)
    try:
        yield answers
    finally:
        answers += load.end()
        drill.note(answers, lost(answers))


def judged(name: str, said: str, wanted: str, seen: str, answers: list[Answer], *detail: str) -> list[Check]:
    """The state that was reached, and that callers did not notice."""
    gone = lost(answers)
    lines = [*detail, f"{gone} of {len(answers):,} requests lost meanwhile"]
    return [
        Claim(f"drill.safe.{name}", "C8", f"{said}: {wanted}").equal(wanted, seen, detail=lines),
        Claim(f"drill.safe.{name}.lost", "C8", f"{said}: requests lost").equal(0, gone, "requests"),
    ]


def crash(drill: Drill) -> list[Check]:
    """The guard dies; the watchdog lowers."""
    field = drill.field
    drill.stand(Stage.CANARY, 50, WEIGHT)
    field.start("watchdog")
    try:
        with under_load(drill) as answers:
            time.sleep(SETTLES_S)
            field.kill("guard")
            seconds = drill.lowered(_SOON_S)
            seen = state(field, drill.epoch)
    finally:
        field.stop("watchdog")
        field.start("guard")
    said = f"lowered {seconds:.1f} s after the kill"
    return judged("crash", "the guard crashes", "0%, not latched", seen, answers, said)


def api_down(drill: Drill) -> list[Check]:
    """The API server is gone, then the platform fails; when it is back, the guard takes the weight away."""
    field = drill.field
    drill.stand(Stage.CANARY, 50, WEIGHT)
    with under_load(drill) as answers:
        child = api_server(drill)
        child.process.send_signal(signal.SIGKILL)
        child.process.wait(10)
        drill.feel("errors")
        time.sleep(8.0)
        field.supervisor.launch(Command(_API, child.command.argv, child.command.environment))
        until(field.client.ready, _SOON_S)
        held = field.read()["weight"]
        seconds = drill.lowered(_SOON_S)
        seen = f"{held}% while it was down, then {state(field, drill.epoch)}"
    wanted = f"{WEIGHT}% while it was down, then 0%, latched"
    said = f"lowered {seconds:.1f} s after it was back; callers were answered by the old side meanwhile"
    return judged("api", "the API server goes down and the platform fails", wanted, seen, answers, said)


def api_server(drill: Drill) -> Child:
    """The one that runs now."""
    children = [*drill.world.children, *drill.field.supervisor.children]
    return next(item for item in reversed(children) if item.command.name == _API and item.running)


def deaf(drill: Drill) -> list[Check]:
    """No proxy answers any more: what cannot be seen is not healthy."""
    field = drill.field
    drill.stand(Stage.CANARY, 50, WEIGHT)
    with under_load(drill) as answers:
        field.relay.close()
        try:
            seconds = drill.lowered(_SOON_S)
        finally:
            field.listen()
        seen = state(field, drill.epoch)
    said = f"lowered after {seconds:.1f} s; {BLIND:.0f} s of blindness are borne"
    return judged("deaf", "metrics are gone", "0%, not latched", seen, answers, said)


def split(drill: Drill) -> list[Check]:
    """A guard stands still until another has its lease, then wakes and believes to be alone."""
    field = drill.field
    drill.stand(Stage.CANARY, 50, WEIGHT)
    first = field.running["guard"]
    mine, theirs = len(drill.changes()), 0
    field.start("second")
    try:
        with under_load(drill) as answers:
            first.process.send_signal(signal.SIGSTOP)
            until(lambda: holder(field) not in {None, "", _name(first)}, 3 * LEASE)
            drill.feel("errors")
            first.process.send_signal(signal.SIGCONT)
            before = field.overlay()
            drill.lowered(_SOON_S)
            time.sleep(SETTLES_S)
            late = field.stale_write(before)
            mine, theirs = len(drill.changes()) - mine, len(drill.changes("second"))
            seen = f"{state(field, drill.epoch)}, written {mine + theirs} time"
    finally:
        field.stop("second")
        drill.feel("well")
        until(lambda: holder(field) == _name(first), 3 * LEASE)
    said = f"the one that woke wrote {mine}, its successor {theirs}; a write on an older reading got {late}"
    acted, wanted = "a guard stands still, another takes over, the first wakes", "0%, latched, written 1 time"
    return judged("split", acted, wanted, seen, answers, said)


def half_applied(drill: Drill) -> list[Check]:
    """An update breaks off and leaves a policy that nobody can read; then somebody takes the route away."""
    field = drill.field
    now = drill.stand(Stage.CANARY, 50, WEIGHT)
    with under_load(drill) as answers:
        field.told_raw({migration.POLICY: migration.data(now)[migration.POLICY][:40]})
        time.sleep(BLIND + 3)
        held = field.read()["weight"]
        field.tell(now)
        time.sleep(SETTLES_S)
    lines = judged("half", "an update stops half-way", f"{WEIGHT}% as before", f"{held}% as before", answers)
    drill.stand(Stage.CANARY, 50, WEIGHT)
    field.remove_route()
    until(field.cluster.overlay, _SOON_S)
    said = "somebody deletes the guard's route"
    seen, wanted = state(field, drill.epoch), "0%, latched"
    return [*lines, Claim("drill.safe.route", "C8", f"{said}: {wanted}").equal(wanted, seen)]


def retired(drill: Drill) -> list[Check]:
    """The old system is gone and the model fails: the version before answers."""
    field = drill.field
    drill.stand(Stage.RETIRED, None, 100)
    field.kill("legacy", "sagemaker")
    time.sleep(SETTLES_S)
    with under_load(drill) as answers:
        drill.feel("errors")
        time.sleep(5.0)
        rolled = rollback(field)
        seen = f"{field.read()['weight']}%, rollback refused" if rolled.returncode == 1 else "rolled back"
    drill.feel("well")
    said = " ".join((rolled.stderr or rolled.stdout).split())[:400]
    wanted = "100%, rollback refused"
    return judged("retired", "the old system is retired and the model fails", wanted, seen, answers, said)


def rollback(field: Field) -> subprocess.CompletedProcess[str]:
    """`ferry rollback`, as an operator runs it."""
    own = ("-m", "ferry.guard", "rollback", WORKLOAD, "--json", "--kubeconfig", field.kubeconfig)
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *own], capture_output=True, text=True, check=False, timeout=60
    )


def state(field: Field, epoch: int) -> str:
    """Weight and latch in words; a latch of an earlier epoch holds nothing."""
    found = field.read()
    latched = found["latched"] is not None and found["latched"] >= epoch
    return f"{found['weight']}%, {'latched' if latched else 'not latched'}"


def holder(field: Field) -> str | None:
    """Who has the guard's lease."""
    lease = field.cluster.held().lease
    return lease.holder if lease else None


def _name(child: Child) -> str:
    """What a guard calls itself."""
    return f"{socket.gethostname()}-{child.pid}"


ACTS = {
    "the guard crashes": crash,
    "the API server goes down": api_down,
    "metrics are gone": deaf,
    "two guards": split,
    "an update stops half-way": half_applied,
    "the old system is retired": retired,
}
