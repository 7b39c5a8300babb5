"""What the guard reads through the official client, from an API server's own words (C8)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kubernetes import client

from ferry.guard.cluster import Cluster, Pod
from workloads.patterns.migration import Names

WELL, ILL = (
    {"addresses": [address], "conditions": {"ready": ready}}
    for address, ready in (("10.0.0.7", True), ("10.0.0.8", False))
)
SLICES = [
    {
        "metadata": {"name": "blue"},
        "addressType": "IPv4",
        "endpoints": [WELL, ILL, {"addresses": ["10.0.0.9"]}],
    },
    {"metadata": {"name": "green"}, "addressType": "IPv4", "endpoints": None, "ports": None},
]
"""As an API server says it: a Service without pods has a slice, and no list in it."""


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"kind": "EndpointSliceList", "items": SLICES}).encode()
        asked = "/apis/discovery.k8s.io/v1/namespaces/churn/endpointslices?labelSelector=a%3Db"
        self.send_response(200 if self.path == asked else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    told = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    yield Cluster(client.ApiClient(told), Names("churn"))
    server.shutdown()
    server.server_close()


def test_a_service_without_pods_beside_one_with_pods_does_not_stop_the_guard(cluster: Cluster) -> None:
    assert cluster.pods({"a": "b"}) == [
        Pod("10.0.0.7", ready=True),
        Pod("10.0.0.8", ready=False),
        Pod("10.0.0.9", ready=True),
    ]
