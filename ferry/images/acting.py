"""Does it: builds, pushes, signs and compares. Thin: decisions are in ``model``.

docker and cosign are found on PATH. The registry's password goes to cosign's standard input, never into an
argument; cosign keeps it where docker looks for it.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ferry.images import model
from ferry.images.bill import bill, locked
from ferry.images.model import DIGEST, ISSUER, PLACEHOLDER, Deployed, Image
from stacks.settings import Settings

_WORDS = 160
"""Letters of cosign's last words that are repeated."""
Say = Callable[[str], None]
Run = Callable[[list[str], str], None]
"""A tool with its arguments, and what it reads from its standard input."""


class ImageError(Exception):
    """Fact, consequence, way out."""


class NoRepositoryError(ImageError):
    """The repository is not there; AWS said exactly that."""


@dataclass(frozen=True)
class Published:
    """An image as it lies in the registry.

    Attributes:
        name: host and repository, as docker names it.
        built: false where the same sources had been built before.
    """

    image: str
    name: str
    tag: str
    digest: str
    built: bool

    @property
    def reference(self) -> str:
        """By digest: what is deployed, and what is signed."""
        return f"{self.name}@{self.digest}"


@dataclass(frozen=True)
class Finding:
    """What was found of an image that the settings name."""

    image: str
    digest: str
    fine: bool
    said: str


