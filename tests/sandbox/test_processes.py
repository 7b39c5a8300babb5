"""Proves that children of a rehearsal are waited for, explained when they fail, and never outlive it.

Real processes, but small ones: what a whole world leaves behind is in ``test_world.py``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sandbox.processes import Command, ProcessError, Supervisor, first_line

SLEEP = ["/bin/sleep", "600"]


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether it comes true in time."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def test_child_that_ends_early_is_explained_by_its_last_lines(tmp_path: Path) -> None:
    command = Command("broken", ["/bin/sh", "-c", "echo no such flag >&2; exit 3"], ready=lambda: False)
    with Supervisor(tmp_path) as supervisor, pytest.raises(ProcessError) as caught:
        supervisor.start(command)
    assert "broken ended with code 3" in str(caught.value)
    assert "no such flag" in str(caught.value)
    assert str(tmp_path / "logs" / "broken.log") in str(caught.value)


def test_child_that_is_never_ready_is_explained_and_ended(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        with pytest.raises(ProcessError, match="slow was not ready within 0 s"):
            supervisor.start(Command("slow", SLEEP, ready=lambda: False, timeout_s=0.2))
        pid = supervisor.children[0].pid
    assert not psutil.pid_exists(pid)


def test_program_that_does_not_exist_is_an_error_not_a_hang(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor, pytest.raises(ProcessError, match="ended with code"):
        supervisor.start(Command("absent", ["/no/such/program"], ready=lambda: False))


def test_child_that_ends_by_itself_later_is_noticed(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        child = supervisor.start(Command("brief", ["/bin/true"]))
        assert eventually(lambda: not child.running)
        with pytest.raises(ProcessError, match="brief ended by itself with code 0"):
            supervisor.check()


def test_children_end_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Supervisor(tmp_path) as supervisor:  # noqa: PT012 - the block is the subject
        pids = [supervisor.start(Command(f"child{number}", SLEEP)).pid for number in range(3)]
        raise RuntimeError
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo up; while :; do sleep 1; done"
    out = tmp_path / "logs" / "stubborn.out"
    command = Command(
        "stubborn",
        ["/bin/sh", "-c", stubborn],
        ready=lambda: first_line(out) == "up",
        grace_s=0.3,
        own_output=True,
    )
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start(command).pid
    assert not psutil.pid_exists(pid)


def test_child_survives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    """The parent-death signal follows the thread that forked; a helper that ends must not kill anybody."""
    with Supervisor(tmp_path) as supervisor:
        helper = threading.Thread(target=supervisor.start, args=(Command("kept", SLEEP),))
        helper.start()
        helper.join()
        time.sleep(0.2)
        assert supervisor.children[0].running


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from sandbox.processes import Command, Supervisor\n"
        "supervisor = Supervisor(Path(sys.argv[1]))\n"
        "print(supervisor.start(Command('child', ['/bin/sleep', '600'])).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")


def test_ctrl_c_of_the_terminal_does_not_reach_children_directly(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        child = supervisor.start(Command("apart", SLEEP))
        assert os.getpgid(child.pid) != os.getpgid(0)


def test_variables_are_added_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    out = tmp_path / "logs" / "env.out"
    command = Command(
        "env",
        ["/bin/sh", "-c", "env; sleep 600"],
        {"AWS_PROFILE": None, "FERRY_WORLD": "here"},
        ready=lambda: first_line(out) is not None,
        own_output=True,
    )
    with Supervisor(tmp_path) as supervisor:
        output = supervisor.start(command).output
    assert "FERRY_WORLD=here" in output
    assert "AWS_PROFILE" not in output


def test_first_line_waits_for_the_whole_line(tmp_path: Path) -> None:
    out = tmp_path / "port"
    assert first_line(out) is None
    out.write_text("40")
    assert first_line(out) is None
    out.write_text("4001\nmore")
    assert first_line(out) == "4001"
