"""The lock of contents: which files of which commit Ferry applies. Pure, but for reading the lock."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from infra.specs.base import Spec

LOCK = Path(__file__).with_name("lock.yaml")
"""The committed lock."""

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
FilePath = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9/_.-]*\.ya?ml$")]


class ContentError(Exception):
    """What was locked cannot be had, or is something else; says what, and what to do."""


class Content(Spec):
    """Files of one project at one commit.

    Attributes:
        name: what Ferry calls it.
        repository: owner and name on GitHub.
        version: the tag of the commit, for people.
        commit: the whole 40 digits: a tag may be moved.
        root: directory of the files in the repository.
        files: path below ``root`` to its digest, in the order in which they are applied.
    """

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    version: str = Field(pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+$")
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    root: str = Field(pattern=r"^[a-z0-9][a-z0-9/_.-]*$")
    files: dict[FilePath, Digest] = Field(min_length=1)

    def check(self, path: str, content: bytes) -> bytes:
        """The content, if it is what was locked.

        Raises:
            ContentError: it is not.
        """
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if found != self.files[path]:
            raise ContentError(
                f"{self.repository} {path} is {found} and {LOCK.name} says {self.files[path]}, so nothing of "
                f"{self.name} is applied. Compare it with the project's own {self.version} before you change "
                f"infra/contents/{LOCK.name}."
            )
        return content


class Lock(Spec):
    """Every content that Ferry applies."""

    contents: list[Content]


@functools.cache
def read(path: Path = LOCK) -> Lock:
    """The lock in a file.

    Raises:
        ContentError: it is no lock.
    """
    try:
        return Lock.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ContentError(f"{path} is no lock of contents, so none can be applied: {error}") from error


def locked(name: str) -> Content:
    """A content of the committed lock.

    Raises:
        ContentError: not locked.
    """
    for content in read().contents:
        if content.name == name:
            return content
    raise ContentError(
        f"infra/contents/{LOCK.name} has no {name}, so it cannot be applied. Add its files and digests."
    )
