"""A Service's own address leads to its pods, over real sockets.

This tier proves that a connection to a front reaches a pod, that a dead pod's is reset, and that the list
of pods may change under it. It cannot prove that Envoy retries over it: the drill's row `kill` does.
Requirement C8.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.ports import free_ports
from sandbox.servers.fronts import ServiceFronts, front

HOST = front("172.20.0.7")


@contextlib.contextmanager
def pod(name: str) -> Iterator[tuple[str, int]]:
    """Says its name, and sends back what it is sent."""

    class Says(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = name.encode() + self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Says)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "127.0.0.1", server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(port: int, body: str = "") -> str:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("POST", "/", body=body)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_connection_reaches_one_of_the_pods_that_are_there_now() -> None:
    """C8."""
    (port,) = free_ports(1)
    kept = ServiceFronts()
    with pod("a") as first, pod("b") as second:
        kept.keep({(HOST, port): [first, second]})
        assert {ask(port) for _ in range(40)} == {"a", "b"}
        kept.keep({(HOST, port): [second]})
        assert {ask(port) for _ in range(10)} == {"b"}
        large = "x" * 300_000
        assert ask(port, large) == f"b{large}", "both directions are carried whole"
        kept.keep({})
        with pytest.raises(ConnectionRefusedError):
            ask(port)


def test_dead_pods_connection_is_reset_and_its_followers_is_not() -> None:
    """C8: what Envoy retries is a connection that fails at once, never one that hangs."""
    (port,) = free_ports(1)
    kept = ServiceFronts()
    with pod("a") as dead:
        pass
    kept.keep({(HOST, port): [dead]})
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask(port)
    with pod("c") as living:
        kept.keep({(HOST, port): [living]})
        assert ask(port) == "c"
    kept.keep({})


def test_services_addresses_stay_apart_and_off_the_beaten_loopback() -> None:
    """Two Services never share one, and none is an address at which a pod's process listens."""
    made = {front(f"172.20.{third}.{fourth}") for third in range(256) for fourth in (1, 7, 254)}
    assert len(made) == 256 * 3
    assert all(address.startswith("127.1") and not address.startswith("127.0.") for address in made)
