"""Ports that are free now and stay free until their server starts, minutes later."""

from __future__ import annotations

import random
import socket

# Below the range from which the kernel takes source ports (32768 on Linux by default): a connection of
# somebody else can then not sit on a port between the moment it was chosen and the moment its server binds
# it.
_LOWEST, _HIGHEST = 20_000, 32_000
_TRIES = 2_000


def free_ports(count: int) -> list[int]:
    """Different loopback ports that nobody listens on.

    Raises:
        OSError: there are not enough.
    """
    chosen: list[int] = []
    chooser = random.SystemRandom()
    for _ in range(_TRIES):
        if len(chosen) == count:
            return chosen
        port = chooser.randrange(_LOWEST, _HIGHEST)
        if port not in chosen and is_free(port):
            chosen.append(port)
    raise OSError(
        f"found {len(chosen)} free ports between {_LOWEST} and {_HIGHEST}, need {count}; stop what holds them"
    )


def is_free(port: int) -> bool:
    """Whether a server could listen on a loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def answers_at(address: str, port: int) -> bool:
    """Whether somebody listens at a loopback address other than the usual one."""
    try:
        with socket.create_connection((address, port), timeout=0.5):
            return True
    except OSError:
        return False
