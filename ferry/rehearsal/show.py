"""What a person sees while a rehearsal runs: one line per phase, a bar where a total is known."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.automation.events import EngineEvent
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

_WIDTH = 34


class Phase:
    """One running phase. Steps come from engine events or from :meth:`note`; safe from any thread."""

    def __init__(self, progress: Progress, task: TaskID, title: str) -> None:
        self._progress = progress
        self._task = task
        self._title = title
        self._started = time.monotonic()
        self.seconds = 0.0

    def note(self, text: str) -> None:
        """What is going on right now, in a few words."""
        self._progress.update(self._task, note=text[: _WIDTH * 2])

    def engine_event(self, event: EngineEvent) -> None:
        """Advances with every resource that is done, and names the one that is being made."""
        if event.resource_pre_event:
            self.note(event.resource_pre_event.metadata.urn.rsplit("::", 1)[-1])
        elif event.res_outputs_event:
            self._progress.advance(self._task)

    def _end(self, mark: str) -> None:
        self.seconds = time.monotonic() - self._started
        task = self._progress.tasks[self._progress.task_ids.index(self._task)]
        total = task.total if task.total is not None else max(task.completed, 1)
        self._progress.update(
            self._task, total=total, completed=total, note="", description=f"{mark} {self._title}"
        )
        if not self._progress.console.is_terminal:
            self._progress.console.print(f"{mark} {self._title}  {self.seconds:.1f} s", highlight=False)


class Show:
    """The live picture of a run. Without a terminal every phase prints one line as it ends."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._lock = threading.Lock()
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", style="bold"),
            BarColumn(bar_width=_WIDTH),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=console,
            disable=not console.is_terminal,
        )

    @contextmanager
    def live(self) -> Iterator[Show]:
        """Draws until the block ends, also on an error or Ctrl-C."""
        with self._progress:
            yield self

    @contextmanager
    def phase(self, title: str, total: float | None = None) -> Iterator[Phase]:
        """One phase of the run; ``total`` steps make its bar."""
        with self._lock:
            task = self._progress.add_task(title, total=total, note="")
        phase = Phase(self._progress, task, title)
        try:
            yield phase
        except BaseException:
            phase._end("✘")
            raise
        phase._end("✔")

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, highlight=False)
