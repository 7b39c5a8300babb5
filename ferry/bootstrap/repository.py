"""The repository as GitHub's tokens name it; a role that trusts a wider name trusts strangers."""

from __future__ import annotations

import re

_PART = r"[A-Za-z0-9_.-]+(@[0-9]+)?"
_SUBJECT = re.compile(rf"{_PART}/{_PART}")
_REMOTE = re.compile(r"(?:https://|ssh://git@|git@)github\.com[:/](?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?")


class RepositoryError(Exception):
    """The repository is not known or not one; the message states fact, consequence and way out."""


def repository_subject(text: str) -> str:
    """``text`` if it is exactly one repository.

    Raises:
        RepositoryError: it is something else, or has a wildcard, which would trust other repositories.
    """
    if not _SUBJECT.fullmatch(text):
        raise RepositoryError(
            f'"{text}" is not one repository, so nothing was changed: the roles would trust nobody, or '
            "strangers. Write it as --repository acme/ferry (or acme@123/ferry@456)."
        )
    return text


def from_remote(url: str) -> str:
    """The repository of a git remote on github.com.

    Raises:
        RepositoryError: there is no remote, or it is elsewhere.
    """
    found = _REMOTE.fullmatch(url)
    if not found:
        what = f'the git remote origin is "{url}"' if url else "there is no git remote origin"
        raise RepositoryError(
            f"{what[0].upper()}{what[1:]}, so the repository that the roles should trust is not known; "
            "nothing was changed. Name it: --repository acme/ferry."
        )
    return found["name"]
