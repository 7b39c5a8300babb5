"""Serve the emulated AWS of the world that ``FERRY_WORLD`` names, until killed."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from sandbox.worldspec import WorldSpec


def main() -> None:
    """Says ``ready`` on standard output as soon as it listens."""
    spec = WorldSpec.from_environment()
    os.environ.update(settings(spec))
    from sandbox.aws.front import Front  # noqa: PLC0415 - moto reads its settings as it is imported
    from sandbox.aws.serving import Server  # noqa: PLC0415

    server = Server(Front(spec), urlsplit(spec.aws_endpoint).port or 0)
    print("ready", flush=True)  # noqa: T201 - the supervisor's sign
    server.serve()


def settings(spec: WorldSpec) -> dict[str, str]:
    """moto's own settings; it reads them once, when imported."""
    return {
        "MOTO_ACCOUNT_ID": spec.account,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "true",
    }


if __name__ == "__main__":
    main()
