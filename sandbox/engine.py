"""The real Pulumi engine, driven from this process: the same program, other providers attached.

The program runs inline (Automation API), so no language host is needed; the providers are attached by port.
The stack's file is copied, never written: a rehearsal leaves the checkout as it found it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import psutil
from pulumi import automation as auto
from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata
from pulumi.runtime._callbacks import _CallbackServicer

Kind = Literal["preview", "up", "destroy"]
Program = Callable[[], None]
Listener = Callable[[EngineEvent], None]

_UNCHANGED = {OpType.SAME, OpType.READ}


class EngineError(Exception):
    """The engine refused or failed; the message holds its own error diagnostics, in order.

    ``violations``: those among them that the policy pack said.
    """

    def __init__(self, kind: Kind, diagnostics: list[str], run: Run, violations: Sequence[str] = ()) -> None:
        self.kind = kind
        self.diagnostics = diagnostics
        self.violations = list(violations)
        self.run = run
        super().__init__(f"{kind} failed:\n" + "\n".join(diagnostics))


@dataclass(frozen=True)
class Operation:
    """One step of the engine on one resource; times in seconds since the run began."""

    urn: str
    type: str
    op: str
    started: float
    ended: float
    failed: bool = False
    component: bool = False
    """A component only groups others: it is open until its program part has ended."""


@dataclass(frozen=True)
class Run:
    """What one engine run did: wall seconds until its summary, changes by operation, every step."""

    kind: Kind
    seconds: float
    began: float
    changes: dict[str, int]
    operations: list[Operation]
    diagnostics: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many resources this run creates, updates, replaces or deletes."""
        return sum(count for op, count in self.changes.items() if OpType(op) not in _UNCHANGED)


STUCK_S = 60.0
"""Seconds without a word after which an engine that has refused counts as stuck."""
PREVIEW_ONLY = "--preview-only"
"""Of the engine's destroy: it changes nothing, so that it can be ended at any moment."""
_LOOK_S = 2.0


class _Recorder:
    """Listens to engine events and keeps times; the clock is this process's monotonic one."""

    def __init__(self, kind: Kind, listener: Listener | None) -> None:
        self._kind = kind
        self._listener = listener
        self._began_wall = time.time()
        self._began = time.monotonic()
        self._open: dict[str, tuple[StepEventMetadata, float]] = {}
        self._lock = threading.Lock()
        self._operations: list[Operation] = []
        self._changes: dict[str, int] = {}
        self._seconds: float | None = None
        self.errors: list[str] = []
        self.violations: list[str] = []
        self.heard_at = self._began

    def __call__(self, event: EngineEvent) -> None:
        self.heard_at = time.monotonic()
        now = self.heard_at - self._began
        with self._lock:
            self._take(event, now)
        if self._listener:
            self._listener(event)

    def _take(self, event: EngineEvent, now: float) -> None:
        if event.resource_pre_event:
            meta = event.resource_pre_event.metadata
            self._open[meta.urn] = (meta, now)
        elif event.res_outputs_event:
            self._close(event.res_outputs_event.metadata.urn, now, failed=False)
        elif event.res_op_failed_event:
            self._close(event.res_op_failed_event.metadata.urn, now, failed=True)
        elif event.summary_event:
            self._seconds = now
            self._changes = {
                OpType(op).value: count for op, count in event.summary_event.resource_changes.items()
            }
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            said = event.diagnostic_event.message.strip()
            if not any(said.endswith(before) for before in self.errors):
                self.errors.append(said)  # the Automation API repeats a program's error as "unhandled: …"
        elif event.policy_event and event.policy_event.enforcement_level == "mandatory":
            found = event.policy_event
            self.violations.append(" ".join(found.message.split("\n")).strip())

    def _close(self, urn: str, now: float, *, failed: bool) -> None:
        if urn in self._open:
            meta, started = self._open.pop(urn)
            operation = Operation(urn, meta.type, meta.op.value, started, now, failed, not meta.provider)
            self._operations.append(operation)

    def run(self) -> Run:
        seconds = self._seconds if self._seconds is not None else time.monotonic() - self._began
        return Run(self._kind, seconds, self._began_wall, self._changes, self._operations, self.errors)


