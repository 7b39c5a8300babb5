"""Runs the way in for real, in a network of its own, and writes down what was seen.

``python -m tests.sandbox.servers.way_in TOOLS OUT STATE``: a program of its own, because Envoy Gateway
binds fixed ports. It decides nothing: ``test_gateway.py`` judges what stands in OUT.
"""

from __future__ import annotations

import collections
import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from moto.server import ThreadedMotoServer

from infra.gateway import manifests
from infra.triton import RouteTo, pod
from infra.triton.component import route
from sandbox.cluster.releases import Release
from sandbox.ports import free_ports
from sandbox.processes import Supervisor
from sandbox.servers import gateway, triton
from sandbox.servers.routes import Cluster, mirrored
from sandbox.worldspec import WorldSpec
from tests.sandbox.servers import objects
from tests.sandbox.servers.model import BUCKET, INFER, SPEC, publish

HOST = {"Host": "ml.example.com"}
REQUESTS = 200


TO = RouteTo({"name": manifests.NAME, "namespace": manifests.NAMESPACE}, HOST["Host"])


@contextlib.contextmanager
def slot(name: str) -> Iterator[int]:
    """A backend that says its name."""

    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(name)))
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Says)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def until(done: Callable[[], bool], seconds: float = 60.0) -> float:
    """Seconds until it was so; raises when it never was."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not so within {seconds:.0f} s: {done}")
        time.sleep(0.05)
    return time.monotonic() - began


def ask(path: str) -> str:
    """The answer's text, or its status where it is no success."""
    try:
        answer = httpx.get(f"http://127.0.0.1:443{path}", headers=HOST, timeout=5.0, trust_env=False)
    except httpx.HTTPError as error:
        return type(error).__name__
    return answer.text if answer.is_success else str(answer.status_code)


def infer() -> Any:
    """One inference through Envoy."""
    url = "http://127.0.0.1:443/v2/models/churn/infer"
    answer = httpx.post(url, json=INFER, headers=HOST, timeout=10.0, trust_env=False)
    return answer.json()["outputs"][0]["data"] if answer.is_success else answer.status_code


class WayIn:
    """Everything that runs, step by step."""

    def __init__(self, spec: WorldSpec, supervisor: Supervisor) -> None:
        self.spec = spec
        self.supervisor = supervisor
        self.home = spec.state / "envoy-gateway"
        self.server = gateway.GatewayServer(spec, supervisor, self.home)
        self.seen: dict[str, Any] = {}

    def tell(self, weights: dict[str, int], ports: dict[str, int]) -> None:
        """Give Envoy Gateway the objects of a cluster."""
        book = {f"pod/serving/{name}-1:8000": ("127.0.0.1", port) for name, port in ports.items()}
        to_model = route("churn", "churn", TO)
        self.server.write(mirrored(Cluster(objects.of(weights, to_model), book, gateway.envoy_version())))

    def split(self, ports: dict[str, int]) -> None:
        """Weights as the route says, and again after an edit."""
        self.tell({"blue": 75, "green": 25}, ports)
        self.server.start(
            Release("envoy-gateway", "gateway", 1, "deployed", gateway.CHART, "v1.9.0", RELEASE)
        )
        self.seen["started_s"] = until(lambda: ask("/slot") in {"blue", "green"}, 120.0)
        self.seen["split"] = collections.Counter(ask("/slot") for _ in range(REQUESTS))
        self.tell({"blue": 0, "green": 100}, ports)
        self.seen["edit_s"] = until(lambda: {ask("/slot") for _ in range(8)} == {"green"}, 30.0)
        self.seen["edited"] = collections.Counter(ask("/slot") for _ in range(50))
        self.seen["refused_path"] = ask("/v2/repository/index")
        self.seen["dump"] = gateway.config_dump(self.home)

    def serve(self, port: int) -> None:
        """Fetch as the init container does, serve as the container does."""
        template = pod.template("churn", SPEC, BUCKET, self.spec.region, "on-demand")
        fetch, container = triton.containers(template)
        folders = {
            path: self.spec.state / "pod" / path.strip("/") for path in triton.mounted([fetch, container])
        }
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        (folders[pod.FETCH] / "fetch.py").write_text(pod.SCRIPT)
        _, grpc, metrics = free_ports(3)
        here = triton.Here(
            folders, {"http": port, "grpc": grpc, "metrics": metrics}, triton.program(self.spec)
        )
        child = self.supervisor.launch(triton.fetching(fetch, here, self.spec.environment()))
        self.seen["fetched"] = child.process.wait(60)
        self.supervisor.stop(child)
        self.supervisor.start(triton.serving(container, here, "triton"))
        self.seen["metrics"] = httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False).text


RELEASE = {"config": manifests.values(2)["config"]}


def main(tools: Path, out: Path, state: Path) -> int:
    """All steps, in order; what was seen is written even if one fails."""
    aws, port = free_ports(2)
    store = ThreadedMotoServer("127.0.0.1", aws, verbose=False)
    store.start()
    found = {name: Path(path) for name, path in json.loads(tools.read_text()).items()}
    spec = objects.world(state, found, f"http://127.0.0.1:{aws}")
    publish(spec.aws_endpoint)
    with Supervisor(state) as supervisor, slot("blue") as blue, slot("green") as green:
        way = WayIn(spec, supervisor)
        try:
            way.split({"blue": blue, "green": green, "churn": port})
            way.serve(port)
            until(lambda: isinstance(infer(), list))
            way.seen["inferred"] = infer()
            store.stop()
            way.seen["store_answers"] = triton.answers(spec.aws_endpoint)
            way.seen["alone"] = [infer() for _ in range(20)]
        finally:
            out.write_text(json.dumps(way.seen))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
