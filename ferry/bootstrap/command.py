"""``ferry bootstrap``: show the plan, ask, do it, look again."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ferry.bootstrap.account import Account
from ferry.bootstrap.jobs import JOBS
from ferry.bootstrap.plan import EXISTS, Action, Kind, plan, wanted
from ferry.bootstrap.policies import Place
from ferry.bootstrap.repository import RepositoryError, from_remote, repository_subject
from stacks.settings import Environment, SettingsError, load_file


class BootstrapError(Exception):
    """Bootstrap was refused or failed; the message states fact, consequence and way out."""


@dataclass(frozen=True)
class Options:
    """What a person chose on the command line."""

    dry_run: bool
    yes: bool
    as_json: bool


def bootstrap(
    env: Annotated[Environment, typer.Option("--env", help="Which Pulumi.<env>.yaml.")],
    repository: Annotated[
        str,
        typer.Option(
            help="GitHub repository as the subject of its tokens has it: owner/name; for one made after "
            "18 June 2026 with ids, as its OIDC settings show. Default: the git remote origin."
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing the account.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Make what the stack cannot make for itself: the state bucket, its key, and the pipeline's roles.

    Safe to run again: what is right stays, what has drifted is put right.

    \b
      ferry bootstrap --env dev --dry-run                       show what would be done
      ferry bootstrap --env dev                                 show it, ask, do it
      ferry bootstrap --env prod --repository acme/ferry --yes  for a script
      ferry bootstrap --env dev --dry-run --json                the plan as JSON
    """
    options = Options(dry_run, yes, as_json)
    if as_json and not (dry_run or yes):
        raise typer.BadParameter("--json asks no question: add --dry-run or --yes")
    console = Console(stderr=as_json)
    try:
        _run(env, repository, options, console)
    except (BootstrapError, RepositoryError, SettingsError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _run(env: Environment, repository: str, options: Options, console: Console) -> None:
    settings = load_file(Path(f"Pulumi.{env}.yaml"))
    subject = repository_subject(repository) if repository else from_remote(_origin())
    place = Place(str(env), settings.account, settings.region, subject)
    account = Account(place, boto3.Session())
    actions = _plan(place, account)
    if not options.as_json:
        _show(actions, console)
    if actions and not options.dry_run:
        if not options.yes and not typer.confirm(f"Change account {place.account}?"):
            raise BootstrapError("Nothing was changed: you said no. Run it again when you are ready.")
        _apply(place, account, actions, console)
    _report(place, actions, options, console)


def _plan(place: Place, account: Account) -> list[Action]:
    """The plan, or why there can be none.

    Raises:
        BootstrapError: no credentials, another account's credentials, or the bucket stands elsewhere.
    """
    try:
        number = account.number()
        if number != place.account:
            raise BootstrapError(
                f"The credentials are for account {number}, Pulumi.{place.environment}.yaml is for "
                f"{place.account}; nothing was changed. Choose other credentials (AWS_PROFILE), or set "
                f"ferry:account in Pulumi.{place.environment}.yaml."
            )
        actions = plan(place, account.find(wanted(place)))
    except (BotoCoreError, ClientError) as error:
        raise BootstrapError(_refused("AWS could not be asked what is there", error, place)) from error
    moved = [a for a in actions if a.part.kind is Kind.BUCKET and a.part.aspect == EXISTS and a.before]
    if moved:
        raise BootstrapError(
            f"The bucket {place.bucket} stands in {moved[0].before}, ferry:region says {place.region}; "
            "nothing was changed, because a bucket cannot move. Set ferry:region back, or move the state "
            "by hand (pulumi stack export, delete the bucket, bootstrap, pulumi stack import)."
        )
    return actions


def _apply(place: Place, account: Account, actions: list[Action], console: Console) -> None:
    for done, action in enumerate(track(actions, "Changing the account", console=console, transient=True)):
        try:
            account.do(action)
        except (BotoCoreError, ClientError) as error:
            fact = f"AWS refused to {action}; {done} of {len(actions)} steps are done and stay"
            raise BootstrapError(_refused(fact, error, place)) from error
    left = _plan(place, account)
    if left:
        steps = "; ".join(str(action) for action in left)
        raise BootstrapError(
            f"AWS took every step, yet this still differs: {steps}. IAM may need a minute to agree with "
            "itself: run the same command again. If it still differs then, someone else is changing it."
        )


def _refused(fact: str, error: Exception, place: Place) -> str:
    return (
        f"{fact}: {error}. Run it again as an administrator of account {place.account} "
        "(`aws sts get-caller-identity` says who you are); what is already right is left alone."
    )


def next_lines(place: Place) -> list[str]:
    """Commands that use what bootstrap made, to be copied as they are."""
    where = f"region={place.region}"
    return [
        f"pulumi login 's3://{place.bucket}?{where}'",
        f"pulumi stack init {place.environment} --secrets-provider='awskms://{place.alias}?{where}'",
    ]


def _show(actions: list[Action], console: Console) -> None:
    if not actions:
        console.print("Everything is as it should be: nothing to do.")
        return
    table = Table("", "what", "aspect", "why", title=f"{len(actions)} steps", title_justify="left")
    for action in actions:
        part = action.part
        sign = "[green]+[/]" if action.verb == "create" else "[yellow]~[/]"
        aspect = "" if part.aspect == EXISTS else part.aspect
        table.add_row(sign, part.label, aspect, part.why)
    console.print(table)


def _report(place: Place, actions: list[Action], options: Options, console: Console) -> None:
    if options.as_json:
        typer.echo(json.dumps(_as_data(place, actions, done=not options.dry_run), indent=2))
        return
    if options.dry_run:
        console.print("Dry run: nothing was changed.")
        return
    console.print("Next:")
    for line in next_lines(place):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    for purpose in JOBS:
        role = f"arn:aws:iam::{place.account}:role/{place.role(purpose)}"
        console.print(f"  {purpose} role of the pipeline: {role}", highlight=False, soft_wrap=True)


def _as_data(place: Place, actions: list[Action], *, done: bool) -> dict[str, Any]:
    steps = [
        {
            "verb": action.verb,
            "kind": action.part.kind,
            "name": action.part.name,
            "aspect": action.part.aspect,
            "before": action.before,
            "after": action.part.want,
            "why": action.part.why,
        }
        for action in actions
    ]
    return {"environment": place.environment, "done": done, "steps": steps, "next": next_lines(place)}


def _origin() -> str:
    """URL of the git remote ``origin``, empty where there is none."""
    command = ["git", "remote", "get-url", "origin"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return answer.stdout.strip()
