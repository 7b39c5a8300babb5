"""Which images the project has, and which of them an environment's settings deploy. It only reads files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.crossings import REPOSITORY as FERRY
from stacks.settings import Settings
from stacks.settings.rules.tracking import MLFLOW_REPOSITORY as MLFLOW

TAG_DIGITS = 16
"""Of the digest of a build's sources; tags of a repository never move, so the same sources are built once."""
PLACEHOLDER = "sha256:" + "0" * 64
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
ISSUER = "https://token.actions.githubusercontent.com"
"""Who vouches for the workflow that signed."""


@dataclass(frozen=True)
class Image:
    """One of the project's images.

    Attributes:
        name: of it, of its folder below ``images/`` and of the environment's repository.
        parts: what its build sees, from the project's root: folders and files.
        locked: its requirements come from ``uv.lock`` and not from a file of its own.
        wants: build arguments that only a person knows → what each is.
        setting: where the stack file names its digest.
    """

    name: str
    parts: tuple[str, ...]
    locked: bool
    wants: Mapping[str, str]
    setting: str


IMAGES: Mapping[str, Image] = {
    FERRY: Image(
        FERRY,
        ("images/ferry/Dockerfile", "images/ferry/ferry", "infra", "workloads", "stacks", "policy", "ferry"),
        locked=True,
        wants={},
        setting="ferry:services.crossing.digest",
    ),
    MLFLOW: Image(
        MLFLOW,
        ("images/mlflow",),
        locked=False,
        wants={"RDS_BUNDLE": "digest of RDS's authorities that somebody reviewed, sha256:<64 hex digits>"},
        setting="ferry:services.mlflow.digest",
    ),
}


@dataclass(frozen=True)
class Deployed:
    """An image of ours that an environment's settings name.

    Attributes:
        repository: in ECR.
        setting: the key that names the digest.
    """

    image: str
    repository: str
    digest: str
    setting: str


def deployed(settings: Settings) -> list[Deployed]:
    """What the next `up` would run of our own."""
    services = settings.services
    digests = {
        FERRY: services.crossing.digest if services.crossing else "",
        MLFLOW: services.mlflow.digest if services.mlflow else "",
    }
    return [
        Deployed(name, repository_of(settings, name), digest, IMAGES[name].setting)
        for name, digest in digests.items()
        if digest
    ]


def repository_of(settings: Settings, image: str) -> str:
    """Name in ECR, as ``infra.registry`` makes it."""
    return f"{settings.cluster_name}/{image}"


def files_of(project: Path, image: Image) -> list[Path]:
    """Every file that its build sees, in a fixed order; nothing that Python left behind."""
    found: list[Path] = []
    for part in image.parts:
        path = project / part
        found += [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    return sorted(item for item in found if "__pycache__" not in item.parts)


def fingerprint(project: Path, files: Iterable[Path], more: Iterable[str]) -> str:
    """The tag: a digest of names, contents and whatever else decides what is built."""
    digest = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(project)} {content}\n".encode())
    for text in more:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:TAG_DIGITS]


def signer(repository: str) -> str:
    """The workflow whose signature counts: ours, as it stands on the main branch."""
    return f"https://github.com/{repository}/.github/workflows/images.yml@refs/heads/main"
