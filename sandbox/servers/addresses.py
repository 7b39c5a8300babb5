"""Where, on this machine, that runs which the cluster knows under a name of its own.

A file in the rehearsal's directory, so that every process of it may add to it and look things up: which pod's
port is answered by which local port. What nobody has named is nowhere: it is given an address that refuses
every connection, never one that could be somebody else's.
"""

from __future__ import annotations

import fcntl
import json
from dataclasses import dataclass
from pathlib import Path

from sandbox.worldspec import WorldSpec

NOWHERE = ("127.0.0.1", 9)
"""The discard port, which nobody serves: what is not here refuses connections at once, as a dead pod does."""


@dataclass(frozen=True)
class Place:
    """Something that listens, as the cluster names it: ``pod/<namespace>/<name>:<port>``.

    A Service stands for all its pods: ``service/<namespace>/<name>:<port>``; the port is the Service's own.
    Anything else is a host: ``host//<name>:<port>``.
    """

    kind: str
    namespace: str
    name: str
    port: int

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}:{self.port}"


class Addresses:
    """The rehearsal's address book.

    Args:
        path: its file; need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, spec: WorldSpec) -> Addresses:
        """The world's own."""
        return cls(spec.state / "addresses.json")

    def all(self) -> dict[str, tuple[str, int]]:
        """Every place that somebody serves here."""
        try:
            found = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return {place: (host, port) for place, (host, port) in found.items()}

    def put(self, place: Place, port: int, host: str = "127.0.0.1") -> None:
        """A local process serves this place at ``port``."""
        self._change(str(place), (host, port))

    def drop(self, place: Place) -> None:
        """Nobody serves it any more."""
        self._change(str(place), None)

    def _change(self, place: str, address: tuple[str, int] | None) -> None:
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = self.all()
            found.pop(place, None)
            if address is not None:
                found[place] = address
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(found, indent=1))
            part.replace(self._path)