def run_tool(command: list[str], given: str = "") -> None:
    """A tool from PATH.

    Raises:
        ImageError: it is not there, or it failed; with its last words.
    """
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)  # noqa: S603 - fixed verbs
    except FileNotFoundError:
        raise ImageError(
            f"{command[0]} is not on PATH, so nothing was published. The workflow images has it; on your own "
            "machine install it."
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise ImageError(f"`{' '.join(command[:2])}` failed, so nothing is published or deployed: {said}")


@dataclass(frozen=True)
class Yard:
    """Where images are built and kept.

    Attributes:
        project: a checkout.
        repository: ``owner/name`` on GitHub, whose workflow signs.
        session: of boto3, in the environment's region.
        run: starts docker and cosign.
    """

    project: Path
    repository: str
    settings: Settings
    session: Any
    run: Run = run_tool

    @property
    def host(self) -> str:
        """Of the environment's registry."""
        return f"{self.settings.account}.dkr.ecr.{self.settings.region}.amazonaws.com"

    def publish(self, image: Image, given: Mapping[str, str], say: Say = lambda _: None) -> Published:
        """Build, push and sign what is not there yet.

        Args:
            given: build arguments; all that the image wants.

        Raises:
            ImageError: an argument is missing, or there is no repository, or an image of these sources is
                there that nobody signed.
        """
        _check(image, given)
        with tempfile.TemporaryDirectory() as folder:
            context = Path(folder)
            say("collecting what the build sees")
            files = self._context(image, context)
            tag = model.fingerprint(context, files, [f"{key}={given[key]}" for key in sorted(given)])
            repository = model.repository_of(self.settings, image.name)
            name = f"{self.host}/{repository}"
            self._login()
            known = self._digest(repository, imageTag=tag)
            if known:
                found = Published(image.name, name, tag, known, built=False)
                if said := self._unsigned(found.reference):
                    raise ImageError(
                        f"{name}:{tag} is there, and {said} so it is not used. Find out who pushed "
                        "it, delete it (`aws ecr batch-delete-image`), and run this again."
                    )
                return found
            say("building")
            self.run(_build(image, context, f"{name}:{tag}", given), "")
            say("pushing")
            self.run(["docker", "push", "--quiet", f"{name}:{tag}"], "")
            made = Published(image.name, name, tag, self._digest(repository, imageTag=tag), built=True)
            say("signing")
            self._sign(made, context / "requirements.txt", context)
            return made

    def check(self) -> list[Finding]:
        """Whether each image of ours that the settings name is there, and signed by our workflow."""
        wanted = model.deployed(self.settings)
        if wanted:
            self._login()
        return [self._checked(item) for item in wanted]

    def _checked(self, item: Deployed) -> Finding:
        try:
            there = self._digest(item.repository, imageDigest=item.digest)
        except NoRepositoryError:
            said = f"{item.repository} is made by the first `up`; its pods wait until the image is there"
            return Finding(item.image, item.digest, fine=True, said=said)
        way_out = f"Run the workflow images, and put the digest that it prints into {item.setting}."
        if item.digest == PLACEHOLDER:
            return Finding(item.image, item.digest, fine=False, said=f"a placeholder. {way_out}")
        if not there:
            return Finding(item.image, item.digest, fine=False, said=f"not in {item.repository}. {way_out}")
        unsigned = self._unsigned(f"{self.host}/{item.repository}@{item.digest}")
        said = f"{unsigned} {way_out}" if unsigned else "signed by our workflow"
        return Finding(item.image, item.digest, fine=not unsigned, said=said)

    def _context(self, image: Image, context: Path) -> list[Path]:
        """Copy what the build may see, and nothing else; its requirements lie beside it."""
        for source in model.files_of(self.project, image):
            inner = source.relative_to(self.project)
            target = context / (inner if image.locked else inner.relative_to(f"images/{image.name}"))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        if image.locked:
            locked(self.project, context / "requirements.txt")
        return sorted(item for item in context.rglob("*") if item.is_file())

    def _login(self) -> None:
        ecr = self.session.client("ecr")
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        self.run(["cosign", "login", self.host, "--username", user, "--password-stdin"], password)

    def _digest(self, repository: str, **image: str) -> str:
        """Of an image in the registry; empty where there is none."""
        ecr = self.session.client("ecr")
        try:
            found = ecr.describe_images(repositoryName=repository, imageIds=[image])
        except ecr.exceptions.ImageNotFoundException:
            return ""
        except ecr.exceptions.RepositoryNotFoundException:
            raise NoRepositoryError(
                f"There is no repository {repository}, so nothing was published. `pulumi up --target "
                "'**registry**'` makes it."
            ) from None
        except ClientError as error:
            raise ImageError(f"AWS refused ({error}), so nothing is known of {repository}.") from None
        digest: str = found["imageDetails"][0]["imageDigest"]
        return digest

    def _unsigned(self, reference: str) -> str:
        """Why an image does not count as ours; empty where our workflow on the main branch signed it."""
        command = ["cosign", "verify", "--certificate-oidc-issuer", ISSUER]
        command += ["--certificate-identity", model.signer(self.repository), "--output", "json", reference]
        try:
            self.run(command, "")
        except ImageError as error:
            words = " ".join(str(error).split())[-_WORDS:]
            return f"has no signature of {model.signer(self.repository)} (cosign: {words})."
        return ""

    def _sign(self, made: Published, requirements: Path, folder: Path) -> None:
        """By digest, with the workflow's own token as identity: there is no key that could leak."""
        materials = folder / "bill.cdx.json"
        bill(requirements, materials, of=(made.image, made.tag))
        self.run(["cosign", "sign", "--yes", made.reference], "")
        attest = ["cosign", "attest", "--yes", "--type", "cyclonedx", "--predicate", str(materials)]
        self.run([*attest, made.reference], "")


def _check(image: Image, given: Mapping[str, str]) -> None:
    wrong = [key for key in image.wants if not DIGEST.fullmatch(given.get(key, ""))]
    if wrong:
        raise ImageError(
            f"{image.name} wants {', '.join(f'{key} ({image.wants[key]})' for key in wrong)}, so nothing was "
            f"built. Give it with `--build-arg {wrong[0]}=sha256:…`."
        )


def _build(image: Image, context: Path, reference: str, given: Mapping[str, str]) -> list[str]:
    file = context / (f"images/{image.name}/Dockerfile" if image.locked else "Dockerfile")
    arguments = [part for key in sorted(given) for part in ("--build-arg", f"{key}={given[key]}")]
    return ["docker", "build", "--pull", "--file", str(file), "--tag", reference, *arguments, str(context)]
