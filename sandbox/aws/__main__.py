"""Serve the emulated AWS of the world that ``FERRY_WORLD`` names, until killed."""

from __future__ import annotations

import os
import threading
from urllib.parse import urlsplit

from sandbox.worldspec import WorldSpec
from stacks import garbage

SERVICES = (
    *("sts", "iam", "s3", "kms", "ec2", "eks", "logs", "events", "sqs", "secretsmanager", "ecr", "rds"),
    *("elasticache", "ssm"),
)
"""Services that nearly every environment talks to, in the order in which it does: loaded before they are
asked."""


def main() -> None:
    """Says ``ready`` on standard output as soon as it listens."""
    garbage.seldom()
    spec = WorldSpec.from_environment()
    os.environ.update(settings(spec))
    from sandbox.aws.answers import Answers, kept_by_user  # noqa: PLC0415 - moto reads its settings as it
    from sandbox.aws.front import Front  # noqa: PLC0415 - is imported
    from sandbox.aws.serving import Server  # noqa: PLC0415

    front = Front(spec, answers=Answers(kept_by_user()))
    server = Server(front, urlsplit(spec.aws_endpoint).port or 0)
    threading.Thread(target=front.warm, args=(SERVICES,), daemon=True).start()
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
