"""``ferry images publish | check``."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from ferry.bootstrap.repository import RepositoryError, from_remote
from ferry.images.acting import ImageError, Published, Yard
from ferry.images.bill import BillError
from ferry.images.model import IMAGES
from stacks.settings import Environment, SettingsError, load_file

app = typer.Typer(
    help="The project's own images: built, signed and known by digest before they are deployed."
)

Env = Annotated[Environment, typer.Option("--env", help="Which Pulumi.<env>.yaml.")]
Repository = Annotated[
    str,
    typer.Option(envvar="GITHUB_REPOSITORY", help="owner/name on GitHub. Default: the git remote origin."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON.")]


@app.command()
def publish(  # noqa: PLR0917 - an option each; Typer calls it by name
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(IMAGES)}.")],
    env: Env = Environment.DEV,
    build_arg: Annotated[list[str] | None, typer.Option(help="KEY=VALUE, as docker takes it.")] = None,
    repository: Repository = "",
    outputs: Annotated[
        Path | None, typer.Option(envvar="GITHUB_OUTPUT", help="Also append name and digest to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build an image, push it into the environment's repository, sign it by digest, and print that digest.

    The same sources are built once: the tag is their digest, and tags of the repository never move. The
    signature and the bill of materials need the token of the workflow; a person's machine asks for a login.

    \b
      ferry images publish ferry --env dev
      ferry images publish mlflow --env prod --build-arg RDS_BUNDLE=sha256:<64 hex digits>
    """
    if name not in IMAGES:
        raise typer.BadParameter(f'there is no image "{name}"; there are {", ".join(IMAGES)}')
    given = dict(item.partition("=")[::2] for item in build_arg or [])
    console = Console(stderr=True)
    try:
        with console.status("reading the settings") as status:
            made = _yard(env, repository).publish(IMAGES[name], given, status.update)
    except (SettingsError, RepositoryError) as error:
        raise _ended(str(error), 2) from None
    except (ImageError, BillError, BotoCoreError, ClientError) as error:
        raise _ended(str(error), 1) from None
    if outputs:
        with outputs.open("a") as file:
            file.write(f"name={made.name}\ndigest={made.digest}\n")
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(made), indent=2))
    else:
        _report(made, env)


@app.command()
def check(env: Env = Environment.DEV, repository: Repository = "", as_json: AsJson = False) -> None:
    """Look whether each image of ours that the stack file names is there and signed by our workflow.

    The pipeline does so before every `up`. Exit code 1 where one is not. A repository that the first `up` has
    yet to make is only said.

    \b
      ferry images check --env prod
    """
    try:
        with Console(stderr=True).status("asking the registry"):
            found = _yard(env, repository).check()
    except (SettingsError, RepositoryError) as error:
        raise _ended(str(error), 2) from None
    except (ImageError, BotoCoreError, ClientError) as error:
        raise _ended(str(error), 1) from None
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(item) for item in found], indent=2))
    else:
        table = Table("image", "digest", "", "found")
        for item in found:
            sign = "[green]ok[/]" if item.fine else "[red]no[/]"
            table.add_row(item.image, item.digest[:19] + "…", sign, item.said)
        Console().print(table if found else "The settings name no image of ours.")
    if not all(item.fine for item in found):
        raise typer.Exit(1)


def _yard(env: Environment, repository: str) -> Yard:
    settings = load_file(Path(f"Pulumi.{env}.yaml"))
    session = boto3.Session(region_name=settings.region)
    return Yard(Path.cwd(), repository or from_remote(_origin()), settings, session)


def _origin() -> str:
    command = ["git", "remote", "get-url", "origin"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - fixed words


def _report(made: Published, env: Environment) -> None:
    typer.echo(f"{made.reference} {'is built and signed' if made.built else 'was there already, signed'}.")
    typer.echo(f"Deploy it with a reviewed change of Pulumi.{env}.yaml:")
    typer.echo(f"  pulumi config set --stack {env} --path {IMAGES[made.image].setting} {made.digest}")


def _ended(text: str, code: int) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(code)
