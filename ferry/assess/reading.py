"""From what was asked for to an assessment: the thin part that reads, and calls what decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ferry.assess import calendar, clocks, files, sagemaker
from ferry.assess.grouping import workloads
from ferry.assess.model import Assessment, Inventory
from ferry.assess.proposing import propose


@dataclass(frozen=True)
class Asked:
    """What is to be read.

    Attributes:
        code: directories or single files.
        crontabs, cronjobs: files.
        regions: of SageMaker.
    """

    code: tuple[Path, ...] = ()
    crontabs: tuple[Path, ...] = ()
    cronjobs: tuple[Path, ...] = ()
    regions: tuple[str, ...] = ()


Step = Callable[[str, int | None], None]
"""Told what is being read and of how many; None for one more done."""


def assessed(asked: Asked, teams: int, progress: Step = lambda _what, _total: None) -> Assessment:
    """Read all of it, and say what to do with it."""
    inventory = Inventory()
    paths = files.paths(list(asked.code))
    progress("files", len(paths))
    for path in paths:
        files.read(path, inventory)
        progress("files", None)
    for path in asked.crontabs:
        clocks.crontab(path, inventory)
    for path in asked.cronjobs:
        clocks.cronjobs(path, inventory)
    for region in asked.regions:
        progress(f"SageMaker in {region}", 0)
        sagemaker.read(region, inventory, lambda: progress("SageMaker", None))
    proposals = propose(workloads(inventory))
    return Assessment(inventory, tuple(proposals), calendar.draw(proposals, teams))
