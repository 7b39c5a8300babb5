"""Proves that a world is one directory and a set of processes, and that both end with it, however it ends.

Whole control planes are started and killed here; what they do while they live is in ``controlplane/``.
"""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.toolchain import Toolchain
from sandbox.world import World, WorldError, WorldSpec
from tests.worlds import decision

PROGRAM = """
import subprocess, sys, threading, time
from pathlib import Path
from sandbox.toolchain import Toolchain
from sandbox.world import World
from tests.worlds import decision

state, then = Path(sys.argv[1]), sys.argv[2]
with World(decision(Toolchain.locate(), state)) as world:
    if then != "engine":
        world.start_control_plane()
    print(*(child.pid for child in world.children), flush=True)
    if then == "engine":
        engine = subprocess.Popen(["/bin/sleep", "600"], stdout=subprocess.PIPE)
        threading.Thread(target=engine.stdout.read, daemon=True).start()
        print(engine.pid, flush=True)
        with engine:
            engine.wait()
    if then == "fail":
        raise RuntimeError("half-way")
    time.sleep(600)
"""

Start = Callable[[str], tuple[subprocess.Popen[str], list[psutil.Process], Path]]


@pytest.fixture
def start(toolchain: Toolchain, tmp_path: Path) -> Iterator[Start]:
    """Runs a control plane in a process of its own; gives that process, its children and its directory."""
    begun: list[subprocess.Popen[str]] = []
    assert not toolchain.missing()

    def run(then: str) -> tuple[subprocess.Popen[str], list[psutil.Process], Path]:
        state = tmp_path / f"dev-{len(begun)}"
        running = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(state), then],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(running)
        assert running.stdout
        pids = running.stdout.readline().split()
        return running, [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))], state

    yield run
    for running in begun:
        running.kill()
        running.communicate()


def spec(state: Path) -> WorldSpec:
    """Some world."""
    return WorldSpec(
        state=state,
        region="us-east-1",
        account="123456789012",
        cluster_name="ferry-dev",
        aws_endpoint="http://127.0.0.1:1",
        apiserver="https://127.0.0.1:2",
        ca_file=state / "ca.crt",
        admin_token="token",  # noqa: S106 - nobody's
        admin_kubeconfig=state / "admin",
        issuer="https://oidc.eks.us-east-1.amazonaws.com/id/00",
        tools={"etcd": Path("/bin/etcd")},
        crds=None,
        stages=(Path("/stages/one.yaml"),),
    )


def test_spec_survives_its_file(tmp_path: Path) -> None:
    file = spec(tmp_path).save()
    assert WorldSpec.from_environment({"FERRY_WORLD": str(file)}) == spec(tmp_path)


def test_file_with_the_admins_token_is_its_owners_alone(tmp_path: Path) -> None:
    assert stat.S_IMODE(spec(tmp_path).save().stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "FERRY_WORLD is not set"),
        ({"FERRY_WORLD": "/no/such/world.json"}, "that rehearsal is over"),
    ],
)
def test_process_without_a_world_is_told_how_to_get_one(environment: dict[str, str], message: str) -> None:
    with pytest.raises(WorldError, match=message) as caught:
        WorldSpec.from_environment(environment)
    assert "ferry rehearse" in str(caught.value)


def test_file_of_something_else_is_refused() -> None:
    with pytest.raises(WorldError, match="not a rehearsal's world"):
        WorldSpec.from_json('{"state": "/tmp"}')


def test_world_is_one_directory_that_goes_with_it(toolchain: Toolchain, tmp_path: Path) -> None:
    with World(decision(toolchain, tmp_path / "one")) as world:
        assert json.loads(world.spec.file.read_text())["cluster_name"] == "ferry-test"
        assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert list(tmp_path.iterdir()) == []


def test_kept_world_stays_and_is_not_taken_for_a_leftover(toolchain: Toolchain, tmp_path: Path) -> None:
    with World(decision(toolchain, tmp_path / "kept"), keep=True) as world:
        pass
    with World(decision(toolchain, tmp_path / "next")) as after:
        assert after.cleaned == []
    assert world.spec.file.exists()


@pytest.mark.controlplane
def test_processes_and_directory_end_with_an_error_half_way(start: Start) -> None:
    running, children, state = start("fail")
    _, errors = running.communicate(timeout=60)
    assert "RuntimeError: half-way" in errors
    assert gone(children)
    assert not state.exists()


@pytest.mark.controlplane
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, None), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_processes_and_directory_end_with_a_signal(
    start: Start, number: signal.Signals, code: int | None
) -> None:
    running, children, state = start("wait")
    assert len(children) == 5
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode != 0
    assert code in (None, running.returncode)
    assert gone(children)
    assert not state.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_not_held_up_by_the_engines_output(start: Start, number: signal.Signals) -> None:
    """Leaving waits for whoever reads the engine's output, and the engine may take ten minutes more."""
    running, _, state = start("engine")
    assert running.stdout
    engine = psutil.Process(int(running.stdout.readline()))
    running.send_signal(number)
    running.communicate(timeout=20)
    assert gone([engine])
    assert not state.exists()


@pytest.mark.controlplane
def test_processes_end_with_a_kill_and_the_next_world_removes_the_directory(
    start: Start, toolchain: Toolchain
) -> None:
    running, children, state = start("wait")
    assert len(children) == 5
    running.kill()
    running.communicate()
    assert gone(children)
    assert state.exists()
    with World(decision(toolchain, state.parent / "next")) as after:
        assert any(str(state) in sentence for sentence in after.cleaned)
    assert not state.exists()


@pytest.mark.controlplane
def test_two_worlds_run_at_once(start: Start) -> None:
    (one, first, _), (other, second, _) = start("wait"), start("wait")
    assert len(first) == len(second) == 5
    assert not {child.pid for child in first} & {child.pid for child in second}
    for running in (one, other):
        running.terminate()
        running.communicate(timeout=60)
    assert gone(first + second)


def gone(children: list[psutil.Process]) -> bool:
    """Whether all have ended within ten seconds."""
    assert children
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        if not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children):
            return True
        time.sleep(0.05)
    return False
