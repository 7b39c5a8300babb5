"""``python -m sandbox.toolchain [tool …]``: build what is missing, then print where everything is."""

from __future__ import annotations

import sys

from rich.console import Console

from sandbox.toolchain import Tool, Toolchain, ToolchainError

_REFUSED, _WRONG_USE, _INTERRUPTED = 1, 2, 130


def main(names: list[str]) -> int:
    """Bring the tools of these names, all by default.

    Returns:
        Exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted.
    """
    console = Console(stderr=True)
    try:
        tools = [Tool(name) for name in names] or list(Tool)
    except ValueError as error:
        console.print(f"{error}, so nothing was built. Tools: {', '.join(Tool)}.", highlight=False)
        return _WRONG_USE
    chain = Toolchain.locate()
    try:
        chain.ensure(tools, console)
        for tool in tools:
            console.print(f"{tool:<24} {chain.path(tool)}", highlight=False, soft_wrap=True)
    except ToolchainError as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        return _REFUSED
    except KeyboardInterrupt:
        console.print("Interrupted; tools that were finished are kept, the rest is removed.")
        return _INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
