"""Proves what a later rehearsal removes of a dead one, and above all what it leaves alone."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox import leftovers
from sandbox.leftovers import LOCK, RECORD, Recorded


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that nobody waits for."""
    with subprocess.Popen(["/bin/sleep", "600"]) as running:
        yield running
        running.kill()


def dead_rehearsal(root: Path, *entries: Recorded) -> Path:
    """A directory as a killed rehearsal leaves it."""
    state = root / "dev-1"
    state.mkdir()
    (state / LOCK).touch()
    (state / RECORD).write_text(json.dumps([dataclasses.asdict(entry) for entry in entries]))
    return state


def test_process_of_a_dead_rehearsal_is_ended(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    state = dead_rehearsal(tmp_path, Recorded.of("etcd", process.pid))
    said = leftovers.remove_leftovers(tmp_path)
    assert not psutil.pid_exists(process.pid)
    assert not state.exists()
    assert any("ended etcd" in sentence for sentence in said)


def test_pid_that_was_given_to_somebody_else_is_left_alone(
    tmp_path: Path, process: subprocess.Popen[bytes]
) -> None:
    reused = dataclasses.replace(Recorded.of("etcd", process.pid), started=1.0)
    dead_rehearsal(tmp_path, reused)
    leftovers.remove_leftovers(tmp_path)
    assert process.poll() is None


def test_pid_of_another_namespace_is_left_alone(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    foreign = dataclasses.replace(Recorded.of("etcd", process.pid), namespace="pid:[1]")
    dead_rehearsal(tmp_path, foreign)
    leftovers.remove_leftovers(tmp_path)
    assert process.poll() is None


def test_living_rehearsal_is_left_alone(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    state = tmp_path / "dev-2"
    with leftovers.alive(state):
        (state / RECORD).write_text(json.dumps([dataclasses.asdict(Recorded.of("etcd", process.pid))]))
        assert leftovers.remove_leftovers(tmp_path) == []
        assert process.poll() is None
        assert leftovers.is_alive(state)
    assert not leftovers.is_alive(state)


def test_directory_kept_on_purpose_is_left_alone(tmp_path: Path) -> None:
    state = dead_rehearsal(tmp_path)
    leftovers.keep(state)
    assert leftovers.remove_leftovers(tmp_path) == []
    assert state.exists()


def test_record_cut_off_by_the_kill_is_no_obstacle(tmp_path: Path) -> None:
    state = dead_rehearsal(tmp_path)
    (state / RECORD).write_text('[{"name": "etc')
    leftovers.remove_leftovers(tmp_path)
    assert not state.exists()


def test_rehearsal_never_ends_itself(tmp_path: Path) -> None:
    dead_rehearsal(tmp_path, Recorded.of("self", os.getpid()))
    leftovers.remove_leftovers(tmp_path)  # still here to say so
    assert list(tmp_path.iterdir()) == []
