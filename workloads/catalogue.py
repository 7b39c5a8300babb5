"""Every workload that Ferry knows: the packages of this room that have a ``definition``.

A new one is a package with a ``definition.py`` whose ``WORKLOAD`` is its spec; nothing else has to be told.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from workloads.spec import WorkloadSpec


def _found() -> dict[str, WorkloadSpec]:
    """Definitions beside this file, by the workload's name, most important first."""
    packages = sorted(path.parent.name for path in Path(__file__).parent.glob("*/definition.py"))
    specs = [_definition(package) for package in packages]
    specs.sort(key=lambda spec: (spec.wave.weeks, spec.priority, -spec.impact_usd, spec.name))
    return {spec.name: spec for spec in specs}


def _definition(package: str) -> WorkloadSpec:
    """The spec of ``workloads/<package>/``, which bears its name.

    Raises:
        TypeError: the module has no ``WORKLOAD``, or one of another name.
    """
    spec = getattr(importlib.import_module(f"workloads.{package}.definition"), "WORKLOAD", None)
    if not isinstance(spec, WorkloadSpec) or spec.name != package.replace("_", "-"):
        right = f'WORKLOAD = WorkloadSpec(name="{package.replace("_", "-")}", …)'
        raise TypeError(
            f"workloads/{package}/definition.py does not define the workload of its name, so nobody could "
            f"configure it. Write {right}."
        )
    return spec


CATALOGUE: Mapping[str, WorkloadSpec] = _found()
"""Workload by name (requirement C4, and the OCR service of D), in the order in which they move."""
