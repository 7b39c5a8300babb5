"""The project's own images on their way into a registry (E7, E8): what is built, signed, and let through.

The registry is the emulated ECR; docker and cosign are stood in for, because there is no container engine and
no sigstore here: what they are asked is what is proved. The bill of materials is the real tool's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from typer.testing import CliRunner

from ferry.cli import app
from ferry.images.acting import ImageError, Yard, run_tool
from ferry.images.bill import BillError, bill
from ferry.images.model import IMAGES, PLACEHOLDER, deployed, repository_of
from stacks.settings import Settings
from tests.infra.environments import PROJECT, settings

DEV = settings("dev")
BUNDLE = {"RDS_BUNDLE": "sha256:" + "b" * 64}
GIVEN: dict[str, dict[str, str]] = {"ferry": {}, "mlflow": BUNDLE}
SIGNER = "https://github.com/acme/ferry/.github/workflows/images.yml@refs/heads/main"


@dataclass
class Tools:
    """Stands in for docker and cosign; a push arrives in the emulated registry."""

    session: boto3.Session
    asked: list[list[str]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)
    look: Callable[[Path], None] = lambda _: None

    def __call__(self, command: list[str], given: str) -> None:
        """Do what the tool would do, as far as anybody can see it."""
        self.asked.append(command)
        self.typed.append(given)
        match command[:2]:
            case ["docker", "build"]:
                self.look(Path(command[-1]))
            case ["docker", "push"]:
                self.push(command[-1])
            case ["cosign", "sign"]:
                self.signed.add(command[-1])
            case ["cosign", "verify"] if command[-1] not in self.signed or SIGNER not in command:
                raise ImageError("no matching signatures")

    def push(self, reference: str) -> str:
        """Put an image there; its digest."""
        name, _, tag = reference.partition(":")
        kind = "application/vnd.oci.image.manifest.v1+json"
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": kind, "config": {"digest": tag}, "layers": []}
        )
        place = {"repositoryName": name.partition("/")[2], "imageTag": tag}
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        self.session.client("ecr").put_image(**place, imageManifest=manifest, imageDigest=digest)
        return digest

    def verbs(self) -> list[str]:
        """What was asked, without arguments."""
        return [" ".join(command[:2]) for command in self.asked]


@pytest.fixture
def tools(session: boto3.Session) -> Tools:
    """A registry with the environment's repositories, empty."""
    for image in IMAGES:
        session.client("ecr").create_repository(repositoryName=repository_of(DEV, image))
    return Tools(session)


def yard(tools: Tools, project: Path = PROJECT, wanted: Settings = DEV) -> Yard:
    """Where they are built."""
    return Yard(project, "acme/ferry", wanted, tools.session, tools)


def with_digest(digest: str) -> Settings:
    """Dev, deploying MLflow by this digest and nothing else of ours."""
    assert DEV.services.mlflow is not None
    tracking = DEV.services.mlflow.model_copy(update={"digest": digest})
    services = DEV.services.model_copy(update={"mlflow": tracking, "crossing": None})
    return DEV.model_copy(update={"services": services})


@pytest.mark.parametrize("name", IMAGES)
def test_build_sees_all_that_its_dockerfile_copies_and_nothing_else(name: str, tools: Tools) -> None:
    """E8: a file that is missing would fail the build, and one too many would be in the image's history."""
    seen: dict[str, Any] = {}

    def look(context: Path) -> None:
        files = [item.relative_to(context) for item in context.rglob("*") if item.is_file()]
        seen["files"] = {str(item) for item in files}
        [dockerfile] = context.rglob("Dockerfile")
        copied = re.findall(r"^COPY (?:--\S+ )*(\S+) \S+$", dockerfile.read_text(), re.M)
        seen["copied"] = [item for item in copied if not item.startswith("/opt/")]
        seen["missing"] = [item for item in seen["copied"] if not (context / item).exists()]

    tools.look = look
    yard(tools).publish(IMAGES[name], GIVEN[name])
    assert seen["missing"] == []
    tops = {item.partition("/")[0] for item in seen["copied"]} | {"images", "Dockerfile", "requirements.in"}
    assert {item.partition("/")[0] for item in seen["files"]} <= tops
    assert not any("__pycache__" in item or item.startswith("tests/") for item in seen["files"])


def test_image_is_signed_by_its_digest_with_no_key_and_its_bill_beside_it(tools: Tools) -> None:
    """E7: a signature of a tag would say nothing of what the tag is tomorrow."""
    made = yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    order = ["cosign login", "docker build", "docker push", "cosign sign", "cosign attest"]
    assert tools.verbs() == order
    assert made.built
    assert made.reference in tools.signed
    assert made.reference.endswith(f"/ferry-dev/mlflow@{made.digest}")
    attest = tools.asked[-1]
    assert attest[-1] == made.reference
    assert attest[attest.index("--type") + 1] == "cyclonedx"
    assert not any("--key" in part for command in tools.asked for part in command)


def test_password_of_the_registry_is_in_no_argument(tools: Tools) -> None:
    """E7: arguments are seen by everybody on the machine."""
    yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    password = tools.typed[0]
    assert password
    assert not any(password in part for command in tools.asked for part in command)


def test_same_sources_are_built_once_and_others_anew(tools: Tools) -> None:
    """E7: repositories take a tag once; a second run finds what the first one made."""
    first = yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    tools.asked.clear()
    again = yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    assert (again.digest, again.built) == (first.digest, False)
    assert tools.verbs() == ["cosign login", "cosign verify"]
    other = yard(tools).publish(IMAGES["mlflow"], {"RDS_BUNDLE": "sha256:" + "c" * 64})
    assert other.tag != first.tag


