"""What a gap is given, and how it says that moto should answer after all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from sandbox.aws.identity import Principal
from sandbox.aws.wire import Call
from sandbox.worldspec import WorldSpec


@dataclass(frozen=True)
class Ask:
    """One recognised call: in which world, what, and by whom."""

    spec: WorldSpec
    call: Call
    principal: Principal

    @property
    def account(self) -> str:
        """Twelve digits."""
        return self.spec.account

    @property
    def region(self) -> str:
        """Of the signature."""
        return self.call.region

    @property
    def params(self) -> Mapping[str, Any]:
        """The input by the model's member names."""
        return self.call.params


class Passed:
    """A handler's way to say: checked, and moto answers."""


PASS = Passed()

Handler = Callable[[Ask], object]
"""Returns the result by the names of the output shape, or :data:`PASS`; raises RefusedError."""


@dataclass(frozen=True)
class Gap:
    """What is filled of one service: signing name, and a handler per operation."""

    service: str
    handlers: Mapping[str, Handler] = field(default_factory=dict)


def ask_backend(method: Callable[..., Any], params: Mapping[str, Any], **more: Any) -> Any:
    """Call a method of moto's backend with a call's input: ``NumNodeGroups`` becomes ``num_node_groups``.

    What the method takes and the input lacks is None; what the method does not know is left out.
    """
    named = {xform_name(name): value for name, value in params.items()} | more
    return method(**{name: named.get(name) for name in inspect.signature(method).parameters})
