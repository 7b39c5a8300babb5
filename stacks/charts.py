"""Whether an environment may install the charts of the lock; pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from infra.charts.lock import FETCHED, LOCK, Lock, differing
from stacks.settings import Settings, SettingsError
from stacks.settings.mistakes import Mistake


def check(settings: Settings, lock: Lock, folder: Path) -> None:
    """Let the environment through.

    Raises:
        SettingsError: with everything that stands against it; see :func:`mistakes`.
    """
    if found := list(mistakes(settings, lock, folder)):
        raise SettingsError(settings.environment, found)


def mistakes(settings: Settings, lock: Lock, folder: Path) -> Iterator[Mistake]:
    """What stands against it, each with the way out.

    Args:
        settings: of the environment.
        lock: of the charts.
        folder: of ``Pulumi.yaml``; fetched archives lie beside it.
    """
    loose = [f"{chart.name} {chart.version}" for chart in lock.unverified]
    if loose and settings.environment.keeps_data and not settings.unverified_charts:
        yield Mistake(
            "ferry:unverified_charts",
            f"{settings.environment} keeps data, and {len(loose)} charts are pinned by version only "
            f"({', '.join(loose)}): what they install could change under the same version. Run `ferry charts "
            f"lock` where their registries can be reached, and commit infra/charts/{LOCK.name}; this key is "
            "for a reviewed exception",
            'unverified_charts: "agreed by A. Person until 1 December: the registry is being moved"',
        )
    for chart in lock.charts:
        if found := differing(chart, folder):
            yield Mistake(
                f"infra/charts/{LOCK.name}",
                f"{FETCHED}/{chart.file} is {found} and the lock says {chart.archive}",
                f"ferry charts fetch {chart.name}",
            )
