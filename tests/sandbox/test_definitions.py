"""Definitions of other projects, fetched by digest (B5, B9): what is taken, and what is refused.

This tier has a ``go`` that is a function. That the registry has the pinned modules is proved by a build.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sandbox.toolchain.definitions import DefinitionsRecipe, Taken
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Go
from sandbox.toolchain.modules import gather

MODULE = "example.org/project"
GO = Go(Path("go"), {"GOPROXY": "https://proxy.example"})


class Registry:
    """Answers as ``go mod download -json`` does, and remembers how it was asked."""

    def __init__(self, source: Path, digest: str = "h1:right=") -> None:
        self.source, self.digest = source, digest
        self.asked: list[tuple[list[str], Mapping[str, str]]] = []

    def run(self, argv: Sequence[str | Path], environment: Mapping[str, str]) -> str:
        self.asked.append(([str(word) for word in argv], environment))
        return json.dumps({"Dir": str(self.source), "Sum": self.digest})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A module with two definitions and a tree."""
    for name in ("deploy/crds/a.yaml", "deploy/crds/b.yaml", "tree/base/kustomization.yaml", "tree/x.yaml"):
        file = tmp_path / "module" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "module"


def recipe(tmp_path: Path, *taken: Taken) -> DefinitionsRecipe:
    pins = tmp_path / "modules.txt"
    pins.write_text(f"# why\n{MODULE} v1.2.3 h1:right=\n")
    return DefinitionsRecipe(pins=pins, taken=taken or (Taken(MODULE, "project", ("deploy/crds/*.yaml",)),))


def draft(tmp_path: Path) -> Path:
    made = tmp_path / "draft"
    made.mkdir()
    return made


def test_files_of_the_pinned_version_are_taken(tmp_path: Path, source: Path) -> None:
    registry, target = Registry(source), draft(tmp_path)
    gather(recipe(tmp_path), GO, target, run=registry.run)
    assert sorted(path.name for path in (target / "project").iterdir()) == ["a.yaml", "b.yaml"]
    assert registry.asked[0][0][-1] == f"{MODULE}@v1.2.3"
    assert (target / "definitions").read_text() == f"project {MODULE}@v1.2.3\n"


def test_tree_keeps_its_shape(tmp_path: Path, source: Path) -> None:
    """A kustomization names its bases by their place."""
    target = draft(tmp_path)
    gather(
        recipe(tmp_path, Taken(MODULE, "tree", ("tree/**/*",), root="tree")),
        GO,
        target,
        run=Registry(source).run,
    )
    assert (target / "tree" / "base" / "kustomization.yaml").is_file()


def test_changed_byte_is_refused_and_nothing_of_it_is_used(tmp_path: Path, source: Path) -> None:
    target = draft(tmp_path)
    with pytest.raises(ToolchainError, match=r"h1:wrong= and modules\.txt says h1:right="):
        gather(recipe(tmp_path), GO, target, run=Registry(source, "h1:wrong=").run)
    assert list(target.iterdir()) == []


def test_pattern_that_finds_nothing_is_told(tmp_path: Path, source: Path) -> None:
    with pytest.raises(ToolchainError, match=r"has no file gone/\*\.yaml"):
        gather(
            recipe(tmp_path, Taken(MODULE, "x", ("gone/*.yaml",))),
            GO,
            draft(tmp_path),
            run=Registry(source).run,
        )


def test_every_project_that_is_taken_is_pinned_by_version_and_digest() -> None:
    committed = DefinitionsRecipe()
    pins = committed.read()
    assert {taken.module for taken in committed.taken} == set(pins)
    assert all(pin.version.startswith("v") and pin.digest.startswith("h1:") for pin in pins.values())


def test_a_changed_pin_is_another_build(tmp_path: Path) -> None:
    before = recipe(tmp_path)
    key = before.key
    before.pins.write_text(f"{MODULE} v1.2.4 h1:other=\n")
    assert before.key != key
