"""What a killed rehearsal leaves: processes it recorded, and its directory.

A pid alone proves nothing (it may have been given to somebody else since), so a process is recorded with
its start time and its pid namespace, and only an exact match is ever ended. Whether the rehearsal itself
still lives is told by a lock that the kernel releases with its last process, whatever killed it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

RECORD = "processes.json"
LOCK = "alive.lock"


@dataclass(frozen=True)
class Recorded:
    """One process as it was when it started; ``namespace`` is that of its pid."""

    name: str
    pid: int
    started: float
    namespace: str

    @classmethod
    def of(cls, name: str, pid: int) -> Recorded:
        """Record a running child of this process (a zombie counts: it has not been waited for)."""
        return cls(name, pid, psutil.Process(pid).create_time(), pid_namespace())

    def find(self) -> psutil.Process | None:
        """The very process that was recorded, if it still runs and its pid means the same here."""
        if self.namespace != pid_namespace():
            return None
        try:
            process = psutil.Process(self.pid)
            alive = process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if alive else None


def pid_namespace() -> str:
    """Identity of this process's pid namespace, e.g. ``pid:[4026531836]``."""
    return str(Path("/proc/self/ns/pid").readlink())


class Registry:
    """The record of one rehearsal's processes, rewritten whole at every change."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._entries: dict[int, Recorded] = {}

    def add(self, entry: Recorded) -> None:
        """Write down a process that has just started."""
        with self._lock:
            self._entries[entry.pid] = entry
            self._write()

    def remove(self, pid: int) -> None:
        """Strike out a process that has ended."""
        with self._lock:
            self._entries.pop(pid, None)
            self._write()

    def _write(self) -> None:
        if not self._record.parent.exists():
            return  # the rehearsal's directory was deleted under us; there is nobody left to tell
        part = self._record.with_suffix(".part")
        part.write_text(json.dumps([asdict(entry) for entry in self._entries.values()]))
        part.replace(self._record)


def read_record(record: Path) -> list[Recorded]:
    """What a rehearsal wrote down; empty where it wrote nothing or was cut off before it could."""
    try:
        return [Recorded(**entry) for entry in json.loads(record.read_text())]
    except (OSError, ValueError, TypeError):
        return []


@contextlib.contextmanager
def alive(state: Path) -> Iterator[None]:
    """Hold the sign that this rehearsal lives. Children don't inherit it."""
    state.mkdir(parents=True, exist_ok=True)
    part = state / f"{LOCK}.part"
    with part.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.replace(state / LOCK)  # whoever sees the sign sees it held
        yield


def is_alive(state: Path) -> bool:
    """Whether a process holds that sign, in this pid namespace or another."""
    try:
        with (state / LOCK).open("r") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def remove_leftovers(root: Path) -> list[str]:
    """End what dead rehearsals under ``root`` left running and delete their directories.

    Returns one sentence per process ended or directory deleted. A directory without the sign of life (not
    made by a rehearsal, or kept on purpose: see :func:`keep`) is not touched.
    """
    done: list[str] = []
    for lock in sorted(root.glob(f"*/{LOCK}")):
        state = lock.parent
        if is_alive(state):
            continue
        for record in sorted(state.glob(f"*{RECORD}")):
            done += [_end(entry, state) for entry in read_record(record) if entry.find()]
        shutil.rmtree(state, ignore_errors=True)
        done.append(f"removed {state}, left by a rehearsal that was killed")
    return done


def keep(state: Path) -> None:
    """Mark a directory as kept on purpose: later rehearsals leave it alone."""
    (state / LOCK).unlink(missing_ok=True)


def _end(entry: Recorded, state: Path) -> str:
    process = entry.find()
    if process is not None and process.pid != os.getpid():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(timeout=5)
    return f"ended {entry.name} (pid {entry.pid}), left by the rehearsal in {state}"
