"""A rehearsal's world: what was decided (:class:`WorldSpec`), and the context manager that runs it.

Nothing starts by entering it: its parts are started one by one, because the first preview needs the
emulated AWS long before the tools of the control plane are built. Leaving it, for whatever reason, stops
everything.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, TypedDict

import psutil

from sandbox import leftovers
from sandbox.controlplane import boot
from sandbox.controlplane.access import Access, make_access, write_webhook
from sandbox.controlplane.certificates import make_keys
from sandbox.controlplane.client import Client
from sandbox.controlplane.components import Plan, Ports
from sandbox.memory import Meter, Usage
from sandbox.ports import answers, free_ports
from sandbox.processes import Child, Command, Supervisor, first_line
from sandbox.toolchain import Tool, Toolchain
from sandbox.worldspec import VARIABLE, WorldError, WorldSpec

if TYPE_CHECKING:
    from stacks.settings.model import Settings

__all__ = ["VARIABLE", "Decision", "World", "WorldError", "WorldSpec", "rehearsals"]

_ENDED_BY_SIGTERM = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Decision:
    """What a caller decides about a world; everything else follows or is made up.

    Attributes:
        environment: names the state directory, e.g. ``dev``.
        region: home region.
        account: twelve digits.
        cluster_name: name of the EKS cluster that the program will make.
        tools: binary name to path; may be empty until :meth:`World.equip`.
        crds: directory with Karpenter's definitions.
        stages: kwok's stage files.
        state: the rehearsal's directory; one of its own under the cache by default.
    """

    environment: str
    region: str
    account: str
    cluster_name: str
    tools: Mapping[str, Path] = dataclasses.field(default_factory=dict)
    crds: Path | None = None
    stages: Sequence[Path] = ()
    state: Path | None = None


def rehearsals() -> Path:
    """Where rehearsals keep their directories: ``ferry/rehearsals`` under the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "ferry" / "rehearsals"


