"""How much memory a rehearsal takes: the proportional share of this process and everything it started."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

_SHARE = "Pss:"


def share(pid: int) -> int:
    """Bytes that a process holds, pages shared with others divided between them; 0 once it is gone.

    Source: ``Pss`` in ``/proc/<pid>/smaps_rollup``. The resident size would count a page that five
        processes share five times; it stands in where the kernel does not tell.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(_SHARE))
    except (OSError, StopIteration):
        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
    return 0


@dataclass(frozen=True)
class Usage:
    """One sample: bytes in all, and by process name (several of one name are added up)."""

    total: int = 0
    by_name: dict[str, int] = field(default_factory=dict)


def measure(root: psutil.Process | None = None) -> Usage:
    """Bytes held now by a process (this one by default) and all its descendants."""
    top = root or psutil.Process()
    by_name: dict[str, int] = {}
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                name = _name(process)
                by_name[name] = by_name.get(name, 0) + share(process.pid)
    return Usage(sum(by_name.values()), by_name)


def _name(process: psutil.Process) -> str:
    """``python -m sandbox.aws`` is called ``sandbox.aws``; everything else by its program."""
    argv = process.cmdline()
    if "-m" in argv[:-1]:
        return argv[argv.index("-m") + 1]
    return process.name()


class Meter:
    """Samples memory in the background and keeps the peak; a context manager.

    Args:
        every_s: seconds between samples; one reads every page table, tens of milliseconds in all.
    """

    def __init__(self, every_s: float = 2.0) -> None:
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self.peak = Usage()

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def sample(self) -> Usage:
        """Measure now, and remember it if it is the most so far."""
        usage = measure()
        if usage.total > self.peak.total:
            self.peak = usage
        return usage

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self.sample()
