"""Manifests of others: nothing is applied that is not what was locked (B2, B3).

The publisher is a server on this machine. That GitHub has the locked commits cannot be proved from here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.contents import lock
from infra.contents.lock import Content, ContentError, locked
from infra.contents.objects import documents, token
from infra.contents.sources import Published, Shelved
from tests.infra.environments import source

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BODIES = {
    "a.yaml": b"kind: Service\napiVersion: v1\nmetadata: {name: a}\n",
    "b/c.yaml": b"---\nkind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: c}\n---\n",
}
CONTENT = Content(
    name="sample",
    repository="example/project",
    version="v1.2.3",
    commit=COMMIT,
    root="manifests",
    files={name: f"sha256:{hashlib.sha256(body).hexdigest()}" for name, body in BODIES.items()},
)


class Publisher(ThreadingHTTPServer):
    """Single files, as GitHub serves them; remembers what was asked."""

    def __init__(self) -> None:
        self.bodies = {f"/example/project/{COMMIT}/manifests/{name}": body for name, body in BODIES.items()}
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.bodies.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_args: object) -> None:
        """Silence."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_files_are_fetched_once_by_their_commit_and_are_what_was_locked(
    publisher: Publisher, tmp_path: Path
) -> None:
    """B2: the second `up` asks nobody."""
    wanted = Published(tmp_path, publisher.url)
    assert wanted.bring(CONTENT) == BODIES
    assert all(COMMIT in path for path in publisher.asked)
    assert wanted.bring(CONTENT) == BODIES
    assert len(publisher.asked) == len(BODIES)


def test_a_changed_byte_at_the_publisher_fails_and_leaves_nothing(
    publisher: Publisher, tmp_path: Path
) -> None:
    """B2."""
    (path,) = [path for path in publisher.bodies if path.endswith("a.yaml")]
    publisher.bodies[path] = publisher.bodies[path].replace(b"Service", b"Servicf")
    with pytest.raises(ContentError, match=r"a\.yaml is sha256:.* and lock\.yaml says .* nothing of sample"):
        Published(tmp_path, publisher.url).bring(CONTENT)
    assert not list(tmp_path.rglob("a.yaml"))


def test_a_changed_byte_in_the_folder_fails(publisher: Publisher, tmp_path: Path) -> None:
    """B2: what was fetched is compared at every use."""
    wanted = Published(tmp_path, publisher.url)
    wanted.bring(CONTENT)
    (file,) = tmp_path.rglob("a.yaml")
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(ContentError, match="nothing of sample is applied"):
        wanted.bring(CONTENT)


def test_who_cannot_be_reached_is_named_with_the_way_out(publisher: Publisher, tmp_path: Path) -> None:
    publisher.bodies.clear()
    with pytest.raises(ContentError, match=r"could not be fetched .*404.*Run this where GitHub is reachable"):
        Published(tmp_path, publisher.url).bring(CONTENT)


def test_shelf_has_it_whole_or_says_that_it_has_it_not(tmp_path: Path) -> None:
    shelf = Shelved(tmp_path)
    assert shelf.bring(CONTENT) is None
    assert shelf.missing == {"sample"}
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "a.yaml").write_bytes(BODIES["a.yaml"])
    with pytest.raises(ContentError, match="lacks what"):
        shelf.bring(CONTENT)


@pytest.mark.parametrize("name", ["katib", "argo-workflows"])
def test_the_tools_have_what_the_lock_names(name: str) -> None:
    """B3: Katib's and Argo's own modules, byte by byte what their repositories have at the locked commit."""
    files = source().bring(locked(name))
    assert files is not None
    assert list(files) == list(locked(name).files)


def test_pipelines_are_locked_though_no_registry_has_them() -> None:
    """B2: a rehearsal records them, and says so."""
    assert source().bring(locked("kubeflow-pipelines")) is None
    assert "kubeflow-pipelines" in source().missing


def test_documents_have_the_types_of_the_official_provider() -> None:
    found = documents(BODIES)
    assert [token(item) for item in found] == [
        "kubernetes:core/v1:Service",
        "kubernetes:rbac.authorization.k8s.io/v1:Role",
    ]


def test_a_content_that_nobody_locked_is_refused() -> None:
    with pytest.raises(ContentError, match="has no seldon"):
        locked("seldon")


def test_lock_refuses_a_tag_in_the_place_of_a_commit(tmp_path: Path) -> None:
    text = lock.LOCK.read_text()
    file = tmp_path / "lock.yaml"
    file.write_text(text.replace(locked("katib").commit, "v0.19.0"))
    with pytest.raises(ContentError, match="is no lock"):
        lock.read(file)
