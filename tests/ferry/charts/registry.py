"""A small OCI registry and chart repository on loopback: the distribution API as far as a pull uses it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import yaml

CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
TOKEN = "anonymous-token"  # noqa: S105 - of a registry that ends with the test


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Registry:
    """What it holds: path → bytes; ``asks_token``: manifests are given to holders of a token only."""

    host: str = ""
    held: dict[str, bytes] = field(default_factory=dict)
    asks_token: bool = False
    digest_header: str | None = None
    asked: list[str] = field(default_factory=list)

    def push(self, path: str, tag: str, archive: bytes) -> str:
        """A chart as `helm push` leaves it; the digest of its manifest."""
        layer = {"mediaType": CONTENT, "digest": sha256(archive), "size": len(archive)}
        manifest = {"schemaVersion": 2, "layers": [layer]}
        body = json.dumps(manifest).encode()
        self.held[f"/v2/{path}/manifests/{tag}"] = body
        return sha256(body)

    def publish(self, name: str, version: str, archive: bytes, digest: str | None = None) -> None:
        """A chart in an index as `helm repo index` leaves it."""
        entry = {"version": version, "urls": [f"{name}-{version}.tgz"]}
        said = digest or hashlib.sha256(archive).hexdigest()
        index = {"entries": {name: [{**entry, "digest": said}]}}
        self.held["/charts/index.yaml"] = yaml.safe_dump(index).encode()
        self.held[f"/charts/{name}-{version}.tgz"] = archive


@contextmanager
def serving() -> Iterator[Registry]:
    """Serves until the block ends."""
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            path = urlsplit(self.path).path
            if path == "/token":
                scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
                return self._send(200, json.dumps({"token": f"{TOKEN} {scope}"}).encode())
            if path.startswith("/v2/") and registry.asks_token:
                scope = f"repository:{path.removeprefix('/v2/').partition('/manifests/')[0]}:pull"
                if self.headers.get("Authorization") != f"Bearer {TOKEN} {scope}":
                    return self._send(401, b"", scope)
            body = registry.held.get(path)
            return self._send(200, body) if body is not None else self._send(404, b"not here")

        def _send(self, status: int, body: bytes, scope: str = "") -> None:
            self.send_response(status)
            if scope:
                challenge = f'Bearer realm="http://{registry.host}/token",service="test",scope="{scope}"'
                self.send_header("WWW-Authenticate", challenge)
            if registry.digest_header:
                self.send_header("Docker-Content-Digest", registry.digest_header)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.host = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield registry
        server.shutdown()
