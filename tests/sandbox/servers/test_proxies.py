"""Which Envoy is asked for statistics (B6): after a restart the last one, which alone still answers."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.servers.gateway import admin


def test_the_last_envoy_is_asked(tmp_path: Path) -> None:
    assert admin(tmp_path) is None
    for number, port in enumerate((7001, 7003, 7002)):
        file = tmp_path / f"run-{port}" / "admin-address.txt"
        file.parent.mkdir()
        file.write_text(f"127.0.0.1:{port}\n")
        os.utime(file, (number, number))
    assert admin(tmp_path) == "http://127.0.0.1:7002"
