"""Every alert's case."""

from __future__ import annotations

from tests.infra.watching.cases import crossing, machines, promise, stores
from tests.infra.watching.cases.case import Case, Near

__all__ = ["CASES", "Case", "Near"]

CASES: tuple[Case, ...] = (*promise.CASES, *crossing.CASES, *machines.CASES, *stores.CASES)
