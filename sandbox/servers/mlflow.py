"""What stands in for MLflow's image: the pins of ``images/mlflow`` installed apart, and its own few lines."""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.bridge.image import Image

HERE = Path(__file__).parents[2] / "images" / "mlflow"
"""Where the image is made from."""
CERTIFICATES = "/etc/ssl/rds/global-bundle.pem"
"""In the image: the authorities of RDS; here the rehearsal's own."""

_STARTER = """\
#!/bin/sh
exec python -m mlflow "$@"
"""


def image(site: Path, folder: Path, authority: bytes) -> Image:
    """The image's stand-in.

    Args:
        site: directory in which the image's requirements are installed.
        folder: for the image's ``bin``; made.
        authority: PEM of who signed the database's certificate.
    """
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    python = programs / "python"
    if not python.is_symlink():
        python.symlink_to(_base_interpreter())
    starter = programs / "mlflow"
    starter.write_text(_STARTER)
    starter.chmod(0o755)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(authority)
    return Image(
        environment={
            "PATH": "/opt/mlflow/bin:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": "/opt/ferry:/opt/mlflow/site",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        content={
            "/opt/mlflow/bin": programs,
            "/opt/mlflow/site": site,
            "/opt/ferry": HERE,
            CERTIFICATES: bundle,
        },
        entrypoint=("python", "-m", "ferry_mlflow"),
    )


def _base_interpreter() -> Path:
    """The Python without this project's packages, as the image has one."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()