def test_image_that_somebody_else_pushed_is_not_blessed(tools: Tools) -> None:
    """E7: signing what is there already would make anybody's image ours."""
    made = yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    tools.signed.clear()
    with pytest.raises(ImageError, match=r"is there, and has no signature.*Find out who pushed it"):
        yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    assert made.reference not in tools.signed


def test_missing_argument_is_said_before_anything_is_asked(tools: Tools) -> None:
    with pytest.raises(ImageError, match=r"mlflow wants RDS_BUNDLE.*nothing was built.*--build-arg"):
        yard(tools).publish(IMAGES["mlflow"], {})
    assert tools.asked == []


def test_registry_without_the_repository_says_how_it_comes_to_be(session: boto3.Session) -> None:
    with pytest.raises(ImageError, match=r"no repository ferry-dev/mlflow.*pulumi up --target"):
        yard(Tools(session)).publish(IMAGES["mlflow"], BUNDLE)


def test_up_lets_in_only_what_is_there_and_signed_by_our_workflow(tools: Tools) -> None:
    """E7: a placeholder, a digest of nobody, and an image without our signature are refused by name."""
    made = yard(tools).publish(IMAGES["mlflow"], BUNDLE)
    unsigned = tools.push(f"{made.name}:by-hand")

    def found(digest: str) -> tuple[bool, str]:
        [finding] = yard(tools, wanted=with_digest(digest)).check()
        return finding.fine, finding.said

    assert found(made.digest) == (True, "signed by our workflow")
    for digest, said in {
        PLACEHOLDER: "a placeholder",
        "sha256:" + "d" * 64: "not in ferry-dev/mlflow",
        unsigned: f"has no signature of {SIGNER}",
    }.items():
        fine, words = found(digest)
        assert not fine
        assert said in words
        assert "Run the workflow images, and put the digest" in words


def test_first_up_is_let_through_because_it_makes_the_repository(session: boto3.Session) -> None:
    """E7: nothing can be published before; its pods wait."""
    [finding] = yard(Tools(session), wanted=with_digest(PLACEHOLDER)).check()
    assert finding.fine
    assert "made by the first `up`" in finding.said


def test_refusal_of_aws_lets_nothing_through(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """E7: only a repository that is not there is a reason to go on without an image."""

    def refuse(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeImages")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    monkeypatch.setattr(Yard, "_login", lambda _: None)
    with pytest.raises(ImageError, match=r"AWS refused .*AccessDenied"):
        yard(tools, wanted=with_digest(PLACEHOLDER)).check()


def test_committed_environments_name_their_own_images_only_where_they_deploy_them() -> None:
    for environment in ("dev", "staging", "prod"):
        for item in deployed(settings(environment)):
            assert item.repository == f"ferry-{environment}/{item.image}"
            assert item.image in settings(environment).registry.repositories


def test_verb_reports_and_ends_as_promised(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """E7: exit codes, and the outputs that the workflow hands on."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr("ferry.images.command.boto3.Session", lambda **_: tools.session)
    monkeypatch.setattr("ferry.images.command._yard", lambda _env, _repository: yard(tools))
    outputs = PROJECT / "nowhere"
    wanted = ["images", "publish", "mlflow", "--build-arg", f"RDS_BUNDLE={BUNDLE['RDS_BUNDLE']}"]
    done = CliRunner().invoke(app, wanted)
    assert done.exit_code == 0, done.output
    assert "pulumi config set --stack dev --path ferry:services.mlflow.digest sha256:" in done.output
    assert not outputs.exists()
    assert CliRunner().invoke(app, ["images", "publish", "mlflow"]).exit_code == 1
    assert CliRunner().invoke(app, ["images", "publish", "nginx"]).exit_code == 2
    refused = CliRunner().invoke(app, ["images", "check"])
    assert refused.exit_code == 1
    assert "a placeholder" in " ".join(refused.output.split())


def test_tool_that_is_not_there_or_fails_is_a_sentence() -> None:
    with pytest.raises(ImageError, match=r"no-such-tool is not on PATH, so nothing was published"):
        run_tool(["no-such-tool"])
    with pytest.raises(ImageError, match=r"`sh -c` failed.*: out of luck"):
        run_tool(["sh", "-c", "echo out of luck >&2; exit 3"])


def test_bill_names_each_pinned_package_with_its_digests(tmp_path: Path) -> None:
    """E8: every line of the lock and nothing else, as CycloneDX's own schema wants it."""
    requirements = PROJECT / "images/mlflow/requirements.txt"
    wanted = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s\\;]+)", requirements.read_text(), re.M))
    digests = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", requirements.read_text()))
    bill(requirements, tmp_path / "bill.json", of=("mlflow", "1"))
    text = (tmp_path / "bill.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    assert {item["name"]: item["version"] for item in found["components"]} == wanted
    assert {
        known["content"]
        for item in found["components"]
        for source in item["externalReferences"]
        for known in source["hashes"]
    } == digests
    assert found["metadata"]["component"]["name"] == "mlflow"


@pytest.mark.parametrize("line", ["rich", "rich>=15", "rich==15.0.0", "rich @ https://example.com/rich.whl"])
def test_package_of_which_nobody_could_say_what_it_is_is_refused(line: str, tmp_path: Path) -> None:
    """E8."""
    loose = tmp_path / "requirements.txt"
    loose.write_text(f"# a comment\n{line}\n")
    with pytest.raises(BillError, match=r"is not pinned by version and digest.*nothing was published"):
        bill(loose, tmp_path / "bill.json", of=("x", "1"))
    assert not (tmp_path / "bill.json").exists()
