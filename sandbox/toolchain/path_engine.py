"""Whether a ``pulumi`` on PATH fits: engine and SDK have to agree in major and minor version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain.table import RECIPES, Tool

_VERSION = re.compile(r"v?(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)")
_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class PathEngine:
    """What was found on PATH.

    Attributes:
        path: the engine to use; None if there is none that fits.
        refused: why the one that was found is not used; empty if there was none or it fits.
    """

    path: Path | None
    refused: str = ""


def ask_version(binary: Path) -> str:
    """What a ``pulumi`` says its version is.

    Raises:
        OSError: it cannot be run.
        subprocess.SubprocessError: it fails or does not answer.
    """
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    return subprocess.run(
        [binary, "version"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    ).stdout.strip()


def engine_on_path(
    *,
    which: Callable[[str], str | None] = shutil.which,
    ask: Callable[[Path], str] = ask_version,
) -> PathEngine:
    """The ``pulumi`` on PATH, if its major and minor version are those of the pinned SDK."""
    found = which(Tool.PULUMI)
    if found is None:
        return PathEngine(None)
    wanted = RECIPES[Tool.PULUMI].version
    try:
        answer = ask(Path(found))
    except (OSError, subprocess.SubprocessError) as error:
        return PathEngine(None, f"{found} does not tell its version ({error}), so {wanted} is built")
    theirs, ours = _VERSION.fullmatch(answer), _VERSION.match(wanted)
    if theirs and ours and (theirs["major"], theirs["minor"]) == (ours["major"], ours["minor"]):
        return PathEngine(Path(found))
    return PathEngine(
        None,
        f"{found} is {answer} and the SDK is {wanted}, not of one minor version, so {wanted} is built",
    )
