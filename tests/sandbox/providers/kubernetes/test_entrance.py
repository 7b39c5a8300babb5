"""Who EKS lets in. Proves when a token would be refused on AWS; EKS here is a few lines of HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.kubernetes.entrance import refusal
from sandbox.providers.kubernetes.kubeconfig import Cluster, UnreachableError, choose
from tests.sandbox.providers.kubernetes.conftest import make_kubeconfig

Answers = dict[str, Any]


@pytest.fixture
def eks() -> Iterator[Callable[[Answers], str]]:
    """Starts an EKS that knows these paths; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answers: Answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = answers.get(self.path.partition("?")[0])
                self.send_response(200 if answer is not None else 404)
                self.end_headers()
                self.wfile.write(json.dumps(answer or {}).encode())

            def log_message(self, *_: Any) -> None:
                return None

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _cluster(creator: bool) -> Answers:
    return {
        "/clusters/c": {"cluster": {"accessConfig": {"bootstrapClusterCreatorAdminPermissions": creator}}}
    }


def test_a_cluster_without_an_administrator_takes_no_token(eks: Callable[[Answers], str]) -> None:
    """Objects made before the access entries fail, as on AWS (A2)."""
    nobody = _cluster(False) | {"/clusters/c/access-entries": {"accessEntries": []}}
    assert "let the provider depend on the entries" in (refusal(eks(nobody), "us-east-1", "c") or "")
    somebody = _cluster(False) | {
        "/clusters/c/access-entries": {"accessEntries": ["arn:aws:iam::1:role/apply"]}
    }
    assert refusal(eks(somebody), "us-east-1", "c") is None


def test_the_creator_may_enter_where_the_cluster_says_so(eks: Callable[[Answers], str]) -> None:
    assert refusal(eks(_cluster(True)), "us-east-1", "c") is None


def test_a_token_for_another_cluster_is_worth_nothing(eks: Callable[[Answers], str]) -> None:
    endpoint = eks(_cluster(True))
    cluster = Cluster("https://127.0.0.1:1", "t", Path("/nonexistent"), endpoint, "us-east-1")
    with pytest.raises(UnreachableError, match="EKS knows no cluster ferry-test"):
        choose({"kubeconfig": make_kubeconfig("https://127.0.0.1:1", "Y2E=")}, cluster)


def test_an_eks_that_cannot_be_asked_refuses_nobody() -> None:
    assert refusal("http://127.0.0.1:9", "us-east-1", "c") is None
