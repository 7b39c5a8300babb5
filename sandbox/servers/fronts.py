"""A Service's own address: what kube-proxy does on a node, for the few Services that are asked for by it.

Envoy Gateway sends most requests to pods. A ``Backend`` that names a Service's cluster IP, as the second
choice of a workload does, goes through the node instead, and so leads to a pod although Envoy holds that
pod's own address for dead. Here each such Service has a loopback address, and every connection to it is
carried to one of its pods.

Unlike kube-proxy, which rewrites packets, this ends connections: where no pod takes one it is reset after it
was accepted, not refused. Envoy retries both (``connect-failure`` and ``reset``).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence

log = logging.getLogger(__name__)

Address = tuple[str, int]
Fronts = Mapping[Address, Sequence[Address]]
"""Pods' addresses by the Service's own."""

Carrier = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_CHUNK = 65536
_HALF_OF_LOOPBACK = ipaddress.IPv4Address("127.128.0.0")


def front(cluster_ip: str) -> str:
    """The loopback address of a Service; of the half of 127.0.0.0/8 in which nobody else listens."""
    return str(_HALF_OF_LOOPBACK + int(ipaddress.ip_address(cluster_ip)) % 2**23)


class ServiceFronts:
    """Listens at Services' addresses, in a thread of its own."""

    def __init__(self) -> None:
        self._wanted: dict[Address, tuple[Address, ...]] = {}
        self._open: dict[Address, asyncio.Server] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def keep(self, wanted: Fronts) -> None:
        """Listen at these addresses from now on and at no other; returns when it does.

        A connection that is open stays with its pod, as one through a node does.
        """
        told = {address: tuple(pods) for address, pods in wanted.items()}
        if told == self._wanted:
            return
        self._wanted = told
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="service-fronts", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    async def _listen(self) -> None:
        for address in self._open.keys() - self._wanted.keys():
            self._open.pop(address).close()
        for address in self._wanted.keys() - self._open.keys():
            try:
                self._open[address] = await asyncio.start_server(self._carrier(address), *address)
            except OSError as error:
                log.warning("nobody can be reached at the Service address %s:%d: %s", *address, error)

    def _carrier(self, address: Address) -> Carrier:
        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                pod = random.choice(self._wanted[address])  # noqa: S311 - as kube-proxy picks one
                from_pod, to_pod = await asyncio.open_connection(*pod)
            except (OSError, LookupError):
                writer.transport.abort()
                return
            await asyncio.gather(_pump(reader, to_pod), _pump(from_pod, writer))
            to_pod.close()
            writer.close()

        return carry


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """One direction; a connection that breaks breaks the other one too."""
    try:
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()
        target.write_eof()
    except OSError:
        target.transport.abort()
