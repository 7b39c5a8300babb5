"""Where built tools are kept: whole or not at all, and one build at a time.

Layout, below ``$FERRY_CACHE`` (default: ``ferry`` in the user's cache directory)::

    tools/<tool>-<key>/<tool>     a finished tool, with its content beside it
    tools/.workshop/              caches of a build under way; removed when nothing is left to build
    tools/.lock                   held by whoever builds
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.table import AnyRecipe

VARIABLE = "FERRY_CACHE"
_ROOM_NEEDED_GIB = 10.0  # measured: compiled packages 6.1, modules 2.3, tools 0.6, Go 0.2; the tools stay
_POLL_S = 0.2


def default_root() -> Path:
    """The directory everything is cached in: ``$FERRY_CACHE``, or ``ferry`` in the user's cache."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ferry"


class Cache:
    """The tools that are there, and the only way to add one.

    Args:
        root: directory of the cache; made when first needed.
    """

    def __init__(self, root: Path) -> None:
        self._tools = root / "tools"
        self.workshop = self._tools / ".workshop"

    def home(self, recipe: AnyRecipe) -> Path:
        """Where this very build of a tool is or would be."""
        return self._tools / f"{recipe.tool}-{recipe.key}"

    def has(self, recipe: AnyRecipe) -> bool:
        """Whether it is there; a half-made one never is, since they arrive by one rename."""
        return (self.home(recipe) / recipe.tool).is_file()

    @contextlib.contextmanager
    def building(self, waiting: Callable[[], None]) -> Iterator[Path]:
        """Hold the workshop: nobody else builds meanwhile, in this process or another.

        Args:
            waiting: called once if somebody else holds it.

        Yields:
            A directory for the build's own caches, shared by builds that follow each other.

        Raises:
            ToolchainError: too little room, or the cache cannot be written.
        """
        try:
            self._tools.mkdir(parents=True, exist_ok=True)
            lock = (self._tools / ".lock").open("w")
        except OSError as error:
            raise ToolchainError(
                f"The cache {self._tools} cannot be written ({error.strerror}), so no tool can be built. "
                f"Point {VARIABLE} at a directory that can."
            ) from None
        with lock:
            _wait_for(lock.fileno(), waiting)
            self._check_room()
            self.workshop.mkdir(exist_ok=True)
            yield self.workshop

    @contextlib.contextmanager
    def adding(self, recipe: AnyRecipe) -> Iterator[Path]:
        """Make a tool's directory: fill what is yielded; if that succeeds it appears whole under its name."""
        draft = Path(tempfile.mkdtemp(prefix=f".{recipe.tool}-", dir=self._tools))
        try:
            yield draft
            draft.chmod(0o755)
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(self.home(recipe))  # a directory without its binary: nothing anybody can use
            draft.rename(self.home(recipe))
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def tidy(self) -> None:
        """Remove what only builds need: compiled packages, fetched modules, a fetched Go, broken drafts.

        To be called by the holder of the workshop.
        """
        for left in (self.workshop, *self._tools.glob(".*-*")):
            shutil.rmtree(left, ignore_errors=True)

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._tools).free / 2**30
        if free < _ROOM_NEEDED_GIB:
            raise ToolchainError(
                f"{self._tools} has {free:.1f} GiB free and building tools takes {_ROOM_NEEDED_GIB:.0f} for "
                f"a while, so nothing was built. Make room, or point {VARIABLE} at a larger disk."
            )


def _wait_for(lock: int, waiting: Callable[[], None]) -> None:
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                waiting()
                told = True
            time.sleep(_POLL_S)
        else:
            return
