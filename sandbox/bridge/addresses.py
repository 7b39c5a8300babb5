"""The one thing that the bridge changes: addresses. Pure, but for choosing free ones.

Names resolve through a hosts file of the process' own, so that host names in variables, arguments and
certificates stay what they are on AWS.
"""

from __future__ import annotations

import dataclasses
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.bridge.reading import Container

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - the text that is replaced, so that nothing listens there
_TRIES = 200


@dataclass(frozen=True)
class Addresses:
    """Where things are here.

    Attributes:
        own: the loopback address that stands for the pod's own.
        aws: the emulated AWS, ``http://127.0.0.1:40001``.
        apiserver: host and port of the API server.
        hosts: host name → loopback address: of databases, services, pods.
    """

    own: str
    aws: str = ""
    apiserver: tuple[str, int] | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)

    def hosts_file(self) -> str:
        """What ``/etc/hosts`` says."""
        lines = [
            "127.0.0.1 localhost",
            *(f"{address} {name}" for name, address in sorted(self.hosts.items())),
        ]
        return "\n".join(lines) + "\n"

    def variables(self) -> dict[str, str]:
        """Variables that are added: the AWS SDKs' own for another endpoint, and a kubelet's for its API."""
        added = {"AWS_ENDPOINT_URL": self.aws} if self.aws else {}
        if self.apiserver:
            added["KUBERNETES_SERVICE_HOST"] = self.apiserver[0]
            added["KUBERNETES_SERVICE_PORT"] = str(self.apiserver[1])
        return added


def translated(container: Container, addresses: Addresses) -> Container:
    """The container with this machine's addresses: nothing else differs, and a test compares the rest."""
    variables = {
        name: value.replace(EVERY_ADDRESS, addresses.own) for name, value in container.environment.items()
    }
    return dataclasses.replace(
        container,
        argv=tuple(item.replace(EVERY_ADDRESS, addresses.own) for item in container.argv),
        environment={**variables, **addresses.variables()},
    )


def loopback(port: int) -> str:
    """A loopback address on which nobody listens at ``port``: each pod has one, as it has in a cluster.

    Raises:
        OSError: none was found.
    """
    chooser = random.SystemRandom()
    for _ in range(_TRIES):
        address = f"127.{chooser.randrange(64, 127)}.{chooser.randrange(256)}.{chooser.randrange(1, 255)}"
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return address
    raise OSError(f"no loopback address is free at port {port}; stop what listens on 0.0.0.0:{port}")
