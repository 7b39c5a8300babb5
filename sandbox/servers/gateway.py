"""The real Envoy Gateway with its real Envoy, while its chart is installed.

Inside a cluster Envoy Gateway reads the API server and runs Envoy as a Deployment. Here it reads a file,
which this stand-in keeps equal to the API server's objects (:mod:`sandbox.servers.routes` says what is
translated), and runs Envoy as a process. It is configured with the release's own ``config.envoyGateway``.

It binds fixed ports (18000, 18002, 8081, and those of the listeners), so it needs a network of its own, which
every rehearsal has.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import Kind, Loop
from sandbox.cluster.releases import SECRET_TYPE, Release, current
from sandbox.controlplane.client import Client, Object
from sandbox.controlplane.watching import Watcher
from sandbox.processes import Child, Command, Supervisor
from sandbox.servers.addresses import Addresses
from sandbox.servers.fronts import ServiceFronts
from sandbox.servers.routes import KINDS, SEEN, Cluster, fronts, mirrored
from sandbox.toolchain.table import RECIPES, Tool
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

CHART = "gateway-helm"
HEALTH = "http://127.0.0.1:8081/readyz"
PROCESS = "envoy-gateway"
_READY_S = 60.0
_GRACE_S = 5.0


def configuration(release: Release, home: Path) -> dict[str, Any]:
    """What Envoy Gateway is started with: the release's own, but for where things come from and run."""
    given: Mapping[str, Any] = (release.values.get("config") or {}).get("envoyGateway") or {}
    places = {name: str(home / name) for name in ("configHome", "dataHome", "stateHome", "runtimeDir")}
    custom = {
        "resource": {"type": "File", "file": {"paths": [str(home / "resources")]}},
        "infrastructure": {"type": "Host", "host": places},
    }
    # Its own metrics would take the port at which each proxy, in a pod of its own, gives statistics.
    quiet = {"telemetry": {"metrics": {"prometheus": {"disable": True}}}}
    header = {"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyGateway"}
    return {**header, **given, **quiet, "provider": {"type": "Custom", "custom": custom}}


class GatewayServer:
    """One Envoy Gateway and the file it reads; started and stopped by whoever keeps it.

    Args:
        spec: the world, with its tools.
        supervisor: whose child it becomes.
        home: its directory.
    """

    def __init__(self, spec: WorldSpec, supervisor: Supervisor, home: Path) -> None:
        self._spec = spec
        self._supervisor = supervisor
        self._home = home
        self._written = ""
        self._told_envoy = False
        self._child: Child | None = None

    def write(self, objects: Sequence[Object]) -> None:
        """Give it these objects; it sees a changed file at once.

        What changes between its first reading and its watching it does not see (measured: 9 s on a busy
        machine), so that the file is written once more when it has told an Envoy of what it read.
        """
        text = yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=True)
        again = not self._told_envoy and self._child is not None and proxying(self._home)
        if text == self._written and not again:
            return
        self._told_envoy = self._told_envoy or again
        resources = self._home / "resources"
        resources.mkdir(parents=True, exist_ok=True)
        # Hidden files are not read: it appears whole, by one rename.
        part = resources / ".objects.part"
        part.write_text(text)
        part.replace(resources / "objects.yaml")
        self._written = text

    def start(self, release: Release) -> None:
        """Start it, if it does not run; returns at once."""
        if self._child is not None and self._child.running:
            return
        if self._child is not None:
            log.warning("Envoy Gateway ended; starting it again")
            self._supervisor.stop(self._child)
        self._prepare(release)
        self._told_envoy = False
        program, config = self._spec.tools[Tool.ENVOY_GATEWAY], self._home / "config.yaml"
        argv: list[str | Path] = [program, "server", "--config-path", config]
        command = Command(PROCESS, argv, ready=healthy, timeout_s=_READY_S, grace_s=_GRACE_S)
        self._child = self._supervisor.launch(command)

    def stop(self) -> None:
        """Stop it and its Envoy."""
        if self._child is not None:
            self._supervisor.stop(self._child)
            self._child = None

    def _prepare(self, release: Release) -> None:
        """Its configuration, its certificates, and Envoy where it looks for it."""
        self._home.mkdir(parents=True, exist_ok=True)
        config = self._home / "config.yaml"
        config.write_text(yaml.safe_dump(configuration(release, self._home)))
        binary = self._home / "dataHome" / "envoy-versions" / envoy_version() / "bin" / "envoy"
        if not binary.exists():
            binary.parent.mkdir(parents=True)
            binary.symlink_to(Path(self._spec.tools[Tool.ENVOY]).resolve())
        certificates = self._home / "configHome"
        if not certificates.exists():
            gateway = self._spec.tools[Tool.ENVOY_GATEWAY]
            argv: list[str | Path] = [gateway, "certgen", "--local", "--config-home", certificates]
            subprocess.run(argv, check=True, capture_output=True, cwd=self._home)


