"""Where locked files come from: the publisher, or a folder. None hands out what was not locked."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from infra.contents.lock import Content, ContentError

PUBLISHER = "https://raw.githubusercontent.com"
"""GitHub's server of single files: ``/<owner>/<repository>/<commit>/<path>``."""
FETCHED = Path(".contents")
"""Folder of fetched files, beside ``Pulumi.yaml``."""
SECONDS = 30.0
"""How long the publisher may take for one file; the largest is 15 kB."""
_AT_ONCE = 8

Files = Mapping[str, bytes]
"""Path to its content, in the lock's order."""


class Source(Protocol):
    """Somebody who has contents."""

    def bring(self, content: Content, /) -> Files | None:
        """All its files, each as it was locked; None where this content is not to be had, and that is known.

        Raises:
            ContentError: it should be there and is not, or is something else.
        """


@dataclass(frozen=True)
class Published:
    """The publisher, asked once: what was fetched stays in a folder, and is compared at every use.

    Attributes:
        folder: where fetched files stay.
        server: of single files; another one in tests.
    """

    folder: Path = FETCHED
    server: str = PUBLISHER

    def bring(self, content: Content) -> Files:
        """See :class:`Source`."""
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            found = list(pool.map(lambda path: self._one(content, path), content.files))
        return dict(zip(content.files, found, strict=True))

    def _one(self, content: Content, path: str) -> bytes:
        place = self.folder / f"{content.name}-{content.commit}" / path
        if place.is_file():
            return content.check(path, place.read_bytes())
        url = f"{self.server}/{content.repository}/{content.commit}/{content.root}/{path}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - an https URL of the lock
                body = content.check(path, answer.read())
        except (urllib.error.URLError, OSError) as error:
            raise ContentError(
                f"{url} could not be fetched ({error}), so nothing of {content.name} can be applied. Run this"
                f" where GitHub is reachable, or put the files of {content.version} into {place.parent}."
            ) from None
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        return body


@dataclass(frozen=True)
class Shelved:
    """Folders by the content's name; what has no folder is not to be had here.

    Attributes:
        folder: of the folders.
        missing: names of contents that were asked for and are not here; grows.
    """

    folder: Path
    missing: set[str] = field(default_factory=set, compare=False)

    def bring(self, content: Content) -> Files | None:
        """See :class:`Source`."""
        shelf = self.folder / content.name
        if not shelf.is_dir():
            self.missing.add(content.name)
            return None
        try:
            return {path: content.check(path, (shelf / path).read_bytes()) for path in content.files}
        except OSError as error:
            raise ContentError(
                f"{shelf} lacks what infra/contents/lock.yaml names ({error}). Build the tools anew with "
                "`make tools`, or correct sandbox/toolchain/definitions.py."
            ) from None


class Nothing:
    """Has no content: for questions that are not about other projects' objects, such as the cost on AWS."""

    def bring(self, _content: Content) -> None:
        """See :class:`Source`."""
        return
