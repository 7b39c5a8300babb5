"""Proves that the memory figure counts what a rehearsal started, and shared pages once."""

from __future__ import annotations

import subprocess
import sys

from sandbox import memory

HOLDER = "import sys; block = bytearray(64 << 20); block[::4096] = b'x' * (len(block) // 4096); print('up', flush=True); sys.stdin.read()"  # noqa: E501 - a program in one line


def holder() -> subprocess.Popen[str]:
    """A child that holds 64 MiB."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    child.stdout.readline()
    return child


def test_children_count() -> None:
    before = memory.measure().total
    with holder() as child:
        during = memory.measure().total
        child.communicate()
    assert during - before > 64 << 20


def test_peak_stays_after_the_child_has_gone() -> None:
    with memory.Meter(every_s=60) as meter:
        with holder() as child:
            at_its_most = meter.sample().total
            child.communicate()
        meter.sample()
        assert meter.peak.total == at_its_most


def test_process_that_has_gone_holds_nothing() -> None:
    with holder() as child:
        child.communicate()
    assert memory.share(child.pid) == 0