@dataclass(frozen=True)
class EngineSpec:
    """Where an engine works and what it talks to.

    ``home``: its own directory. ``providers``: package → port of an attached provider; a package that is
    not named is looked for among installed plugins, as usual. ``config``: extra configuration laid over the
    stack's file (endpoints of an official plugin, say). ``checkpoints``: write the state at every step, as a
    fault test needs; without, only at the end, which is right for a state that is thrown away.
    ``policies``: directory of a policy pack in Python that judges every preview and every ``up``.
    """

    project: Path
    environment: str
    home: Path
    pulumi: Path
    providers: Mapping[str, int]
    config: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    checkpoints: bool = False
    policies: Path | None = None


class Engine:
    """One stack of the program in a state directory of its own."""

    def __init__(self, spec: EngineSpec, program: Program) -> None:
        self._spec = spec
        self._work = _work_directory(spec)
        options = auto.LocalWorkspaceOptions(
            work_dir=str(self._work),
            program=program,
            pulumi_home=str(spec.home / "pulumi"),
            pulumi_command=_command(spec),
            env_vars=_environment(spec),
            secrets_provider="passphrase",
        )
        self._stack = auto.create_or_select_stack(
            stack_name=spec.environment, project_name="ferry", program=program, opts=options
        )
        for key, value in spec.config.items():
            self.configure(key, value)

    @property
    def stack(self) -> auto.Stack:
        """The SDK's own stack, for what works on any stack."""
        return self._stack

    def configure(self, key: str, value: str) -> None:
        """Set one key of the rehearsal's own copy of the stack file."""
        self._stack.set_config(key, auto.ConfigValue(value))

    def environment(self) -> dict[str, str]:
        """What another program needs in its environment to find the same stack by itself."""
        return {**_environment(self._spec), "PULUMI_HOME": str(self._spec.home / "pulumi")}

    def preview(self, listener: Listener | None = None) -> Run:
        """What an ``up`` would do."""
        return self._run("preview", self._judged(self._stack.preview), listener)

    def up(self, listener: Listener | None = None) -> Run:
        """Make it so."""
        return self._run("up", self._judged(self._stack.up), listener)

    def destroy(self, listener: Listener | None = None, *, skip_preview: bool = False) -> Run:
        """Take it all down, in reverse order of dependence.

        As `pulumi destroy` does, it looks before it acts: a protected resource is refused while everything
        still stands. The SDK's own destroy skips that look, as `pulumi destroy --skip-preview` does.
        """
        if not skip_preview:
            self._run("destroy", self._stack.preview_destroy, None)
        return self._run("destroy", self._stack.destroy, listener)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secret ones revealed: for checks in this process, never for a report."""
        return {key: output.value for key, output in self._stack.outputs().items()}

    def export(self) -> dict[str, Any]:
        """The stack's deployment, its secrets revealed by the SDK: for judging here, never to be kept."""
        return dict(self._stack.export_stack().deployment or {})

    def export_revealed(self, path: Path) -> None:
        """Write the deployment with plain secrets, for the floor's replay; only the owner may read it."""
        path.touch(mode=0o600)
        command = [
            "stack",
            "export",
            "--show-secrets",
            "--stack",
            self._spec.environment,
            "--file",
            str(path),
        ]
        self._stack.workspace.pulumi_command.run(command, str(self._work), _environment(self._spec))

    def resources(self) -> list[dict[str, Any]]:
        """Resources of the deployment, in the engine's order."""
        return list(self.export().get("resources", []))

    def _judged(self, verb: Callable[..., object]) -> Callable[..., object]:
        """The verb with the policy pack, if there is one."""
        packs = [str(self._spec.policies)] if self._spec.policies else None
        return functools.partial(verb, policy_packs=packs)

    def _run(self, kind: Kind, verb: Callable[..., object], listener: Listener | None) -> Run:
        recorder = _Recorder(kind, listener)
        forget_callbacks()
        try:
            with _ended_when_stuck(recorder), _no_afterthoughts(self._stack):
                verb(on_event=recorder, color="never", suppress_outputs=True, suppress_progress=True)
        except auto.CommandError as error:
            said = [*recorder.violations, *recorder.errors]
            raise EngineError(kind, said or [str(error)], recorder.run(), recorder.violations) from error
        return recorder.run()


