"""The two stores while features move: the old one as it is, and Redis, where the newest write wins.

In Redis an entity's features are one hash. With them stands when they were written; a write that is older
than what is there changes nothing. So backfill and live writes may come in any order, twice, or again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Value = float | int | str | bool | None
AT = "_at"
"""Field of a hash: when its features were written. No feature may have this name."""
NEWEST_WINS = """
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and tonumber(known) > tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
"""
"""One step for Redis, so nobody sees half of it; the hash is written anew, so a dropped feature is gone."""


@dataclass(frozen=True)
class Written:
    """An entity's features and when they were written, in seconds that only grow for one entity."""

    values: Mapping[str, Value]
    at: float


class OldStore(Protocol):
    """Where features live today; what each is behind this seam is the workload's own."""

    def entities(self, group: str) -> Iterator[str]:
        """Every entity of a group."""
        ...

    def read(self, group: str, entity: str) -> Written | None:
        """What is there; None for nothing."""
        ...

    def write(self, group: str, entity: str, written: Written) -> None:
        """Write, as it is done today."""
        ...


@dataclass(frozen=True)
class RedisStore:
    """The feature store; ``client`` is redis-py's, of one server or of a cluster."""

    client: Any

    def read(self, group: str, entity: str) -> Written | None:
        """What is there; None for nothing."""
        found = {
            _text(key): _text(value) for key, value in self.client.hgetall(key_of(group, entity)).items()
        }
        if AT not in found:
            return None
        at = float(found.pop(AT))
        return Written({name: json.loads(value) for name, value in found.items()}, at)

    def write(self, group: str, entity: str, written: Written) -> bool:
        """Write unless something newer is there; whether it was written."""
        fields = [item for name, value in written.values.items() for item in (name, json.dumps(value))]
        done = self.client.eval(NEWEST_WINS, 1, key_of(group, entity), AT, repr(written.at), *fields)
        return bool(done)


def key_of(group: str, entity: str) -> str:
    """Name of an entity's hash."""
    return f"features:{group}:{entity}"


def _text(found: bytes | str) -> str:
    return found.decode() if isinstance(found, bytes) else found
