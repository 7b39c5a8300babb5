"""What a person sees while tools are built: a bar per tool, or plain lines where nothing can be drawn."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sandbox.toolchain.table import RECIPES, Tool

_LINE_EVERY_S = 20.0


class Show:
    """Plain lines: when a tool begins, every 20 seconds, and when it is there. Also the base of the bars."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._last = time.monotonic()

    def say(self, sentence: str) -> None:
        """A sentence of its own."""
        self._console.print(f"tools: {sentence}", highlight=False, markup=False)

    def begin(self, tool: Tool) -> Watching:
        """A build begins.

        Returns:
            What the build reports to.
        """
        self._began = self._last = time.monotonic()
        self.say(f"building {tool} {RECIPES[tool].version}")
        return Watching(self, tool)

    def step(self, tool: Tool, what: str, done: int, total: int) -> None:
        """How far it is; ``total`` 0 means not known yet."""
        now = time.monotonic()
        if now - self._last >= _LINE_EVERY_S:
            self._last = now
            figures = f"{done} of {total}" if total else str(done)
            self.say(f"{tool}: {what} {figures}, {now - self._began:.0f} s")

    def done(self, tool: Tool) -> None:
        """It is there."""
        self.say(f"{tool} {RECIPES[tool].version} built in {time.monotonic() - self._began:.0f} s")


class Bars(Show):
    """One bar per tool."""

    def __init__(self, console: Console, progress: Progress, tools: Sequence[Tool]) -> None:
        super().__init__(console)
        self._progress = progress
        self._tasks: dict[Tool, TaskID] = {
            tool: progress.add_task(
                tool, total=1, start=False, version=RECIPES[tool].version, state="waits its turn"
            )
            for tool in tools
        }

    def begin(self, tool: Tool) -> Watching:
        """Its clock starts."""
        self._progress.start_task(self._tasks[tool])
        self._progress.update(self._tasks[tool], state="looking what there is to do")
        return Watching(self, tool)

    def step(self, tool: Tool, what: str, done: int, total: int) -> None:
        """Its bar moves."""
        if total:
            state = f"{what} {done}/{total}"
            self._progress.update(self._tasks[tool], completed=done, total=total, state=state)
        else:
            self._progress.update(self._tasks[tool], state=f"{what} {done}")

    def done(self, tool: Tool) -> None:
        """Its bar is full and its clock stops."""
        self._progress.update(self._tasks[tool], completed=1, total=1, state="built")
        self._progress.stop_task(self._tasks[tool])


class Watching:
    """A build's view of the show."""

    def __init__(self, show: Show, tool: Tool) -> None:
        self._show = show
        self._tool = tool

    def fetched(self, modules: int) -> None:
        """Modules downloaded."""
        self._show.step(self._tool, "modules fetched", modules, 0)

    def compiled(self, done: int, total: int) -> None:
        """Packages compiled; the last step, linking, is part of the count."""
        what = "linking" if done >= total else "packages"
        self._show.step(self._tool, what, done, total + 1)


@contextlib.contextmanager
def showing(console: Console, tools: Sequence[Tool]) -> Iterator[Show]:
    """Bars on a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield Show(console)
        return
    columns = (
        TextColumn("{task.description:<24}"),
        TextColumn("{task.fields[version]:<9}", style="dim"),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, console=console) as progress:
        yield Bars(console, progress, tools)
