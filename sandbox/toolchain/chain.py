"""The tools of a rehearsal: where they are, which are missing, and building those."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path

from rich.console import Console

from sandbox.toolchain.building import Watcher, build
from sandbox.toolchain.cache import Cache, default_root
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Go, find_go
from sandbox.toolchain.modules import gather
from sandbox.toolchain.path_engine import PathEngine, engine_on_path
from sandbox.toolchain.showing import Show, showing
from sandbox.toolchain.table import RECIPES, REHEARSAL, AnyRecipe, Recipe, Tool, WheelRecipe
from sandbox.toolchain.wheels import install

VARIABLE = "FERRY_TOOLS"
"""Names a directory that has all the tools (and ``crds`` and ``stages``); nothing is built then."""


class Toolchain:
    """The pinned tools.

    Args:
        cache: where built tools are kept.
        given: a directory that has them all, instead of the cache.
        look: looks for an engine on PATH.
    """

    def __init__(
        self, cache: Cache, given: Path | None = None, look: Callable[[], PathEngine] = engine_on_path
    ) -> None:
        self._cache = cache
        self._given = given
        self._look = look

    @classmethod
    def locate(cls) -> Toolchain:
        """The tools of this checkout; looks nothing up and builds nothing."""
        given = os.environ.get(VARIABLE)
        return cls(Cache(default_root()), Path(given).expanduser().resolve() if given else None)

    def missing(self, tools: Collection[Tool] = tuple(Tool)) -> list[Tool]:
        """What of these would have to be built, in the order of building."""
        return [tool for tool in Tool if tool in tools and self._find(tool) is None]

    def path(self, tool: Tool) -> Path:
        """Where a tool is.

        Raises:
            ToolchainError: it is not there.
        """
        found = self._find(tool)
        if found is not None:
            return found
        if self._given:
            raise ToolchainError(
                f"{VARIABLE} is {self._given} and has no {tool}, so the rehearsal cannot use it. "
                f"Put it there, or unset {VARIABLE} to have the pinned one built."
            )
        raise ToolchainError(f"{tool} is not built yet, so it cannot be started. Run `make tools`.")

    def paths(self) -> dict[str, Path]:
        """All tools that are there, by file name."""
        found = ((tool, self._find(tool)) for tool in Tool)
        return {str(tool): path for tool, path in found if path is not None}

    @property
    def crds(self) -> Path:
        """Directory with Karpenter's CustomResourceDefinitions, ``*.yaml``.

        Raises:
            ToolchainError: Karpenter is not there.
        """
        return self._content(Tool.KARPENTER)

    @property
    def stages(self) -> tuple[Path, ...]:
        """kwok's stage files: what simulated kubelets do, and when.

        Raises:
            ToolchainError: kwok is not there.
        """
        return tuple(sorted(self._content(Tool.KWOK).glob("*.yaml")))

    def ensure(self, tools: Sequence[Tool] = tuple(Tool), console: Console | None = None) -> None:
        """Build what is missing of these; return at once if nothing is.

        Safe to call from several threads and processes: they build one after another, and nothing twice.
        The caches of a build stay while other tools are missing, and go when the last is there or one fails.

        Raises:
            ToolchainError: a tool cannot be had.
        """
        wanted = self.missing(tools)
        if not wanted:
            return
        if self._given:
            self.path(wanted[0])  # says what is wrong
        with showing(console or Console(stderr=True), wanted) as show:
            self._build(wanted, show)

    def _build(self, wanted: Sequence[Tool], show: Show) -> None:
        if Tool.PULUMI in wanted and self._on_path.refused:
            show.say(self._on_path.refused)
        with self._cache.building(lambda: show.say("another build is under way; waiting for it")) as workshop:
            try:
                need = [recipe for tool in wanted if not isinstance(recipe := RECIPES[tool], WheelRecipe)]
                go = find_go(_go_version(need), workshop, show.say) if need else None
                for tool in wanted:
                    recipe = RECIPES[tool]
                    watcher = show.begin(tool)
                    if not self._cache.has(recipe):  # somebody else may have built it while we waited
                        with self._cache.adding(recipe) as draft:
                            _make(recipe, go, workshop, draft, watcher)
                    show.done(tool)
            except BaseException:
                self._cache.tidy()
                raise
            if not self.missing(REHEARSAL):
                self._cache.tidy()

    def _find(self, tool: Tool) -> Path | None:
        if self._given:
            path = self._given / tool
            return path if path.is_file() else None
        recipe = RECIPES[tool]
        if self._cache.has(recipe):
            return self._cache.home(recipe) / tool
        return self._on_path.path if tool is Tool.PULUMI else None

    def _content(self, tool: Tool) -> Path:
        recipe = RECIPES[tool]
        folder = recipe.content.folder if isinstance(recipe, Recipe) and recipe.content else ""
        return self.path(tool).parent / folder

    @cached_property
    def _on_path(self) -> PathEngine:
        return self._look()


def _go_version(recipes: Sequence[AnyRecipe]) -> tuple[int, ...]:
    """The oldest Go that will do for all; fetching modules alone takes any that knows ``go -C``."""
    return max([(1, 20), *(recipe.go_version for recipe in recipes if isinstance(recipe, Recipe))])


def _make(recipe: AnyRecipe, go: Go | None, workshop: Path, draft: Path, watcher: Watcher) -> None:
    """Put a tool into an empty directory; ``go`` is None only where nothing needs it."""
    if isinstance(recipe, WheelRecipe):
        install(recipe, workshop, draft)
    elif go is not None:
        build(recipe, go, draft, watcher) if isinstance(recipe, Recipe) else gather(recipe, go, draft)
