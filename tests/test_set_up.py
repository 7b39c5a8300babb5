"""What this tier proves: a fresh machine needs Python and make, and the two README commands bring the rest.

``uv``, ``python3`` and ``make`` are stand-in scripts on PATH, so that nothing is installed; that the real
ones do as told shows in every clone that runs ``.ci/run``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SYSTEM = "/usr/bin:/bin"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory that comes first on PATH."""
    home = tmp_path / "bin"
    home.mkdir()
    return home


def _program(home: Path, name: str, script: str) -> None:
    path = home / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _run(programs: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{programs}:{SYSTEM}", "FERRY_CACHE": str(programs.parent / "cache")}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def _uv(programs: Path, version: str) -> None:
    _program(programs, "uv", f'[ "$1" = --version ] && echo "uv {version} (linux)" || echo "theirs: $*"')


def _installing_python(programs: Path) -> None:
    """A python3 whose venv has a pip that "installs" a uv."""
    venv = programs.parent / "venv" / "bin"
    venv.mkdir(parents=True)
    _program(venv, "installed", 'echo "mine: $*"')
    _program(venv, "python", f'echo "$*" >> {programs.parent}/calls; cd "${{0%/*}}" && mv installed uv')
    _program(programs, "python3", f'cp -r {venv.parent} "$3"')


@pytest.mark.parametrize("version", ["0.13.0", "0.13.9", "0.14.2", "1.0.0"])
def test_uv_on_path_is_used_if_new_enough(programs: Path, version: str) -> None:
    _uv(programs, version)
    assert _run(programs, "scripts/uv", "sync", "--frozen").stdout == "theirs: sync --frozen\n"


@pytest.mark.parametrize("version", ["0.12.24", "0.9.30", "garbled"])
def test_uv_is_installed_if_the_one_on_path_is_too_old(programs: Path, version: str) -> None:
    _uv(programs, version)
    _installing_python(programs)
    done = _run(programs, "scripts/uv", "sync")
    assert done.stdout == "mine: sync\n", done.stderr


def test_uv_is_installed_once_and_only_the_program_stays(programs: Path) -> None:
    _installing_python(programs)
    for _ in range(2):
        assert _run(programs, "scripts/uv", "a", "b").stdout == "mine: a b\n"
    calls = (programs.parent / "calls").read_text().splitlines()
    assert len(calls) == 1
    assert calls[0].endswith("uv==0.13.9")
    assert [path.name for path in (programs.parent / "cache" / "uv").iterdir()] == ["0.13.9"]


def test_uv_that_cannot_be_installed_is_told_with_the_way_out(programs: Path) -> None:
    _program(programs, "python3", 'echo "No module named venv" >&2; exit 1')
    done = _run(programs, "scripts/uv", "sync")
    assert done.returncode == 1
    for part in ("No module named venv", "could not be installed, so", "apt install python3-venv"):
        assert part in done.stderr
    assert list((programs.parent / "cache" / "uv").iterdir()) == []


def test_ci_runs_make_test_with_nobody_watching(programs: Path) -> None:
    _program(programs, "make", 'echo "make $*, CI=$CI, $(readlink /proc/self/fd/0)"')
    assert _run(programs, ".ci/run").stdout == "make test, CI=true, /dev/null\n"


def _plan(programs: Path, *targets: str) -> str:
    done = _run(programs, "make", "--dry-run", *targets)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_make_test_sets_up_lints_builds_tools_and_tests_in_this_order(programs: Path) -> None:
    plan = _plan(programs, "test")
    steps = ("uv sync", "ruff check", "ruff format", "mypy", "lint-imports", "sandbox.toolchain", "pytest")
    places = [plan.index(step) for step in steps]
    assert places == sorted(places)


def test_make_rehearse_sets_up_and_takes_the_environment(programs: Path) -> None:
    assert _plan(programs, "rehearse").splitlines()[-1].endswith("ferry rehearse --env dev")
    plan = _plan(programs, "rehearse", "ENV=prod")
    assert plan.index("uv sync") < plan.index("ferry rehearse --env prod")


def test_help_has_a_line_for_every_target(programs: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text()
    targets = {line.removeprefix(".PHONY: ") for line in makefile.splitlines() if line.startswith(".PHONY")}
    shown = {line.split()[1] for line in _run(programs, "make").stdout.splitlines()}
    assert shown == targets
    assert {"rehearse", "test", "bench", "mutants", "lint", "clean", "help"} <= targets


def _apt(programs: Path, *, works: bool, user: int = 0) -> None:
    """An apt-get that "installs" a Chromium once it was updated, and an id."""
    brought = f"touch {programs}/chromium; chmod +x {programs}/chromium"
    updated = programs.parent / "updated"
    update = f'[ "$1" = update ] && touch {updated} && exit {int(not works)}'
    _program(
        programs, "apt-get", f'echo "$*" >> {programs.parent}/calls; {update}; [ -e {updated} ] && {brought}'
    )
    _program(programs, "id", f"echo {user}")


def _browser(programs: Path) -> subprocess.CompletedProcess[str]:
    """Without a Chromium of this machine's."""
    for name in ("sh", "touch", "chmod"):
        (programs / name).symlink_to(f"/bin/{name}")
    environment = {"PATH": str(programs)}
    command = ["/bin/sh", str(PROJECT / "scripts" / "browser")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_chromium_is_installed_where_root_may_and_it_is_missing(programs: Path) -> None:
    _apt(programs, works=True)
    assert _browser(programs).returncode == 0
    assert (programs / "chromium").exists()
    calls = (programs.parent / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["install", "update", "install"]


def test_chromium_that_is_there_is_left_alone(programs: Path) -> None:
    _apt(programs, works=True)
    _program(programs, "google-chrome", "true")
    assert _browser(programs).stderr == ""
    assert not (programs.parent / "calls").exists()


@pytest.mark.parametrize(
    ("works", "user", "said"),
    [(True, 1000, "only root may install it"), (False, 0, "apt-get could not install it")],
)
def test_a_chromium_that_cannot_be_had_is_said_and_holds_up_no_test(
    programs: Path, works: bool, user: int, said: str
) -> None:
    _apt(programs, works=works, user=user)
    found = _browser(programs)
    assert found.returncode == 0
    assert said in found.stderr
    assert "will be skipped" in found.stderr


def test_make_test_brings_the_browser(programs: Path) -> None:
    _program(programs, "uv", "exit 0")
    assert "scripts/browser" in _run(programs, "make", "-n", "test").stdout
