"""Proves that a rehearsal's namespace separates, passes signals and exit codes, and dies as one.

Needs a machine that allows namespaces, as CI and most Linux machines do; the way without them is tested by
pretending.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sandbox import isolation
from sandbox.isolation import IsolationError, Verdict

OUTER = "import sys; from sandbox.isolation import run_isolated; sys.exit(run_isolated(sys.argv[1:]))"


def outer(*argv: str) -> subprocess.Popen[str]:
    """A process that runs a program isolated."""
    return subprocess.Popen([sys.executable, "-c", OUTER, *argv], stdout=subprocess.PIPE, text=True)


def python(program: str) -> subprocess.Popen[str]:
    """The same, for a Python program that says ``up`` first."""
    running = outer(sys.executable, "-c", f"print('up', flush=True)\n{program}")
    assert running.stdout
    assert running.stdout.readline() == "up\n"
    return running


def test_exit_code_is_the_programs() -> None:
    with outer("/bin/sh", "-c", "exit 7") as running:
        assert running.wait() == 7


def test_inside_there_is_loopback_and_nothing_else() -> None:
    program = (
        "import socket, sandbox.isolation as i\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()\n"
        "print(sorted(name for _, name in socket.if_nameindex()), i.is_isolated(), i.is_settled())"
    )
    with python(program) as running:
        assert running.communicate()[0].strip() == "['lo'] True True"


def test_two_programs_bind_the_same_port_at_once() -> None:
    bind = (
        "import socket, sys, time\n"
        "server = socket.create_server(('0.0.0.0', 8081))\n"
        "print('bound', flush=True); time.sleep(600)"
    )
    with python(bind) as one, python(bind) as other:
        assert one.stdout
        assert other.stdout
        assert [one.stdout.readline(), other.stdout.readline()] == ["bound\n", "bound\n"]
        one.terminate()
        other.terminate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_reaches_the_program_once(number: signal.Signals) -> None:
    program = (
        "import signal, sys, time\n"
        "seen = []\n"
        f"signal.signal({int(number)}, lambda *_: seen.append(1))\n"
        "print('listening', flush=True)\n"
        "ends = time.monotonic() + 1.5\n"
        "while time.monotonic() < ends: time.sleep(0.05)\n"
        "sys.exit(40 + len(seen))"
    )
    with python(program) as running:
        assert running.stdout
        running.stdout.readline()
        running.send_signal(number)
        assert running.wait() == 41


def test_sigkill_of_the_outer_process_leaves_nothing_behind() -> None:
    program = "import subprocess, time; subprocess.Popen(['/bin/sleep', '612.25']); time.sleep(600)"
    with python(program) as running:
        running.kill()
    ends = time.monotonic() + 10
    while _sleepers() and time.monotonic() < ends:
        time.sleep(0.05)
    assert _sleepers() == []


def test_without_namespaces_it_says_why_and_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(isolation, "probe", lambda: Verdict(allowed=False, reason="not permitted here"))
    monkeypatch.setattr(isolation, "LOCK", tmp_path / "lock")
    said: list[str] = []
    check = f"import os; assert os.environ['{isolation.VARIABLE}'] == '{isolation.SHARED}'"
    code = isolation.run_isolated([sys.executable, "-c", check], said.append)
    assert code == 0
    assert "not permitted here" in said[0]
    assert "sysctl" in said[0]


def test_without_namespaces_a_second_rehearsal_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    with isolation.machine_lock(place):
        second = isolation.machine_lock(place)
        with pytest.raises(IsolationError, match="Another rehearsal runs on this machine"):
            second.__enter__()
    with isolation.machine_lock(place):
        pass  # free again


def _sleepers() -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if "612.25" in (process.info["cmdline"] or [])
    ]
