"""``ferry bootstrap`` as a person and a script use it: preview, question, exit codes, JSON, errors (E7).

This tier runs the command in this process against an emulated account. It proves what is said and when
nothing is touched; it does not start a shell.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import boto3
import pytest
import typer
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from ferry.bootstrap import bootstrap
from ferry.bootstrap.account import Account
from ferry.bootstrap.plan import Action, Part
from ferry.bootstrap.policies import Place

ROOT = Path(__file__).parents[3]
ALWAYS = ["--env", "dev", "--repository", "acme/ferry"]

app = typer.Typer()
app.command()(bootstrap)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a stack file and nothing else; wide, so that no sentence is broken."""
    shutil.copy(ROOT / "Pulumi.dev.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")
    return tmp_path


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [*ALWAYS, *arguments], input=answer)


def buckets(session: boto3.Session) -> list[str]:
    return [bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]]


def test_dry_run_shows_the_plan_and_touches_nothing(session: boto3.Session) -> None:
    result = run("--dry-run")
    assert result.exit_code == 0
    assert "bucket ferry-dev-state-123456789012" in result.output
    assert "nothing was changed" in result.output
    assert buckets(session) == []


def test_no_to_the_question_changes_nothing_and_fails(session: boto3.Session) -> None:
    result = run(answer="n\n")
    assert result.exit_code == 1
    assert "Change account 123456789012?" in result.output
    assert "Nothing was changed: you said no" in result.output
    assert buckets(session) == []


def test_yes_to_the_question_makes_everything_and_says_what_to_type_next(session: boto3.Session) -> None:
    result = run(answer="y\n")
    assert result.exit_code == 0, result.output
    assert buckets(session) == ["ferry-dev-state-123456789012"]
    assert "pulumi login 's3://ferry-dev-state-123456789012?region=us-east-1'" in result.output
    secrets = "--secrets-provider='awskms://alias/ferry-dev-state?region=us-east-1'"
    assert f"pulumi stack init dev {secrets}" in result.output
    assert "arn:aws:iam::123456789012:role/ferry-dev-apply" in result.output


@pytest.mark.usefixtures("session")
def test_a_second_run_asks_nothing_and_does_nothing() -> None:
    assert run("--yes").exit_code == 0
    again = run()
    assert again.exit_code == 0
    assert "nothing to do" in again.output
    assert "pulumi login" in again.output


@pytest.mark.usefixtures("session")
def test_json_is_the_plan_and_nothing_else() -> None:
    planned = json.loads(run("--dry-run", "--json").stdout)
    assert planned["done"] is False
    assert {step["verb"] for step in planned["steps"]} == {"create"}
    done = json.loads(run("--yes", "--json").stdout)
    assert done["done"] is True
    assert done["steps"] == planned["steps"]
    assert json.loads(run("--yes", "--json").stdout)["steps"] == []


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("arguments", [["--json"], ["--env", "production"], ["--nonsense"]])
def test_wrong_use_is_exit_code_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    "repository", ["acme", "acme/*", "*/*", "https://github.com/acme/ferry", "acme/ferry/x"]
)
def test_what_is_not_one_repository_is_refused(repository: str, session: boto3.Session) -> None:
    result = run("--yes", "--repository", repository)
    assert result.exit_code == 1
    assert "is not one repository, so nothing was changed" in result.output
    assert buckets(session) == []


@pytest.mark.usefixtures("session")
def test_without_a_repository_or_a_remote_it_says_how_to_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    result = CliRunner().invoke(app, ["--env", "dev", "--dry-run"])
    assert result.exit_code == 1
    assert "There is no git remote origin" in result.output
    assert "--repository acme/ferry" in result.output


def test_credentials_of_another_account_are_refused(project: Path, session: boto3.Session) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text().replace("123456789012", "210987654321"))
    result = run("--yes")
    assert result.exit_code == 1
    assert "The credentials are for account 123456789012" in result.output
    assert "is for 210987654321; nothing was changed" in result.output
    assert buckets(session) == []


def test_a_bucket_in_another_region_is_refused_because_it_cannot_move(session: boto3.Session) -> None:
    session.client("s3").create_bucket(
        Bucket="ferry-dev-state-123456789012", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    result = run("--yes")
    assert result.exit_code == 1
    assert "stands in eu-west-1, ferry:region says us-east-1; nothing was changed" in result.output
    with pytest.raises(ClientError, match="NoSuchEntity"):
        session.client("iam").get_role(RoleName="ferry-dev-apply")


@pytest.mark.usefixtures("session")
def test_wrong_settings_are_said_before_aws_is_asked(project: Path) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text().replace("ferry:region: us-east-1", "ferry:region: mars-1"))
    result = run("--yes")
    assert result.exit_code == 1
    assert '"mars-1" is not a region of AWS' in result.output
    assert "Traceback" not in result.output


def test_a_refusal_half_way_says_what_is_done_and_a_further_run_goes_on(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Account.do

    def refuse_roles(self: Account, action: Action) -> None:
        if action.part.name == "ferry-dev-apply":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateRole")
        real(self, action)

    monkeypatch.setattr(Account, "do", refuse_roles)
    result = run("--yes")
    assert result.exit_code == 1
    assert "AWS refused to create role ferry-dev-apply; 13 of 19 steps are done and stay" in result.output
    monkeypatch.setattr(Account, "do", real)
    assert run("--yes").exit_code == 0
    assert session.client("iam").get_role(RoleName="ferry-dev-apply")


@pytest.mark.usefixtures("session")
def test_what_does_not_take_is_not_called_done(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Account.do

    def forget_versioning(self: Account, action: Action) -> None:
        if action.part.aspect != "versioning":
            real(self, action)

    monkeypatch.setattr(Account, "do", forget_versioning)
    result = run("--yes")
    assert result.exit_code == 1
    assert "this still differs: create bucket ferry-dev-state-123456789012: versioning" in result.output


def test_help_has_examples_to_copy() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "ferry bootstrap --env dev --dry-run" in result.output


def test_the_bucket_that_someone_else_owns_is_refused(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bucket names are one space for everybody; another account's answers 403."""

    def forbidden(self: Account, parts: list[Part]) -> dict[object, object]:
        del self, parts
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadBucket")

    monkeypatch.setattr(Account, "find", forbidden)
    result = run("--yes")
    assert result.exit_code == 1
    assert "AWS could not be asked what is there" in result.output
    assert buckets(session) == []


def test_names_carry_environment_and_account() -> None:
    place = Place("prod", "210987654321", "eu-west-1", "acme/ferry")
    assert place.bucket == "ferry-prod-state-210987654321"
    assert place.alias_arn == "arn:aws:kms:eu-west-1:210987654321:alias/ferry-prod-state"
    assert place.boundary_arn == "arn:aws:iam::210987654321:policy/ferry-prod-boundary"
