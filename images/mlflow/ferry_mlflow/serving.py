"""`serve`: run MLflow until it ends, or until its database password was rotated and the new one works.

Then it ends by itself, with 0, and Kubernetes starts it again with the new one. Replicas look at the clock of
their own, so that they do not all go at once.
"""

from __future__ import annotations

import random
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Protocol

from ferry_mlflow.saying import say
from ferry_mlflow.vault import Version

GRACE_SECONDS = 20.0
"""What a running request is given; below the 30 that Kubernetes gives the pod."""
_BY_SIGNAL = 128


class Look(Protocol):
    """What is looked at: the secret's current version."""

    def current(self) -> Version | None:
        """It, or None while there is none."""


class Rotation:
    """Decides when a server has to start again.

    Args:
        secret: whose version is compared.
        began_with: the version that the server runs with.
        accepts: whether Postgres takes a login.
    """

    def __init__(self, secret: Look, began_with: Version, accepts: Callable[[str, str], bool]) -> None:
        self._secret = secret
        self._began_with = began_with
        self._accepts = accepts

    def due(self) -> bool:
        """Whether there is a new version that works. An unreachable Secrets Manager is no reason to end."""
        try:
            found = self._secret.current()
        except Exception as error:  # whatever it is: a server that works goes on working
            say(f"the secret could not be read ({type(error).__name__}); looking again later")
            return False
        if found is None or found.id == self._began_with.id:
            return False
        return self._accepts(found.values["username"], found.values["password"])


def serve(argv: Sequence[str], environment: Mapping[str, str], rotation: Rotation, every_s: float) -> int:
    """Run the server; its exit code, or 0 when it ends for a rotation.

    Args:
        argv: the server's program and arguments.
        environment: all of its variables.
        rotation: asked every ``every_s`` seconds, or at once on SIGHUP.
        every_s: seconds between two looks; half of it up to all of it, another each time.
    """
    look = threading.Event()
    server = subprocess.Popen(argv, env=dict(environment))  # noqa: S603 - the manifest's own arguments

    def stop(number: int, _frame: FrameType | None) -> None:
        server.send_signal(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, lambda *_: look.set())
    threading.Thread(target=_tell, args=(server, look), daemon=True).start()
    while server.poll() is None:
        look.wait(random.uniform(every_s / 2, every_s))  # noqa: S311 - spreads the replicas, guards nothing
        look.clear()
        if server.poll() is None and rotation.due():
            say("the database password was rotated: ending, to start again with the new one")
            return _end(server)
    return server.returncode if server.returncode >= 0 else _BY_SIGNAL - server.returncode


def _tell(server: subprocess.Popen[bytes], look: threading.Event) -> None:
    """Look at once when the server has ended by itself."""
    server.wait()
    look.set()


def _end(server: subprocess.Popen[bytes]) -> int:
    """End the server, its running requests first; 0, since this is what was wanted."""
    server.terminate()
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    return 0
