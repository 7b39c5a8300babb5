"""A network and process namespace of its own for each rehearsal.

Karpenter, kwok and Envoy bind fixed ports, so two rehearsals on one machine need two networks; and when the
first process of a pid namespace dies, the kernel kills the rest of it, so that nothing outlives a killed
rehearsal. Inside there is a loopback device and nothing else: what needs the internet (building tools)
happens outside, before.

Where namespaces are not allowed, a rehearsal runs without one, says so, and holds a machine-wide lock: a
second one beside it is refused rather than left to fail on a port.

Signals are passed on when :func:`run_isolated` runs in the main thread; elsewhere the program ends with this
process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.processes import tied_to_parent

VARIABLE = "FERRY_ISOLATION"
SHARED = "shared"  # value of the variable where no namespace was allowed
LOCK = Path(tempfile.gettempdir()) / "ferry-rehearsal.lock"

_WAY_OUT = "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)"
_FORWARDED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
_FROM_TERMINAL = (
    0x80  # SI_KERNEL: the terminal sent it to the whole foreground group, so the child has it already
)
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_SIOCSIFADDR, _SIOCSIFNETMASK = 0x8916, 0x891C
_IFREQ = struct.Struct("16sh14x")


class IsolationError(Exception):
    """Another rehearsal runs and nothing separates the two; says so, and the way out."""


@dataclass(frozen=True)
class Verdict:
    """Whether this machine lets us have namespaces, and if not, why."""

    allowed: bool
    reason: str = ""


def is_isolated() -> bool:
    """Whether this process runs in a namespace that :func:`run_isolated` made."""
    return os.environ.get(VARIABLE) == _network()


def is_settled() -> bool:
    """Whether isolation was decided already: inside a namespace, or knowingly without one."""
    return is_isolated() or os.environ.get(VARIABLE) == SHARED


def probe() -> Verdict:
    """Try to make such a namespace; takes about 20 ms."""
    program = shutil.which("unshare")
    if program is None:
        return Verdict(allowed=False, reason="the program `unshare` (util-linux) is not installed")
    tried = subprocess.run([program, *_flags(), "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return Verdict(allowed=True)
    return Verdict(allowed=False, reason=tried.stderr.strip() or f"unshare ended with {tried.returncode}")


def run_isolated(argv: Sequence[str], say: Callable[[str], None] | None = None) -> int:
    """Run a program in a namespace of its own, or alone on the machine where that is not allowed.

    Terminal, environment and working directory are ours. Signals sent to this process reach the program once.

    Args:
        argv: the program; its first word may be looked up in PATH.
        say: is told, in a sentence, when there is no namespace; by default standard error is.

    Returns:
        Its exit code; 128 + n if signal n ended it.

    Raises:
        IsolationError: no namespace is allowed and another rehearsal holds the machine.
    """
    verdict = probe()
    if verdict.allowed:
        unshare = shutil.which("unshare") or "unshare"
        return _run(
            [unshare, *_flags(), sys.executable, "-m", __name__, *argv], dict(os.environ), _only_child
        )
    (say or _complain)(
        f"No namespace for this rehearsal: {verdict.reason}. It shares the machine's ports, so no second one "
        f"may run beside it. To change that, {_WAY_OUT}."
    )
    program = shutil.which(argv[0]) or argv[0]
    with machine_lock():
        return _run([program, *argv[1:]], {**os.environ, VARIABLE: SHARED}, lambda pid: pid)


@contextlib.contextmanager
def machine_lock(path: Path | None = None) -> Iterator[None]:
    """Hold the only place for a rehearsal without a namespace.

    Raises:
        IsolationError: it is taken.
    """
    handle = os.open(path or LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise IsolationError(
            "Another rehearsal runs on this machine, and without namespaces the two would take each other's "
            f"ports. Wait until it is done, or {_WAY_OUT}."
        ) from error
    finally:
        os.close(handle)


def bring_up_loopback() -> None:
    """Set the loopback device of this network namespace up, as ``ip link set lo up`` would."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        answer = fcntl.ioctl(sock, _SIOCGIFFLAGS, _IFREQ.pack(b"lo", 0))
        _, flags = _IFREQ.unpack(answer)
        fcntl.ioctl(sock, _SIOCSIFFLAGS, _IFREQ.pack(b"lo", flags | _IFF_UP))


def own_network(address: str, mask: str) -> None:
    """Make every address of a network this machine's own, on the loopback device of this namespace.

    So that a pod's address is one that a process here can listen at: the API server takes no loopback
    address for a pod.

    Args:
        address: one of them, e.g. ``10.77.0.1``.
        mask: e.g. ``255.255.255.0``.

    Raises:
        IsolationError: this process has no namespace of its own, and the machine's network is left alone.
    """
    if not is_isolated():
        raise IsolationError(
            f"{address} would become an address of the whole machine, so it was not taken. To have a network "
            f"of one's own here, {_WAY_OUT}."
        )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for call, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, mask)):
            packed = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(sock, call, packed)


def _flags() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [*user, "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def _network() -> str:
    return str(Path("/proc/self/ns/net").readlink())


def _complain(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


def _only_child(pid: int) -> int | None:
    """``unshare`` blocks the signals that are meant for its child, so they go there directly."""
    with contextlib.suppress(psutil.Error):
        return next((child.pid for child in psutil.Process(pid).children()), None)
    return None


def _run(argv: list[str], environment: dict[str, str], target: Callable[[int], int | None]) -> int:
    """Run in the foreground; pass on the signals we get to the process that ``target`` names."""
    watched = _FORWARDED | {signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    try:
        process = subprocess.Popen(tied_to_parent(argv), env=environment)
        while process.poll() is None:
            _pass_on(signal.sigtimedwait(watched, 0.5), target(process.pid))
        return _exit_code(process.returncode)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pass_on(info: signal.struct_siginfo | None, pid: int | None) -> None:
    if info is None or pid is None or info.si_signo not in _FORWARDED or info.si_code == _FROM_TERMINAL:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, info.si_signo)


def _exit_code(returncode: int) -> int:
    return returncode if returncode >= 0 else 128 - returncode


def _first_process(argv: Sequence[str]) -> int:
    """Be process 1 of the namespace: network up, one child, orphans reaped, signals passed on."""
    bring_up_loopback()
    program = shutil.which(argv[0]) or argv[0]
    watched = _FORWARDED | {signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    child = subprocess.Popen(tied_to_parent([program, *argv[1:]]), env={**os.environ, VARIABLE: _network()})
    while True:
        status = _reap(child.pid)
        if status is not None:
            return _exit_code(os.waitstatus_to_exitcode(status))
        _pass_on(signal.sigtimedwait(watched, 0.5), child.pid)


def _reap(awaited: int) -> int | None:
    """Wait for whoever has ended; the status of the awaited child, once it is among them."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == awaited:
                return ended[1]
    return None


if __name__ == "__main__":
    sys.exit(_first_process(sys.argv[1:]))
