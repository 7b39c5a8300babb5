"""Programs of one workload that crosses: what pods would run, and who asks them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ferry.drill.estate import PODS, REGION
from sandbox.processes import Child, Command
from workloads.patterns.programs import COPIES, HTTP, METRICS

KEY, SECRET = "AKIDOFTHEADAPTER", "a secret of the drill"
_ENDPOINT = "sandbox.servers.endpoint"


def python(name: str, module: str, *arguments: str, **environment: str) -> Command:
    """A program of this project."""
    return Command(name, [sys.executable, "-m", module, *arguments], environment)


def aws(endpoint: str, sagemaker: str) -> dict[str, str]:
    """What a pod with a role finds in its environment."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sagemaker,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def store(port: int) -> Command:
    """An S3 that honours conditional writes."""
    return python("store", "moto.server", "-H127.0.0.1", f"-p{port}")


def sagemaker(port: int, *more: str) -> Command:
    """The old system: an endpoint that checks every signature."""
    return python("sagemaker", _ENDPOINT, f"--port={port}", f"--key={KEY}:{SECRET}", *more)


def model(name: str, port: int, *more: str) -> Command:
    """A slot's model server, which can fall ill and can be killed."""
    return python(name, _ENDPOINT, f"--port={port}", *more)


def adapter(part: str, policy: Path, environment: dict[str, str], *more: str) -> Command:
    """A pod's adapter, at the pod's own address: ``legacy``, or the slot that it stands before."""
    side = ("legacy",) if part == "legacy" else ("platform", f"--slot={part}")
    ports = (f"--host={PODS[part]}", f"--port={HTTP}", f"--copies-port={COPIES}", f"--metrics-port={METRICS}")
    return python(
        f"adapter-{part}", "ferry.adapter", *side, f"--policy={policy}", *ports, *more, **environment
    )


class Answer(NamedTuple):
    """What became of one request, by the load generator's clock, which all processes of a machine share.

    Attributes:
        began: seconds on the monotonic clock.
        seconds: until the whole answer was there.
        status: HTTP's; 0 if no usable answer came.
    """

    key: str
    began: float
    seconds: float
    status: int


@dataclass(frozen=True)
class Load:
    """A load generator that runs."""

    child: Child
    out: Path

    @property
    def running(self) -> bool:
        """Whether it still asks."""
        return self.child.running

    def end(self) -> list[Answer]:
        """Let it ask no more; everything that it was told."""
        self.child.process.terminate()
        return self.answers()

    def answers(self, patience_s: float = 60.0) -> list[Answer]:
        """Wait for its end; everything that it was told."""
        self.child.process.wait(patience_s)
        if self.child.process.returncode:
            raise self.child.failure(f"ended with code {self.child.process.returncode}")
        return [Answer(*row) for row in json.loads(self.out.read_text())]


def load(name: str, out: Path, url: str, host: str, *more: str) -> Command:
    """Ask; see :mod:`ferry.drill.load`."""
    own = (url, host, str(out), f"--prefix={name}")
    return python(f"load-{name}", "ferry.drill.load", *own, *more)
