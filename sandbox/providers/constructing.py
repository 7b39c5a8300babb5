"""Serving remote components: the engine asks for one, its children are registered through the engine.

The SDK's own servicer does the protocol; what it leaves to a plugin's command line (the engine's address)
comes here by ``Handshake`` and ``Attach``, as for any provider that is attached by its port.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from stacks import garbage

log = logging.getLogger(__name__)

Inputs = Mapping[str, Any]
Component = Callable[[str, Inputs, pulumi.ResourceOptions], ConstructResult]
"""Registers a component and its children; gives its URN and outputs."""


class Components(Provider):
    """A provider that has components only, by type token."""

    def __init__(self, version: str, components: Mapping[str, Component]) -> None:
        super().__init__(version)
        self._components = components

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """The component's children, registered; refuses a type that is not emulated, by name."""
        component = self._components.get(resource_type)
        if component is None:
            raise NotImplementedError(
                f"{resource_type} is not emulated by the rehearsal, which has {', '.join(self._components)}. "
                "Rehearse with the official provider, or build it from resources of your own"
            )
        return component(name, inputs, options or pulumi.ResourceOptions())


class ConstructServicer(ProviderServicer):
    """The SDK's servicer, attached instead of launched."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider, [], engine_address="")

    async def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the gRPC service's name
        """Take the engine's address."""
        self.engine_address = request.engine_address
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    async def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802 - the gRPC service's name
        """Take the engine's address."""
        self.engine_address = request.address
        return empty_pb2.Empty()

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the gRPC service's name
        """Any configuration will do: components have none of their own."""
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the gRPC service's name
        """A change of configuration replaces nothing."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)


async def serve_async(provider: Provider, announce: Callable[[int], None], stop: asyncio.Event) -> None:
    """Serve on a free loopback port, told to ``announce``, until ``stop``."""
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ConstructServicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    announce(port)
    await stop.wait()
    await server.stop(grace=1)


def serve(provider: Provider) -> None:
    """Serve until SIGTERM; the port is the first line on stdout, as plugins print it."""
    garbage.seldom()

    async def main() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await serve_async(provider, lambda port: print(port, flush=True), stop)  # noqa: T201 - the plugin protocol

    asyncio.run(main())
