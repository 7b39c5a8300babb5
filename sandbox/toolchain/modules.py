"""Files of other projects' Go modules: fetched by digest, never built."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.toolchain.definitions import DefinitionsRecipe, Pin, Taken
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Go, Run, run


def gather(recipe: DefinitionsRecipe, go: Go, draft: Path, *, run: Run = run) -> None:
    """Fetch the modules and put what is wanted of them into an empty directory.

    Raises:
        ToolchainError: a module cannot be had, is not the pinned one, or lacks a file.
    """
    pins, names = recipe.read(), []
    for taken in recipe.taken:
        pin = pins[taken.module]
        source = _fetched(pin, go, draft, run)
        for path in _matching(taken, pin, source):
            target = (
                draft / taken.folder / (path.relative_to(source / taken.root) if taken.root else path.name)
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        names.append(f"{taken.folder} {pin.module}@{pin.version}")
    (draft / recipe.tool).write_text("\n".join(names) + "\n")


def _fetched(pin: Pin, go: Go, draft: Path, run: Run) -> Path:
    """Directory of the module, whose digest is the pinned one."""
    environment = {**go.environment, "GOSUMDB": "off", "GOFLAGS": "-modcacherw"}  # the pin decides
    argv: list[str | Path] = [
        go.binary,
        "-C",
        draft,
        "mod",
        "download",
        "-json",
        f"{pin.module}@{pin.version}",
    ]
    try:
        answer = json.loads(run(argv, environment))
    except (OSError, subprocess.CalledProcessError, json.JSONDecodeError) as error:
        raise ToolchainError(
            f"{pin.module} {pin.version} could not be fetched ({error}), so the rehearsal would lack the "
            "definitions that it brings. Set GOPROXY to a proxy that has it."
        ) from None
    if answer.get("Sum") != pin.digest:
        raise ToolchainError(
            f"{pin.module} {pin.version} is {answer.get('Sum')} and modules.txt says {pin.digest}: somebody "
            "changed what was published, so nothing of it is used. Compare it with the project's own tag "
            "before you change the pin."
        )
    return Path(answer["Dir"])


def _matching(taken: Taken, pin: Pin, source: Path) -> Iterator[Path]:
    for pattern in taken.files:
        found = sorted(path for path in source.glob(pattern) if path.is_file())
        if not found:
            raise ToolchainError(
                f"{pin.module} {pin.version} has no file {pattern}, so the rehearsal would lack what "
                f"{taken.folder} brings. Correct the pattern in sandbox/toolchain/definitions.py."
            )
        yield from found