class World:
    """Everything that runs beside the engine; a context manager, to be entered in the main thread.

    Args:
        decision: what this world is to be.
        keep: leave the state directory behind (logs, call log, world.json).

    Attributes:
        spec: what every process reads.
        timings: seconds that each start took, by part (``aws``, ``control_plane``, …).
        cleaned: what earlier, killed rehearsals had left and this one removed, a sentence each.
    """

    spec: WorldSpec

    def __init__(self, decision: Decision, *, keep: bool = False) -> None:
        self.cleaned: list[str] = []
        self.timings: dict[str, float] = {}
        self._meter = Meter()
        self._keep = keep
        self._decision = decision
        self._exit = contextlib.ExitStack()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, *, keep: bool = False, toolchain: Toolchain | None = None) -> World:
        """The world for an environment's settings, with the tools that are there by now."""
        equipment = _equipment(toolchain or Toolchain.locate())
        decision = Decision(
            environment=settings.environment,
            region=settings.region,
            account=settings.account,
            cluster_name=settings.cluster_name,
            **equipment,
        )
        return cls(decision, keep=keep)

    def __enter__(self) -> World:
        with contextlib.ExitStack() as stack:
            state = self._state()
            self.cleaned = leftovers.remove_leftovers(state.parent)
            stack.enter_context(leftovers.alive(state))
            stack.callback(self._leave, state)
            self._supervisor = stack.enter_context(Supervisor(state))
            stack.enter_context(_leaving_on_signals(lambda: self.children))
            stack.enter_context(self._meter)
            self._decide(state)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.__exit__(kind, error, trace)

    @property
    def children(self) -> list[Child]:
        """What runs now."""
        return self._supervisor.children

    def memory(self) -> Usage:
        """The most that this process and everything it started held at once, now included."""
        self._meter.sample()
        return self._meter.peak

    def equip(self, toolchain: Toolchain) -> None:
        """Tell the world of tools that were built after it began."""
        with self._lock:
            self.spec = dataclasses.replace(self.spec, **_equipment(toolchain))
            self.spec.save()

    def start_aws(self) -> None:
        """Start the emulated AWS.

        Raises:
            ProcessError: it did not come up.
        """
        port = int(self.spec.aws_endpoint.rsplit(":", 1)[1])
        with self._timed("aws"):
            self._supervisor.start(self._module("aws", "sandbox.aws", lambda: answers(port)))

    def start_control_plane(self) -> None:
        """Start the five programs of the control plane and wait until they take work.

        Raises:
            WorldError: a tool is missing.
            ProcessError: one did not come up.
        """
        self._require("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
        with self._timed("control_plane"):
            boot.start(self._supervisor, Plan(self.spec, self._ports, self._keys, self._access))

    def start_api_server(self) -> None:
        """Start the API server and its store alone, where a test brings every other program itself.

        Raises:
            WorldError: a tool is missing.
            ProcessError: one did not come up.
        """
        self._require("etcd", "kube-apiserver")
        client = Client.of(self.spec)
        try:
            plan = Plan(self.spec, self._ports, self._keys, self._access)
            boot.start_api_server(self._supervisor, plan, client)
        finally:
            client.close()

    def start_cluster_agents(self) -> None:
        """Start the stand-ins for what AWS runs in and around a cluster, Karpenter's host among them.

        Raises:
            WorldError: Karpenter is missing.
            ProcessError: they did not come up.
        """
        command = self._module("cluster", "sandbox.cluster", lambda: self._says("cluster", "ready"))
        self._require("karpenter")
        with self._timed("cluster_agents"):
            self._supervisor.start(command)

    def start_provider(self, name: str, env: Mapping[str, str] | None = None) -> int:
        """Start a provider (``aws``, ``kubernetes``, ``eks``, ``noop``) and return the port it serves.

        Args:
            env: variables on top of the world's.

        Raises:
            ProcessError: it did not come up.
        """
        label = f"provider-{name}"
        command = self._module(
            label, f"sandbox.providers.{name}", lambda: self._first_line(label) is not None, env
        )
        with self._timed(label):
            self._supervisor.start(command)
        return int(self._first_line(label) or 0)

    def check(self) -> None:
        """Complain if a part has ended by itself.

        Raises:
            ProcessError: naming it, with its last log lines.
        """
        self._supervisor.check()

    def _state(self) -> Path:
        if self._decision.state is not None:
            return self._decision.state
        return rehearsals() / f"{self._decision.environment}-{os.getpid()}-{secrets.token_hex(3)}"

    def _decide(self, state: Path) -> None:
        """Choose ports, keys and tokens, and write the spec that every process reads."""
        aws, server, authenticator, *others = free_ports(8)
        decision, keys = self._decision, make_keys(state / "keys")
        issuer_id = secrets.token_hex(16).upper()
        token, apiserver = secrets.token_hex(16), f"https://127.0.0.1:{server}"
        self._ports, self._keys = Ports(*others), keys
        self._access: Access = make_access(state / "keys", apiserver, keys.ca, token)
        write_webhook(self._access.webhook, f"http://127.0.0.1:{authenticator}/")
        self.spec = WorldSpec(
            state=state,
            region=decision.region,
            account=decision.account,
            cluster_name=decision.cluster_name,
            aws_endpoint=f"http://127.0.0.1:{aws}",
            apiserver=apiserver,
            ca_file=keys.ca,
            admin_token=token,
            admin_kubeconfig=self._access.admin,
            issuer=f"https://oidc.eks.{decision.region}.amazonaws.com/id/{issuer_id}",
            tools=dict(decision.tools),
            crds=decision.crds,
            stages=tuple(decision.stages),
            authenticator=f"http://127.0.0.1:{authenticator}/",
        )
        self.spec.save()

    def _require(self, *tools: str) -> None:
        missing = [tool for tool in tools if not self.spec.tools.get(tool, Path()).is_file()]
        if missing:
            raise WorldError(
                f"no {', '.join(missing)} here, so there can be no cluster. "
                "Build the tools with `make tools`, or set FERRY_TOOLS to a directory that has them."
            )

    def _module(
        self, label: str, module: str, ready: Callable[[], bool], env: Mapping[str, str] | None = None
    ) -> Command:
        return Command(
            name=label,
            argv=[sys.executable, "-m", module],
            environment={
                **self.spec.environment(),
                "PYTHONUNBUFFERED": "1",
                "AWS_PROFILE": None,
                **(env or {}),
            },
            ready=ready,
            own_output=True,
        )

    def _first_line(self, label: str) -> str | None:
        return first_line(self.spec.logs / f"{label}.out")

    def _says(self, label: str, word: str) -> bool:
        return self._first_line(label) == word

    @contextlib.contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.timings[part] = time.monotonic() - began

    def _leave(self, state: Path) -> None:
        if self._keep:
            leftovers.keep(state)
        else:
            shutil.rmtree(state, ignore_errors=True)


class _Equipment(TypedDict):
    tools: dict[str, Path]
    crds: Path | None
    stages: tuple[Path, ...]


def _equipment(toolchain: Toolchain) -> _Equipment:
    """The tools that are there; a world may begin while some are still being built."""
    tools = toolchain.paths()
    return {
        "tools": tools,
        "crds": toolchain.crds if Tool.KARPENTER in tools else None,
        "stages": toolchain.stages if Tool.KWOK in tools else (),
    }


@contextlib.contextmanager
def _leaving_on_signals(ours: Callable[[], list[Child]]) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C unwind the stack, so that everything is stopped in order.

    Children that are not ours (the engine's process) are ended first: whoever reads their output would
    otherwise be waited for, for as long as they run.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers; whoever owns it decides
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        _end_others({child.pid for child in ours()})
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(_ENDED_BY_SIGTERM)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_others(ours: set[int]) -> None:
    for child in psutil.Process().children():
        if child.pid not in ours:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
