"""`ferry preview` as a person runs it (E2): the real engine, a real git repository, the emulated AWS.

The program is small, so that it is quick; the stack's state, its base in a worktree, the policy pack and the
comment are real. What it looks like for a whole environment is in `test_comment.py`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from typer.testing import CliRunner, Result

from ferry.cli import app
from sandbox.engine import Engine, EngineSpec
from sandbox.toolchain import Toolchain
from sandbox.toolchain.table import Tool
from sandbox.world import World
from tests.worlds import decision

PROJECT = Path(__file__).parents[3]
SECRET = "canary-4c6b1d0a9e"  # noqa: S105 - the marker that must be found nowhere
PROGRAM = '''
"""A small program."""

import pulumi
import pulumi_aws as aws


def run():
    tags = dict.fromkeys(("owner", "cost-center", "environment", "project"), "ferry")
    provider = aws.Provider(
        "aws", region="us-east-1", allowed_account_ids=["123456789012"], default_tags={"tags": tags}
    )
    opts = pulumi.ResourceOptions(provider=provider)
    aws.sqs.Queue("queue", name="q", kms_master_key_id="alias/a", tags={}, opts=opts)
    secret = aws.secretsmanager.Secret("secret", name="s", kms_key_id="alias/a", opts=opts)
    aws.secretsmanager.SecretVersion(
        "version", secret_id=secret.id, secret_string=pulumi.Output.secret("SECRET"), opts=opts
    )
'''.replace("SECRET", SECRET)
EDITS = {
    "base": ("tags={}", 'tags={"waits": "1"}'),
    "ours": ('name="s"', 'name="renamed"'),
    "broken": ('kms_master_key_id="alias/a", ', ""),
}


@dataclass
class Repository:
    """A checkout with a small program, and the environment in which its stack is found."""

    tree: Path
    environment: dict[str, str]

    def edit(self, name: str) -> None:
        """One of the edits."""
        path = self.tree / "stacks" / "program.py"
        path.write_text(path.read_text().replace(*EDITS[name]))

    def git(self, *arguments: str) -> str:
        """As a person with a name."""
        command = ["git", "-C", str(self.tree), "-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=True).stdout

    def preview(self, *arguments: str, **environment: str) -> Result:
        """`ferry preview --env dev`, from the checkout; each preview is a process of its own."""
        here = Path.cwd()
        with mock.patch.dict(os.environ, {**self.environment, **environment}):
            os.chdir(self.tree)
            try:
                return CliRunner().invoke(app, ["preview", "--env", "dev", *arguments])
            finally:
                os.chdir(here)


@pytest.fixture(scope="module")
def repository(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """The program applied once, and committed with a change that nobody has applied yet."""
    place = tmp_path_factory.mktemp("preview")
    tree = place / "checkout"
    (tree / "stacks").mkdir(parents=True)
    (tree / "stacks" / "program.py").write_text(PROGRAM)
    (tree / "stacks" / "__init__.py").touch()
    shutil.copytree(PROJECT / "policy", tree / "policy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(PROJECT / name, tree / name)
    with World(decision(toolchain, place / "world")) as world:
        world.start_aws()
        spec = EngineSpec(
            tree,
            "dev",
            place / "engine",
            toolchain.path(Tool.PULUMI),
            {"aws": world.start_provider("aws")},
            env=world.spec.environment(),
            policies=tree / "policy",
        )
        engine = Engine(spec, _program(tree))
        engine.up()
        found = Repository(tree, engine.environment())
        found.git("init", "--quiet")
        (tree / ".gitignore").write_text("__pycache__/\n")
        found.edit("base")
        found.git("add", "--all")
        found.git("commit", "--quiet", "--message", "base")
        yield found


def _program(tree: Path) -> Callable[[], None]:
    spec = importlib.util.spec_from_file_location("small_program", tree / "stacks" / "program.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run: Callable[[], None] = module.run
    return run


def test_preview_tells_a_change_from_what_waits_on_its_base(repository: Repository, tmp_path: Path) -> None:
    """E2: by two previews against the stack's real state; no secret in either form; nothing left behind."""
    repository.edit("ours")
    comment = tmp_path / "comment.md"
    done = repository.preview("--base", "HEAD", "--json", "--output", str(comment))
    assert done.exit_code == 0, done.stderr
    data, text = json.loads(done.stdout), comment.read_text()
    assert [(item["kind"], item["type"]) for item in data["at_stake"]] == [
        ("replace", "aws:secretsmanager/secret:Secret")
    ]
    assert [item["urn"].rpartition("::")[2] for item in data["waiting"]] == ["queue"]
    assert "queue" not in text.partition("<details>")[2]
    assert data["policy"] == {"pack": data["policy"]["pack"], "rulings": []}
    assert data["policy"]["pack"].startswith("ferry")
    assert {item["input"] for item in data["unknown_until_apply"]} == {"secretId"}
    assert SECRET not in done.stdout + text + done.stderr
    assert repository.git("worktree", "list").count("\n") == 1
    assert repository.git("status", "--porcelain").split() == ["M", "stacks/program.py"]
    repository.git("checkout", "--quiet", "--", ".")


def test_what_the_pack_refuses_is_refused_with_its_words(repository: Repository) -> None:
    """E2, E3: exit code 1, and the comment says why."""
    repository.edit("broken")
    done = repository.preview()
    repository.git("checkout", "--quiet", "--", ".")
    assert done.exit_code == 1, done.stderr
    assert done.stdout.splitlines()[1].startswith("🛑 **dev**: refused")
    assert "messages are not encrypted" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--base", "nowhere"], {}, "Fetch it (`git fetch origin main`)"),
        ([], {"PULUMI_BACKEND_URL": "file:///nowhere/at/all"}, "`pulumi login`"),
    ],
    ids=["no such base", "no such state"],
)
def test_wrong_use_is_one_sentence_and_a_way_out(
    repository: Repository, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    """E2: exit code 2."""
    done = repository.preview(*arguments, **environment)
    assert done.exit_code == 2
    assert said in done.stderr
    assert isinstance(done.exception, SystemExit), "no traceback"
