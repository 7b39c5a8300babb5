"""The committed environments, each registered once for all tests that look at it."""

from __future__ import annotations

import functools
from pathlib import Path

from stacks import program
from stacks.settings import Settings, load_file
from tests.infra.engine import Made, run

PROJECT = Path(__file__).parents[2]


@functools.cache
def settings(environment: str) -> Settings:
    """Settings of a committed stack file."""
    return load_file(PROJECT / f"Pulumi.{environment}.yaml")


@functools.cache
def made(environment: str) -> Made:
    """Everything that the program registers for it."""
    return build(settings(environment), environment)


def build(wanted: Settings, environment: str = "dev", *, preview: bool = False) -> Made:
    """Everything that the program registers for these settings."""
    return run(lambda: program.build(wanted), stack=environment, preview=preview)
