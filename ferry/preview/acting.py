"""Runs the engine on the change and on its base, and fetches the evidence that the change names. Thin."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ferry.preview import reading, running
from ferry.preview.moves import named
from ferry.preview.seen import Seen
from stacks.shelf import Shelf
from workloads.evidence import Evidence, UnreadableError

_PROJECT = "ferry"
_LAST_WORDS = 2000


class PreviewError(Exception):
    """There is no preview to tell of; the message says why and what to do."""


@dataclass(frozen=True)
class Wanted:
    """What to preview.

    Attributes:
        tree: the checkout with the change.
        environment: names the stack and its file.
        base: a commit, branch or tag that the change is compared with; empty for none.
    """

    tree: Path
    environment: str
    base: str = ""


def run(wanted: Wanted) -> tuple[Seen, Seen | None]:
    """The previews of the change and of its base, against the stack's one real state.

    Raises:
        PreviewError: no engine, no such stack, no such base, or a preview that ended without a word.
    """
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ferry-preview-")))
        trees = [wanted.tree]
        if wanted.base:
            trees.append(stack.enter_context(checked_out(wanted.tree, wanted.base, home / "base")))
        with ThreadPoolExecutor(max_workers=len(trees)) as pool:
            jobs = [
                pool.submit(_preview, tree, wanted.environment, home / f"work-{number}", judged=number == 0)
                for number, tree in enumerate(trees)
            ]
        found = [job.result() for job in jobs]
    return found[0], (found[1] if wanted.base else None)


@contextlib.contextmanager
def checked_out(repository: Path, reference: str, place: Path) -> Iterator[Path]:
    """A commit in a worktree of its own, which is gone afterwards.

    Raises:
        PreviewError: git does not know the reference.
    """
    commit = _git(
        repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"
    )
    if not commit:
        raise PreviewError(
            f'git knows no "{reference}" in {repository}, so there is nothing to compare with. '
            "Fetch it (`git fetch origin main`) and give for example `--base origin/main`."
        )
    _git(repository, "worktree", "add", "--detach", "--force", str(place), commit)
    try:
        yield place
    finally:
        _git(repository, "worktree", "remove", "--force", str(place))


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed verbs
    return done.stdout.strip() if done.returncode == 0 else ""


def _preview(tree: Path, environment: str, work: Path, *, judged: bool) -> Seen:
    """One preview of one checkout, in a process whose program is that checkout's."""
    work.mkdir()
    events = work / "events.jsonl"
    request = {
        "tree": str(tree),
        "work": str(work),
        "environment": environment,
        "project": _PROJECT,
        "events": str(events),
        "policies": str(tree / "policy") if judged else "",
    }
    done = subprocess.run(  # noqa: S603 - this Python, our file
        [sys.executable, "-P", running.__file__, json.dumps(request)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    seen = reading.read(reading.events(events.read_text().splitlines())) if events.exists() else Seen()
    if done.returncode == 0 or (done.returncode == running.REFUSED and seen.errors):
        return seen
    raise PreviewError(_why(done, tree, environment))


def _why(done: subprocess.CompletedProcess[str], tree: Path, environment: str) -> str:
    if done.returncode == running.NO_STACK:
        return (
            f'The engine finds no stack "{environment}" from here, so nothing could be previewed. Connect it '
            "to the stack's state with `pulumi login`, or make the stack as "
            f"`ferry bootstrap --env {environment}` says.\n\n{done.stderr.strip()[-_LAST_WORDS:]}"
        )
    said = done.stderr.strip()[-_LAST_WORDS:]
    return (
        f"The preview of {tree} ended without a result: {said}\n"
        "Nothing was changed. Run `ferry doctor`, or `pulumi preview` in that directory, to see more."
    )


def evidence(seen: Seen, shelf: Shelf) -> dict[str, Evidence | str]:
    """What was measured for each workload that moves on new evidence, or why it could not be read."""
    found: dict[str, Evidence | str] = {}
    for workload, digest in named(seen).items():
        try:
            found[workload] = shelf.read(workload, digest)
        except UnreadableError as error:
            found[workload] = str(error)
    return found
