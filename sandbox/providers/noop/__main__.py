"""Serve the provider; the port is the first line on stdout.

``FERRY_FLOOR`` names an exported deployment and ``FERRY_FLOOR_INVOKES`` the recorded answers; both optional.
"""

import os
from pathlib import Path

from sandbox.providers.base import serve
from sandbox.providers.noop.recording import load
from sandbox.providers.noop.session import NoopSession

VERSION = "0.0.0"


def _path(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named) if named else None


if __name__ == "__main__":
    recording = load(_path("FERRY_FLOOR"), _path("FERRY_FLOOR_INVOKES"))
    serve(lambda: NoopSession(recording), VERSION)