class Gateways:
    """Runs Envoy Gateway while its release is installed, with what the API server holds."""

    def __init__(self, spec: WorldSpec, client: Client, supervisor: Supervisor, ledger: Ledger) -> None:
        self._client = client
        self._addresses = Addresses.of(spec)
        self._server = GatewayServer(spec, supervisor, spec.state / "envoy-gateway")
        self._fronts = ServiceFronts()
        self._ledger = ledger

    def loop(self) -> Loop:
        """The loop that drives it; the address book is looked at twice a second."""
        kinds = [Kind("v1", "Secret", f"type={SECRET_TYPE}"), *(Kind(*item) for item in (*KINDS, *SEEN))]
        return Loop("gateways", self._client, kinds, self.step, every_s=0.5)

    def step(self, watchers: Sequence[Watcher]) -> None:
        """One round."""
        secrets, *rest = watchers
        release = next((item for item in current(secrets.objects()) if item.chart == CHART), None)
        if release is None:
            self._server.stop()
            return
        kinds = [kind for _, kind in (*KINDS, *SEEN)]
        versions = [version for version, _ in (*KINDS, *SEEN)]
        objects = {
            kind: [{"apiVersion": version, "kind": kind, **item} for item in watcher.objects()]
            for kind, version, watcher in zip(kinds, versions, rest, strict=True)
        }
        if not objects["GatewayClass"]:
            return  # its definitions are there, and nothing to serve yet
        cluster = Cluster(objects, self._addresses.all(), envoy_version())
        self._fronts.keep(fronts(cluster))
        self._server.write(mirrored(cluster))
        self._server.start(release)
        self._ledger.note("Envoy Gateway's Deployments: the real ones run as processes, with one Envoy")


def envoy_version() -> str:
    """Of the Envoy that runs here."""
    return RECIPES[Tool.ENVOY].version


def healthy() -> bool:
    """Whether Envoy Gateway says that it is ready."""
    try:
        return httpx.get(HEALTH, timeout=2.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def proxying(home: Path) -> bool:
    """Whether an Envoy runs and has what it was told; Envoy Gateway watches its file before it starts one."""
    try:
        return httpx.get(f"{admin(home)}/ready", timeout=2.0, trust_env=False).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def admin(home: Path) -> str | None:
    """Address of the last Envoy's own administration, once it runs; it chooses the port itself."""
    for found in sorted(home.glob("**/admin-address.txt"), key=lambda path: -path.stat().st_mtime):
        return f"http://{found.read_text().strip()}"
    return None


@contextlib.contextmanager
def statistics(home: Path, host: str, port: int = 19001) -> Iterator[None]:
    """Envoy's statistics where a proxy's pod gives them; on a machine Envoy chooses a port of its own."""
    # One client: making one reads every certificate authority of the machine, 20 ms of it.
    http = httpx.Client(timeout=2.0, trust_env=False)

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                found = http.get(f"{admin(home)}{self.path}")
            except (httpx.HTTPError, httpx.InvalidURL):
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            self.send_response(found.status_code)
            self.send_header("Content-Length", str(len(found.content)))
            with contextlib.suppress(ConnectionError):  # a guard waits 1.5 s and goes
                self.end_headers()
                self.wfile.write(found.content)

        def log_message(self, *_: object) -> None:
            """Asked twice a second."""

    server = ThreadingHTTPServer((host, port), Relay)
    threading.Thread(target=server.serve_forever, name="statistics", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        http.close()


def config_dump(home: Path) -> dict[str, Any]:
    """What Envoy was really told, as it says itself.

    Raises:
        httpx.HTTPError: it does not run.
    """
    found: dict[str, Any] = json.loads(
        httpx.get(f"{admin(home)}/config_dump?include_eds", timeout=10.0, trust_env=False).text
    )
    return found
