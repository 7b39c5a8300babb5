"""Build one tool with Go and tell how far it is.

Progress is counted, not guessed: Go itself lists the packages that are not compiled yet, and then names each
when it has compiled it.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Go
from sandbox.toolchain.table import Recipe

_GRACE_S = 5.0
_LAST_LINES = 12
_GO_SAYS = "go: "
_DOWNLOADING = "go: downloading "


class Watcher(Protocol):
    """Told how a build gets on."""

    def fetched(self, modules: int) -> None:
        """So many modules were downloaded until now."""

    def compiled(self, done: int, total: int) -> None:
        """So many packages of the total are compiled; when all are, linking is what is left."""


def build(recipe: Recipe, go: Go, draft: Path, watcher: Watcher) -> None:
    """Put the tool and its content into an empty directory.

    Raises:
        ToolchainError: Go refuses or fails; with the end of what it said.
    """
    flags = ["-ldflags", recipe.ldflags, *(["-tags", ",".join(recipe.tags)] if recipe.tags else [])]
    stale = _Output(watcher)
    _run(recipe, go, ["list", "-deps", *flags, "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"], stale.take)
    packages = set(stale.lines)
    watcher.compiled(0, len(packages))
    done: set[str] = set()

    def take(line: str) -> None:
        if line in packages:
            done.add(line)
            watcher.compiled(len(done), len(packages))

    _run(recipe, go, ["build", "-v", *flags, "-o", str(draft / recipe.tool)], take)
    _keep_content(recipe, go, draft)


class _Output:
    """What Go printed, and apart from it how many modules it said it was downloading."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.lines: list[str] = []
        self._watcher = watcher
        self._fetched = 0

    def take(self, line: str) -> None:
        if not line.startswith(_GO_SAYS):
            self.lines.append(line)
        elif self._watcher and line.startswith(_DOWNLOADING):
            self._fetched += 1
            self._watcher.fetched(self._fetched)


def _keep_content(recipe: Recipe, go: Go, draft: Path) -> None:
    if recipe.content is None:
        return
    answer = _Output()
    _run(recipe, go, ["list", "-m", "-f", "{{.Dir}}"], answer.take, target=recipe.source)
    folder = draft / recipe.content.folder
    folder.mkdir()
    for pattern in recipe.content.files:
        found = sorted(Path(answer.lines[0]).glob(pattern)) if answer.lines else []
        if not found:
            raise ToolchainError(
                f"{recipe.source} {recipe.version} has no file {pattern}, so the rehearsal would lack what "
                f"{recipe.tool} needs. Correct the pattern in sandbox/toolchain/table.py for this version."
            )
        for path in found:
            shutil.copyfile(path, folder / path.name)


def _run(
    recipe: Recipe, go: Go, arguments: Sequence[str], take: Callable[[str], None], target: str | None = None
) -> None:
    """Run Go in the tool's module to its end, line by line; leave no process behind, whatever happens."""
    argv: list[str | Path] = [go.binary, *arguments, target or recipe.package]
    tail: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        argv,
        cwd=recipe.home,
        env=dict(go.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                take(line.rstrip("\n"))
                tail.append(f"    {line.rstrip()}")
        except BaseException:
            _stop(process)
            raise
    if process.returncode != 0:
        raise ToolchainError(
            f"Building {recipe.tool} {recipe.version} failed (`go {arguments[0]}` ended with code "
            f"{process.returncode}), so the rehearsal cannot start. Go said:\n" + "\n".join(tail) + "\n"
            "If it could not reach its module proxy, set GOPROXY to one that it can; tools that were built "
            "before are kept."
        )


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask it to end (Go removes its temporary files on SIGINT), then make it."""
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)
    if process.poll() is None:
        process.kill()
        process.wait()
