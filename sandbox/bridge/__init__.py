"""The bridge: what the program applied to the API server, run as processes of this machine.

A pod's container is read as a kubelet would read it (environment, arguments, Secrets, ConfigMaps, projected
tokens, volumes) and its command runs with exactly that, its volumes at their very paths. Only addresses are
translated: names resolve to loopback addresses, AWS is the emulated one, and a pod listens on an address of
its own. :mod:`sandbox.bridge.reading` decides, :mod:`sandbox.bridge.running` acts.
"""

from __future__ import annotations

from sandbox.bridge.addresses import Addresses, loopback, translated
from sandbox.bridge.image import Image
from sandbox.bridge.reading import Cluster, Container, ReadError, Volume, read
from sandbox.bridge.running import Bridge, Running

__all__ = [
    "Addresses",
    "Bridge",
    "Cluster",
    "Container",
    "Image",
    "ReadError",
    "Running",
    "Volume",
    "loopback",
    "read",
    "translated",
]
