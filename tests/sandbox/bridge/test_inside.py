"""A process started over the bridge really has what its manifest says, at the very paths, and no more.

Needs a user namespace of its own, as every rehearsal does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.bridge import Addresses, Bridge, Image
from sandbox.bridge.running import Running
from sandbox.processes import ProcessError, Supervisor
from sandbox.worldspec import WorldSpec
from tests.sandbox.bridge.objects import CLUSTER, CONTAINER, TEMPLATE, get, token

REPORT = """\
import json, os, socket, sys
from pathlib import Path
read = {
    path: Path(path).read_bytes().decode("latin-1")
    for path in ("/etc/app/level", "/run/words/word", "/var/run/both/a/level", "/opt/image/file")
}
try:
    Path("/etc/app/new").touch()
    wrote = True
except OSError:
    wrote = False
json.dump({
    "argv": sys.argv, "environment": dict(os.environ), "user": os.getuid(), "files": read, "wrote": wrote,
    "address": socket.gethostbyname("db.example"), "hosts": os.path.exists("/usr"),
}, Path("/work/report.json").open("w"))
"""


class Kube:
    """The API server's objects, without one."""

    def get(self, version: str, kind: str, name: str, namespace: str | None = None) -> Any:
        return get(version, kind, name, namespace or "")

    def token(self, namespace: str, account: str, audience: str | None = None, _seconds: int = 0) -> str:
        return token(namespace, account, audience)


@pytest.fixture
def spec(tmp_path: Path) -> WorldSpec:
    (tmp_path / "ca").write_bytes(CLUSTER.ca)
    return WorldSpec(
        state=tmp_path,
        region="us-east-1",
        account="123456789012",
        cluster_name="ferry-dev",
        aws_endpoint="http://127.0.0.1:4000",
        apiserver="https://127.0.0.1:6443",
        ca_file=tmp_path / "ca",
        admin_token="none",  # noqa: S106 - there is no API server
        admin_kubeconfig=tmp_path / "none",
        issuer="https://issuer.example",
        tools={},
    )


@pytest.fixture
def bridge(spec: WorldSpec) -> Iterator[Bridge]:
    with Supervisor(spec.state) as supervisor:
        yield Bridge(spec, Kube(), supervisor, spec.state / "pods")  # type: ignore[arg-type] # has what it uses


def holder(command: list[str]) -> dict[str, Any]:
    container = {**CONTAINER, "command": command}
    template = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "containers": [container]}}
    return {"kind": "Deployment", "metadata": {"namespace": "space"}, "spec": {"template": template}}


def started(bridge: Bridge, tmp_path: Path, command: list[str]) -> Running:
    (tmp_path / "content").write_text("of the image")
    image = Image(
        environment={"PATH": "/usr/bin:/bin"},
        content={"/opt/image/file": tmp_path / "content", "/opt/python": Path(sys.base_prefix)},
    )
    addresses: Addresses = bridge.addresses("127.70.0.1", {"db.example": "127.71.0.1"})
    return bridge.start("app", holder(command), image, addresses)


def test_process_has_exactly_what_the_manifest_says(bridge: Bridge, tmp_path: Path) -> None:
    """B1: environment, arguments, files and user, with addresses translated and nothing inherited."""
    python = f"/opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    running = started(bridge, tmp_path, [python, "-I", "-S", "-c", REPORT])
    bridge.finish(running)
    found = json.loads(running.file("/work/report.json").read_text())
    assert found["environment"].items() >= dict(running.container.environment).items()
    assert set(found["environment"]) - set(running.container.environment) <= {"LC_CTYPE"}
    assert found["argv"] == ["-c", "--host=127.70.0.1", "--database", "db.example:5432"]
    assert found["user"] == 10001
    assert found["files"] == {
        "/etc/app/level": "info",
        "/run/words/word": "hidden",
        "/var/run/both/a/level": "info",
        "/opt/image/file": "of the image",
    }
    assert found["wrote"] is False, "a read-only volume was written to"
    assert found["address"] == "127.71.0.1"


def test_nothing_of_it_appears_outside(bridge: Bridge, tmp_path: Path) -> None:
    bridge.finish(started(bridge, tmp_path, ["/bin/true"]))
    assert not Path("/run/words").exists()
    assert not Path("/opt/image").exists()
    assert not Path("/work/report.json").exists()


def test_failed_process_is_shown_with_its_last_words(bridge: Bridge, tmp_path: Path) -> None:
    running = started(bridge, tmp_path, ["/bin/sh", "-c", "echo no such luck; exit 3"])
    with pytest.raises(ProcessError, match=r"(?s)ended with code 3.*no such luck"):
        bridge.finish(running)


def test_program_that_the_image_lacks_is_named(bridge: Bridge, tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="nowhere-to-be-found is not on this container's PATH"):
        bridge.finish(started(bridge, tmp_path, ["nowhere-to-be-found"]))


FAMILY = """\
import os, signal, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
signal.signal(signal.SIGHUP, lambda *_: Path("/work/hup").touch())
Path("/work/pids").write_text(f"{os.getpid()} {len([p for p in os.listdir('/proc') if p.isdigit()])}")
while True:
    time.sleep(600)
"""


def descendants(of: int) -> list[int]:
    found = [item.pid for item in psutil.Process(of).children(recursive=True)]
    return [of, *found]


def test_what_a_container_started_ends_with_it_and_signals_reach_it(bridge: Bridge, tmp_path: Path) -> None:
    """B1: a pod's server is process 1; killed as by a failing machine, it leaves nobody behind."""
    python = f"/opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    running = started(bridge, tmp_path, [python, "-I", "-S", "-c", FAMILY])
    wait_for(lambda: running.file("/work/pids").exists() and running.file("/work/pids").read_text())
    assert running.file("/work/pids").read_text() == "1 2", "process 1 of two that it sees"
    os.kill(running.child.process.pid, signal.SIGHUP)
    wait_for(running.file("/work/hup").exists)
    family = descendants(running.child.process.pid)
    assert len(family) >= 3, "who stands for the container, its process 1, and what that started"
    bridge.stop(running, at_once=True)
    wait_for(lambda: not any(map(psutil.pid_exists, family)))


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)
