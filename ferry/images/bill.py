"""What is in it: a CycloneDX bill of materials of pinned requirements, by OWASP's own library.

It lists Python packages with the digests that pip compares. What the base image brings is named by that
image's own digest and is not listed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==([^\s;\\]+)")
DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class BillError(Exception):
    """No bill of materials could be made; the message says why."""


@dataclass(frozen=True)
class Pinned:
    """One requirement.

    Attributes:
        digests: SHA-256 of each file that pip would take.
    """

    name: str
    version: str
    digests: tuple[str, ...]


def pinned(text: str) -> Iterator[Pinned]:
    """The requirements of a file of pip's.

    Raises:
        BillError: one has no exact version or no digest: nobody could say what it is.
    """
    for line in re.sub(r"\\\n", " ", text).splitlines():
        bare = line.strip()
        if not bare or bare.startswith(("#", "-")):
            continue
        match, digests = NAME.match(bare), tuple(DIGEST.findall(bare))
        if match is None or not digests:
            raise BillError(
                f'"{bare[:60]}" is not pinned by version and digest, so there is no bill of materials and '
                "nothing was published. Lock it with `uv pip compile --generate-hashes`."
            )
        yield Pinned(match[1], match[2], digests)


def bill(requirements: Path, to: Path, *, of: tuple[str, str]) -> None:
    """Write the bill as JSON of CycloneDX 1.6.

    Args:
        requirements: of pip, each pinned and with its digests.
        to: the file that is written.
        of: name and version of what they are requirements of.

    Raises:
        BillError: see :func:`pinned`.
    """
    # At its use: a person who asks what something costs need not wait for it.
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri  # noqa: PLC0415
    from cyclonedx.model.bom import Bom, BomMetaData  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    def component(item: Pinned) -> Component:
        source = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(f"https://pypi.org/project/{item.name}/{item.version}/"),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in item.digests],
        )
        place = PackageURL("pypi", name=item.name, version=item.version)
        return Component(
            type=ComponentType.LIBRARY,
            name=item.name,
            version=item.version,
            purl=place,
            bom_ref=str(place),
            external_references=[source],
        )

    whole = Component(type=ComponentType.APPLICATION, name=of[0], version=of[1], bom_ref=of[0])
    found = Bom(
        components=map(component, pinned(requirements.read_text())),
        metadata=BomMetaData(component=whole),
    )
    found.register_dependency(whole, found.components)
    to.write_text(JsonV1Dot6(found).output_as_string(indent=1) + "\n")


def locked(project: Path, to: Path) -> None:
    """The program's own requirements as ``uv.lock`` has them, each with its digests.

    Raises:
        BillError: uv refuses.
    """
    command = [str(project / "scripts" / "uv"), "export", "--frozen", "--quiet", "--no-dev"]
    command += ["--no-emit-project", "--no-header", "--format", "requirements-txt", "--output-file", str(to)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=project)  # noqa: S603 - our own script
    if done.returncode:
        raise BillError(f"uv could not read uv.lock: {done.stderr.strip()} Run `scripts/uv lock`.")