@contextlib.contextmanager
def _no_afterthoughts(stack: auto.Stack) -> Iterator[None]:
    """Without what the SDK asks when an update is over: its outputs, twice, and its entry in the history.

    Each is a process of the engine that reads the whole state, and nobody here looks at the answers.
    """
    with mock.patch.multiple(stack, outputs=dict, info=lambda *_: object()):
        yield


@contextlib.contextmanager
def _ended_when_stuck(recorder: _Recorder) -> Iterator[None]:
    """End an engine that has said why it refuses and then neither ends nor says anything (ADR 0008).

    Seen once: a refused destroy's preview of prod stood still for six minutes, nobody had anything to do.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_S):
            if recorder.errors and time.monotonic() - recorder.heard_at > STUCK_S:
                for child in psutil.Process().children():
                    if PREVIEW_ONLY in child.cmdline():
                        child.kill()
                return

    threading.Thread(target=watch, name="stuck", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def forget_callbacks() -> None:
    """Let go of the transforms' servers of a program that failed.

    The SDK stops them at the end of the next program, in whose event loop they do not live.
    """
    _CallbackServicer._servicers.clear()


def _work_directory(spec: EngineSpec) -> Path:
    work = spec.home / "project"
    work.mkdir(parents=True, exist_ok=True)
    (spec.home / "backend").mkdir(exist_ok=True)
    for name in ("Pulumi.yaml", f"Pulumi.{spec.environment}.yaml"):
        if not (work / name).exists():
            shutil.copy(spec.project / name, work / name)
    return work


def _command(spec: EngineSpec) -> auto.PulumiCommand:
    """The SDK looks for ``<root>/bin/pulumi``: give it such a root with a link to the binary that we have."""
    link = spec.home / "root" / "bin" / "pulumi"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(spec.pulumi.resolve())
    if spec.policies:
        _policy_host(link.parent)
    return auto.PulumiCommand(root=str(spec.home / "root"))


def _policy_host(directory: Path) -> None:
    """What the engine starts a Python policy pack with.

    The official command line brings its own; the one built from the engine's module has none.
    """
    host = directory / "pulumi-analyzer-policy-python"
    python = shlex.quote(sys.executable)
    # After address and program come the pack's runtime options, which pulumi.policy does not take.
    host.write_text(f'#!/bin/sh\nexec {python} -u -m pulumi.policy "$1" "$2"\n')
    host.chmod(0o700)


def _environment(spec: EngineSpec) -> dict[str, str]:
    attached = ",".join(f"{package}:{port}" for package, port in sorted(spec.providers.items()))
    throwaway = {} if spec.checkpoints else {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "1"}
    return {
        "PULUMI_BACKEND_URL": f"file://{spec.home / 'backend'}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(_passphrase(spec.home)),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        "PULUMI_DEBUG_PROVIDERS": attached,
        "NO_COLOR": "1",
        "PATH": os.pathsep.join([str(spec.home / "root" / "bin"), os.environ.get("PATH", os.defpath)]),
        **throwaway,
        **spec.env,
    }


def _passphrase(home: Path) -> Path:
    """A random passphrase in a file that only the owner reads: in no argument list, in no environment."""
    path = home / "passphrase"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path


def official_plugin(package: str) -> Path | None:
    """An installed official plugin from PATH or the plugin folder (``~/.pulumi/plugins``), or None."""
    found = shutil.which(f"pulumi-resource-{package}")
    if found:
        return Path(found)
    plugins = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi")) / "plugins"
    candidates = sorted(plugins.glob(f"resource-{package}-v*/pulumi-resource-{package}"))
    return candidates[-1] if candidates else None
