"""The real Triton, started as its pod's containers say.

The init container's own script fetches the model, and the server gets the pod's own arguments. What is
translated: paths of volumes, ports, and where Triton keeps its back ends (in the image, in the wheel). Triton
here runs on CPU. Its Python back end embeds Python, so this machine's Python library is shown to it.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.processes import Command
from sandbox.toolchain.table import Tool
from sandbox.worldspec import WorldSpec

Object = Mapping[str, Any]

_PORTS = ("http", "grpc", "metrics")
_READY_S = 120.0


class TritonError(Exception):
    """A pod cannot be run here; says why, and the way out."""


@dataclass(frozen=True)
class Here:
    """Where a pod's things are on this machine.

    Attributes:
        mounts: mount path in the pod to a directory here.
        ports: name of a container port to a port here.
        program: the ``tritonserver`` of the tools.
    """

    mounts: Mapping[str, Path]
    ports: Mapping[str, int]
    program: Path

    @property
    def backends(self) -> Path:
        """Where the wheel keeps Triton's back ends."""
        return self.program.resolve().parents[1] / "backends"


def containers(template: Object) -> tuple[Object, Object]:
    """The init container that fetches, and Triton's own; what else is in the pod is not Triton's.

    Raises:
        TritonError: the pod has not exactly one init container, or no container ``triton``.
    """
    spec = template["spec"]
    serving = [item for item in spec["containers"] if item["name"] == "triton"]
    if len(spec.get("initContainers") or []) != 1 or len(serving) != 1:
        raise TritonError(
            "this pod does not have one init container and one container `triton`, so it cannot be run as a "
            "served model; sandbox/servers/triton.py has to learn its new shape"
        )
    return spec["initContainers"][0], serving[0]


def arguments(container: Object, here: Here) -> list[str]:
    """Triton's command line: the container's own with this machine's paths and ports.

    Every port of the pod is one of this machine's, on loopback only.
    """
    own = [_translated(str(item), here.mounts) for item in container.get("args") or []]
    named = {item["name"]: int(item["containerPort"]) for item in container["ports"]}
    for name in _PORTS:
        own = [
            f"--{name}-port={here.ports[name]}" if item == f"--{name}-port={named[name]}" else item
            for item in own
        ]
    loopback = [f"--{name}-address=127.0.0.1" for name in _PORTS]
    return [str(here.program), *own, *loopback, f"--backend-directory={here.backends}"]


def environment(container: Object, here: Here, added: Mapping[str, str]) -> dict[str, str | None]:
    """The container's variables with this machine's paths, and what a kubelet or an image would add."""
    own = {item["name"]: _translated(str(item["value"]), here.mounts) for item in container.get("env") or []}
    return {**own, **added}


def fetching(container: Object, here: Here, aws: Mapping[str, str]) -> Command:
    """What the init container runs; ``aws`` says where AWS is and who asks."""
    command = [_translated(str(item), here.mounts) for item in container["command"]]
    argv = [sys.executable if item == "python3" else item for item in command]
    return Command("fetch-model", argv, environment(container, here, aws))


def serving(container: Object, here: Here, name: str) -> Command:
    """Triton, ready when the pod's own readiness probe says so."""
    probe = f"http://127.0.0.1:{here.ports['http']}{container['readinessProbe']['httpGet']['path']}"
    return Command(
        name,
        arguments(container, here),
        environment(container, here, {"LD_LIBRARY_PATH": str(python_library())}),
        ready=lambda: answers(probe),
        timeout_s=_READY_S,
    )


def python_library() -> Path:
    """Directory of this Python's shared library.

    Raises:
        TritonError: this Python has none.
    """
    name = f"libpython{sys.version_info.major}.{sys.version_info.minor}.so.1.0"
    multiarch = str(sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu")
    places = [Path(str(sysconfig.get_config_var("LIBDIR"))), Path("/usr/lib") / multiarch]
    for place in places:
        if (place / name).exists():
            return place
    raise TritonError(
        f"{name} is in none of {', '.join(map(str, places))}, so Triton's Python back end cannot start. "
        f"Install it (Debian: apt install {name.partition('.so')[0]}), or use a Python that was built with "
        "--enable-shared."
    )


def program(spec: WorldSpec) -> Path:
    """Triton among the tools of a world."""
    return spec.tools[Tool.TRITON]


def answers(url: str) -> bool:
    """Whether a probe succeeds, as a kubelet would ask."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def mounted(containers: Sequence[Object]) -> set[str]:
    """Every path at which one of them mounts a volume."""
    return {mount["mountPath"] for item in containers for mount in item.get("volumeMounts") or []}


def _translated(text: str, mounts: Mapping[str, Path]) -> str:
    """A text with the pod's mount paths replaced, where one stands alone, after ``=`` or before ``/``."""
    before, equals, path = text.rpartition("=")
    for mount, place in mounts.items():
        if path == mount or path.startswith(f"{mount}/"):
            return f"{before}{equals}{place}{path.removeprefix(mount)}"
    return text
