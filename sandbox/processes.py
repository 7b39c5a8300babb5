"""Children of a rehearsal: started with a log each, waited for, and never left behind.

Three nets hold them. A normal end, an exception or Ctrl-C stops them in reverse order (SIGTERM, then
SIGKILL). If this process is killed outright, the kernel kills them (parent-death signal). Should one
survive even that, the next rehearsal finds it in the record and removes it (:mod:`sandbox.leftovers`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from sandbox.leftovers import RECORD, Recorded, Registry

Ready = Callable[[], bool]

# Runs between fork and exec, in the child, as a program of its own: a Python hook in the forked child could
# wait for a lock that another thread of this process held. It asks for SIGKILL when its parent dies, and
# then becomes the program; a parent that died in between is seen by its changed pid.
_SHIM = """
import ctypes, os, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, [])
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]): os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
_POLL_S = 0.05
_LAST_LINES = 25


class ProcessError(Exception):
    """A child did not start, was not ready in time or ended by itself; the message ends with its log."""


@dataclass(frozen=True)
class Command:
    """What to start.

    Attributes:
        name: unique in its world; names the log, ``<logs>/<name>.log``.
        argv: the program (absolute path) and its arguments.
        environment: variables on top of this process's own; None removes one.
        ready: asked every 50 ms until it says yes; None means ready as soon as it runs.
        timeout_s: how long it may take to become ready.
        grace_s: how long SIGTERM is given before SIGKILL.
        own_output: keep standard output apart, in ``<logs>/<name>.out``.
    """

    name: str
    argv: Sequence[str | Path]
    environment: Mapping[str, str | None] = field(default_factory=dict)
    ready: Ready | None = None
    timeout_s: float = 60.0
    grace_s: float = 5.0
    own_output: bool = False


@dataclass(frozen=True)
class Child:
    """A started process."""

    command: Command
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Process id, as this process sees it."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    @property
    def output(self) -> str:
        """Standard output so far, where the command keeps it apart."""
        path = self.log.with_suffix(".out")
        return path.read_text(errors="replace") if path.exists() else ""

    def last_lines(self) -> str:
        """The end of its log, indented for an error message."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join(f"    {line[:400]}" for line in lines) or "    (it wrote nothing)"

    def failure(self, what: str) -> ProcessError:
        """An error that says what happened and shows the end of the log."""
        return ProcessError(
            f"{self.command.name} {what}, so the rehearsal cannot go on. "
            f"Its log, {self.log}, ends:\n{self.last_lines()}"
        )


class Supervisor:
    """Starts, watches and stops the children of one process; a context manager.

    Args:
        state: directory of the rehearsal: logs go to ``<state>/logs``, the record of what runs beside them.
        record: name of that record; a process that supervises for another one in the same directory has its
            own.
    """

    def __init__(self, state: Path, record: str = RECORD) -> None:
        self._logs = state / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._registry = Registry(state / record)
        self._children: list[Child] = []
        # The kernel ties the parent-death signal to the *thread* that forked: this one lives as long as we
        # do.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def children(self) -> list[Child]:
        """Everything started and not yet stopped, in order of start."""
        return list(self._children)

    def start(self, command: Command) -> Child:
        """Start it and wait until it is ready; safe to call from several threads.

        Raises:
            ProcessError: it could not be started, ended, or was not ready in time.
        """
        child = self.launch(command)
        self.wait_ready(child)
        return child

    def launch(self, command: Command) -> Child:
        """Start it and don't wait.

        Raises:
            ProcessError: there is no such program.
        """
        return self._spawner.submit(self._spawn, command).result()

    def wait_ready(self, child: Child) -> None:
        """Wait until a launched child is ready.

        Raises:
            ProcessError: it ended, or was not ready in time.
        """
        command, began = child.command, time.monotonic()
        while command.ready is not None:
            waited = time.monotonic() - began
            if not child.running:
                raise child.failure(f"ended with code {child.process.returncode} before it was ready")
            if command.ready():
                return
            if waited > command.timeout_s:
                raise child.failure(f"was not ready within {command.timeout_s:.0f} s")
            time.sleep(_POLL_S)

    def check(self) -> None:
        """Complain if a child ended by itself.

        Raises:
            ProcessError: naming the first that did.
        """
        for child in self.children:
            if not child.running:
                raise child.failure(f"ended by itself with code {child.process.returncode}")

    def stop(self, *children: Child) -> None:
        """Stop these: newest first, each asked politely and then made to. A dead one is no error."""
        for child in reversed(children):
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        for child in reversed(children):
            _make_end(child.process, child.command.grace_s)
            self._registry.remove(child.pid)
            if child in self._children:
                self._children.remove(child)

    def close(self) -> None:
        """Stop everything; nothing can be started afterwards."""
        try:
            self.stop(*self.children)
        finally:
            self._spawner.shutdown(wait=False)

    def _spawn(self, command: Command) -> Child:
        log = self._logs / f"{command.name}.log"
        with contextlib.ExitStack() as files:
            errors = files.enter_context(log.open("ab"))
            output = files.enter_context(log.with_suffix(".out").open("wb")) if command.own_output else errors
            process = subprocess.Popen(
                tied_to_parent(command.argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=_environment(command.environment),
                start_new_session=True,  # Ctrl-C in the terminal is for us; we stop these in order
            )
        child = Child(command, process, log)
        self._children.append(child)
        self._registry.add(Recorded.of(command.name, process.pid))
        return child


def tied_to_parent(argv: Sequence[str | Path]) -> list[str]:
    """The program (a full path and arguments), killed by the kernel when the calling *thread* ends."""
    return [sys.executable, "-I", "-S", "-c", _SHIM, str(os.getpid()), *map(str, argv)]


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    merged: dict[str, str | None] = {**os.environ, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _make_end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    try:
        process.wait(timeout=grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def first_line(output: Path) -> str | None:
    """The first complete line of a file, or None while there is none: how a provider says its port."""
    text = output.read_text(errors="replace") if output.exists() else ""
    return text.split("\n", 1)[0].strip() if "\n" in text else None
