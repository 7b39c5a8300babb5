"""One preview of one checkout's program, in a process of its own: ``python running.py REQUEST``.

It is started with a checkout as working directory and first on Python's path, so that ``stacks.program`` is
that checkout's, whichever one this file belongs to. It therefore imports nothing else of the project. The
engine, the stack's state and the account are found as by `pulumi preview`: on PATH and in the environment.
"""

from __future__ import annotations

import enum
import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from pulumi import automation as auto
from pulumi.automation.events import EngineEvent

REFUSED, NO_STACK = 1, 3
"""Exit codes: the engine or the program refused (the events say why); the stack cannot be reached."""


def main(argument: str) -> int:
    """Preview, and write each of the engine's events as a line of JSON."""
    request: dict[str, str] = json.loads(argument)
    tree, work, stack_name = Path(request["tree"]), Path(request["work"]), request["environment"]
    for name in ("Pulumi.yaml", f"Pulumi.{stack_name}.yaml"):
        shutil.copy(tree / name, work / name)  # the engine may write into the stack's file: never into ours
    program = importlib.import_module("stacks.program").run
    try:
        stack = auto.select_stack(
            stack_name=stack_name,
            project_name=request["project"],
            program=program,
            opts=auto.LocalWorkspaceOptions(work_dir=str(work)),
        )
    except auto.CommandError as error:  # no such stack, or no way to where the state is kept
        sys.stderr.write(error.args[0] if error.args else "")
        return NO_STACK
    with Path(request["events"]).open("w") as sink:

        def write(event: EngineEvent) -> None:
            sink.write(json.dumps(plain(event)) + "\n")

        packs = [request["policies"]] if request.get("policies") else None
        try:
            stack.preview(
                on_event=write,
                policy_packs=packs,
                color="never",
                suppress_outputs=True,
                suppress_progress=True,
            )
        except auto.CommandError as error:
            sys.stderr.write(str(error))
            return REFUSED
    return 0


def plain(value: Any) -> Any:
    """An event as data; what it does not say is left out."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dict):
        return {
            (key.value if isinstance(key, enum.Enum) else key): plain(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "__dict__"):
        return {key: plain(item) for key, item in vars(value).items() if item is not None}
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
