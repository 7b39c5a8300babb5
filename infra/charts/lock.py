"""The lock of charts: one committed file that says what a chart must be, bit by bit.

A chart from an OCI registry is pinned by the digest of its manifest, which Helm itself checks when it pulls
``oci://…/name@sha256:…`` (Helm 3.18 and newer; helm/helm#12690). A chart from an HTTPS repository is pinned
by the digest of its archive. Helm compares nothing there, so Ferry does: ``ferry charts fetch`` brings such
archives, and the release is made from the file.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from infra.specs.base import Spec

LOCK = Path(__file__).with_name("lock.yaml")
"""The committed lock."""

FETCHED = "./.charts"
"""Folder of fetched archives, beside ``Pulumi.yaml``, where the engine starts the providers."""

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class LockError(Exception):
    """The lock cannot be used, or does not hold what was asked for; says what, and what to do."""


class Chart(Spec):
    """One chart of one version.

    Attributes:
        name: of the chart, the last part of its reference.
        repository: ``oci://registry/path`` or ``https://host/path``, without the chart's name.
        version: exact; with a leading ``v`` where the publisher's tags have one.
        archive: digest of the packed chart (``.tgz``) as the publisher's own index names it. Of an OCI chart
            it is the digest of the one layer, which ``ferry charts lock`` compares.
        digest: of the OCI manifest; an HTTPS chart has none.
        source: where the digests were read, and when.
        unverified: why what would pin this chart is not known yet; None for a chart that is pinned.
    """

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    repository: str = Field(pattern=r"^(oci|https)://[a-z0-9][a-z0-9.:-]*(/[a-z0-9._-]+)*$")
    version: str = Field(pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+$")
    archive: Digest | None = None
    digest: Digest | None = None
    source: str | None = None
    unverified: str | None = None

    @property
    def oci(self) -> bool:
        """Whether it comes from an OCI registry."""
        return self.repository.startswith("oci://")

    @property
    def pin(self) -> str | None:
        """The digest that is checked before Helm reads the chart; None if it is not known."""
        return self.digest if self.oci else self.archive

    @property
    def file(self) -> str:
        """Name of the packed chart."""
        return f"{self.name}-{self.version}.tgz"

    @property
    def reference(self) -> str:
        """What Helm is given as ``chart``: by digest where it is known, else by name."""
        if self.oci:
            return f"{self.repository}/{self.name}" + (f"@{self.digest}" if self.digest else "")
        return f"{FETCHED}/{self.file}" if self.archive else self.name

    @property
    def looked_up_at(self) -> str | None:
        """Repository in which Helm looks the name up: only an HTTPS chart that is not pinned needs one."""
        return None if self.oci or self.archive else self.repository

    @model_validator(mode="after")
    def _says_how_it_stands(self) -> Self:
        if self.digest and not self.oci:
            raise ValueError("has a digest of a manifest, but its repository is not oci://")
        if self.pin and self.unverified:
            raise ValueError("is pinned and also unverified; remove one")
        if not self.pin and not self.unverified:
            raise ValueError("is neither pinned nor unverified with a reason; run `ferry charts lock`")
        if (self.digest or self.archive) and not self.source:
            raise ValueError("has a digest without the source it was read from")
        return self


class Lock(Spec):
    """Every chart that Ferry installs."""

    charts: list[Chart]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen = [(chart.name, chart.version) for chart in self.charts]
        double = sorted({f"{name} {version}" for name, version in seen if seen.count((name, version)) > 1})
        if double:
            raise ValueError(f"{', '.join(double)} stands here twice")
        return self

    def find(self, name: str, version: str | None = None) -> Chart:
        """The chart of this name, and version where several are locked.

        Raises:
            LockError: not locked, or several and no version given.
        """
        named = [chart for chart in self.charts if chart.name == name]
        found = [chart for chart in named if version in {None, chart.version}]
        if len(found) == 1:
            return found[0]
        held = ", ".join(chart.version for chart in named) or "no version"
        raise LockError(
            f"{LOCK.name} holds {held} of the chart {name}, {version or 'one version'} was asked for, so it "
            f"cannot be installed. Add it to {LOCK.name} and run `ferry charts lock {name}`."
        )

    @property
    def unverified(self) -> list[Chart]:
        """Charts of which only the version is pinned."""
        return [chart for chart in self.charts if chart.pin is None]


def read(path: Path = LOCK) -> Lock:
    """The lock in a file.

    Raises:
        LockError: it is no lock; every mistake is named.
    """
    try:
        return Lock.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise LockError(f"{path} is not a lock of charts, so nothing can be installed: {error}") from error


@functools.cache
def committed() -> Lock:
    """The committed lock."""
    return read()


def locked(name: str, version: str | None = None) -> Chart:
    """A chart of the committed lock; see :meth:`Lock.find`."""
    return committed().find(name, version)


def differing(chart: Chart, folder: Path) -> str | None:
    """Digest of a fetched archive that is not what the lock says; None if it is, or there is none."""
    file = folder / FETCHED / chart.file
    if chart.oci or chart.archive is None or not file.is_file():
        return None
    found = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    return None if found == chart.archive else found
