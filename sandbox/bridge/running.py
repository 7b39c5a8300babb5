"""Starts what :mod:`sandbox.bridge.reading` read, supervised; ends with its supervisor."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.bridge.addresses import Addresses, translated
from sandbox.bridge.image import Image
from sandbox.bridge.reading import Cluster, Container, Object, ReadError, read
from sandbox.controlplane.client import Client
from sandbox.kubelet.objects import TEMPLATES, dig
from sandbox.processes import Child, Command, Ready, Supervisor
from sandbox.worldspec import WorldSpec

INSIDE = Path(__file__).with_name("inside.py")
VERSIONS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Pod": "v1"}
VERSIONS |= {"Job": "batch/v1", "CronJob": "batch/v1"}
HOSTS = "/etc/hosts"
IN_MEMORY = "in-memory"
"""Directory of a pod's volumes that a kubelet keeps in memory only; here they are on disk while it runs."""
SECONDS = 300.0
"""How long a container may take to be ready, or a Job to end: a bound for a busy machine, not a claim."""
_POLL_S = 0.05


@dataclass(frozen=True)
class Running:
    """A container's process.

    Attributes:
        read: the container as the manifest says, before addresses were translated.
        container: what really runs.
        child: the process.
        folders: path in the container → its directory on this machine.
    """

    read: Container
    container: Container
    child: Child
    folders: Mapping[str, Path]

    def file(self, path: str) -> Path:
        """Where a file of a mounted volume is on this machine."""
        mount = max((item for item in self.folders if path.startswith(item)), key=len)
        return self.folders[mount] / path[len(mount) :].lstrip("/")


class Bridge:
    """Runs containers of one cluster.

    Args:
        spec: the world whose API server and emulated AWS they use.
        kube: a client of that API server.
        supervisor: starts, watches and ends the processes.
        folder: where volumes are; made if missing.
    """

    def __init__(self, spec: WorldSpec, kube: Client, supervisor: Supervisor, folder: Path) -> None:
        self._spec = spec
        self._kube = kube
        self._supervisor = supervisor
        self._folder = folder

    def holder(self, kind: str, namespace: str, name: str) -> Object:
        """A Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod.

        Raises:
            ReadError: it is not in the API server.
        """
        found = self._kube.get(VERSIONS[kind], kind, name, namespace)
        if found is None:
            raise ReadError(f"{kind} {namespace}/{name} is not in the API server, so it cannot be run")
        return found

    def addresses(self, own: str, hosts: Mapping[str, str] | None = None) -> Addresses:
        """Addresses of a pod of this world; ``own`` is its own, ``hosts`` what it finds by name."""
        host, _, port = self._spec.apiserver.removeprefix("https://").partition(":")
        return Addresses(own, self._spec.aws_endpoint, (host, int(port)), hosts or {})

    def read(self, holder: Object, image: Image, own: str, container: str = "") -> Container:
        """A container of a holder's pod as the manifest says; the first one by default.

        Raises:
            ReadError: something that it needs is missing.
        """
        namespace = str(holder["metadata"]["namespace"])
        template = dig(holder, TEMPLATES[holder["kind"]]) if holder["kind"] in TEMPLATES else holder
        name = container or template["spec"]["containers"][0]["name"]
        return read(template, name, namespace, self._cluster(own), image)

    def start(
        self,
        label: str,
        holder: Object,
        image: Image,
        addresses: Addresses,
        *,
        container: str = "",
        ready: Ready | None = None,
        timeout_s: float = SECONDS,
    ) -> Running:
        """Start a container's process without waiting; :meth:`wait` waits until it is ready.

        Args:
            label: unique; names its log and its pod's directory; containers of one pod share what stands
                before the first ``/``.

        Raises:
            ReadError: the manifest asks for something that is not there.
            ProcessError: it could not be started.
        """
        found = self.read(holder, image, addresses.own, container)
        here = translated(found, addresses)
        folders = self._bring(label, found, image, addresses)
        plan = self._plan(label, here, found, folders)
        argv: list[str | Path] = [sys.executable, "-I", "-S", INSIDE, plan]
        name = label.replace("/", "-")
        child = self._supervisor.launch(Command(name, argv, ready=ready, timeout_s=timeout_s, grace_s=15.0))
        return Running(found, here, child, folders)

    def wait(self, running: Running) -> None:
        """Wait until a started process is ready.

        Raises:
            ProcessError: it ended, or was not ready in time.
        """
        self._supervisor.wait_ready(running.child)

    def finish(self, running: Running, timeout_s: float = SECONDS) -> None:
        """Wait until a process has ended by itself, with 0: a Job's.

        Raises:
            ProcessError: it failed or did not end; the message has the end of its log.
        """
        ends = time.monotonic() + timeout_s
        while running.child.running:
            if time.monotonic() > ends:
                raise running.child.failure(f"did not end within {timeout_s:.0f} s")
            time.sleep(_POLL_S)
        code = running.child.process.returncode
        self._supervisor.stop(running.child)
        if code != 0:
            raise running.child.failure(f"ended with code {code}")

    def stop(self, running: Running, *, at_once: bool = False) -> None:
        """End a process: politely, or ``at_once`` as a machine that fails would."""
        if at_once:
            running.child.process.kill()
        self._supervisor.stop(running.child)

    def _cluster(self, own: str) -> Cluster:
        return Cluster(
            get=self._kube.get,
            token=self._kube.token,
            ca=self._spec.ca_file.read_bytes(),
            address=own,
            region=self._spec.region,
        )

    def _bring(self, label: str, found: Container, image: Image, addresses: Addresses) -> dict[str, Path]:
        """Write the volumes, and the hosts file; path in the container → here."""
        pod = self._folder / label.partition("/")[0]
        folders: dict[str, Path] = {}
        for path, volume in found.volumes.items():
            folders[path] = (pod / IN_MEMORY if volume.in_memory else pod) / volume.name
            folders[path].mkdir(parents=True, exist_ok=True)
            for name, content in volume.files.items():
                file = folders[path] / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(mode=0o600)
                file.write_bytes(content)
        hosts = pod / "hosts"
        pod.mkdir(parents=True, exist_ok=True)
        hosts.write_text(addresses.hosts_file())
        return {**image.content, HOSTS: hosts, **folders}

    def _plan(self, label: str, here: Container, found: Container, folders: Mapping[str, Path]) -> Path:
        """Write what :mod:`sandbox.bridge.inside` reads; nobody else can, since variables may be secret."""
        name = label.replace("/", "-")
        root = self._folder / f"{name}.root"
        root.mkdir(parents=True, exist_ok=True)
        mounts = [
            {"path": path, "source": str(source), "read_only": _read_only(path, found)}
            for path, source in _outermost_first(folders)
        ]
        plan = {
            "argv": list(here.argv),
            "environment": dict(here.environment),
            "user": here.user,
            "root": str(root),
            "mounts": mounts,
        }
        file = self._folder / f"{name}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(plan))
        return file


def _read_only(path: str, found: Container) -> bool:
    return path not in found.volumes or found.volumes[path].read_only


def _outermost_first(folders: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    yield from sorted(folders.items(), key=lambda item: item[0].count("/"))
