"""Reads directories of scripts and notebooks. Nothing is run; what cannot be read is reported and skipped."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from ferry.assess import code
from ferry.assess.model import Found, Inventory, Kind, Skipped

PRUNED = {
    ".git",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".ipynb_checkpoints",
    "site-packages",
    ".tox",
}
LARGEST = 20 * 2**20
"""Bytes; a larger notebook holds pictures, a larger script is none."""

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    RecursionError,
    MemoryError,
    KeyError,
    AttributeError,
    nbformat.ValidationError,
)
"""What other people's files do to a parser."""

_PINNED = re.compile(r"^[A-Za-z0-9_.\-\[\]]+\s*==\s*\S+")
_CELL = {"time", "timeit", "capture", "prun", "python", "python3"}
"""Cell magics whose body is Python."""


def paths(directories: list[Path]) -> list[Path]:
    """Scripts and notebooks below the directories, without environments and checkpoints."""
    return sorted({path for directory in directories for path in _below(directory)})


def _below(directory: Path) -> Iterator[Path]:
    if directory.is_file():
        yield directory
    for root, names, files in os.walk(directory):
        names[:] = sorted(name for name in names if name not in PRUNED)
        yield from (Path(root, name) for name in sorted(files) if name.endswith((".py", ".ipynb")))


def read(path: Path, inventory: Inventory) -> None:
    """Add one file to the inventory."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST // 2**20} MiB")
        inventory.found.append(_notebook(path) if path.suffix == ".ipynb" else _script(path))
    except UNREADABLE as error:
        inventory.skipped.append(Skipped(str(path), _why(error)))


def _why(error: Exception) -> str:
    """The reason without the line of code that it stands in: that could hold a secret."""
    if isinstance(error, SyntaxError):
        return f"not Python 3: {error.msg} (line {error.lineno})"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deep"
    first = str(error).splitlines()[0] if str(error) else ""
    known = first.startswith(("larger than", "source code string"))
    return first if known else f"not a readable notebook ({type(error).__name__})"


def _script(path: Path) -> Found:
    found = code.read(path.read_text("utf-8"), str(path))
    return replace(_described(path, Kind.SCRIPT, found), faults=_faults(path, found))


def _notebook(path: Path) -> Found:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of notebooks whose cells have no ids
        book = nbformat.reads(path.read_text("utf-8"), as_version=4)  # type: ignore[no-untyped-call] # theirs
    whole = code.Reading()
    installs = []
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, 1):
        text, asked = _python(cell.source)
        installs += asked
        _add(whole, code.read(text, f"{path}#cell{number}"))
        whole.secrets += code.by_form(_outputs(cell), f"{path}#output{number}")
    counts = [cell.get("execution_count") for cell in cells if cell.get("execution_count")]
    faults = [*_faults(path, whole)]
    if counts != sorted(counts):
        faults.append("its cells were not run from top to bottom")
    if any("==" not in line for line in installs):
        faults.append("it installs packages without versions")
    return replace(_described(path, Kind.NOTEBOOK, whole), faults=tuple(faults), steps=len(cells))


def _outputs(cell: NotebookNode) -> str:
    """Text that a cell printed; pictures are left out."""
    texts = []
    for output in cell.get("outputs", []):
        texts.append(str(output.get("text", "")))
        texts.append(str(output.get("data", {}).get("text/plain", "")))
    return "\n".join(texts)


def _python(source: str) -> tuple[str, list[str]]:
    """A cell's Python, line for line, and its installations.

    Raises:
        SyntaxError: by the parser later; a cell of another language is empty here.
    """
    lines = source.splitlines()
    installs = [line for line in lines if re.match(r"\s*[!%]\s*(pip|conda)\d?\s+install\s", line)]
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and first[2:].split()[:1] and first[2:].split()[0] not in _CELL:
        return "", installs
    kept = []
    for line in lines:
        bare = line.lstrip()
        magic = bare.startswith(("%", "!", "?")) or bare.rstrip().endswith("?")
        kept.append(f"{line[: len(line) - len(bare)]}pass" if magic else line)
    return "\n".join(kept), installs


def _add(whole: code.Reading, part: code.Reading) -> None:
    for name in ("frameworks", "modules", "sources", "writes", "personal", "files"):
        getattr(whole, name).update(getattr(part, name))
    whole.secrets += part.secrets
    whole.gpus = max(whole.gpus, part.gpus)
    whole.lines += part.lines
    whole.local += part.local
    whole.seeded |= part.seeded
    whole.now |= part.now


def _described(path: Path, kind: Kind, found: code.Reading) -> Found:
    return Found(
        kind=kind,
        name=path.name,
        where=str(path),
        frameworks=frozenset(found.frameworks),
        sources=frozenset(found.sources),
        writes=frozenset(found.writes),
        points_at=frozenset(found.files - {path.name}),
        secrets=tuple(found.secrets),
        gpus=found.gpus,
        lines=found.lines,
        personal=frozenset(found.personal),
        exposures=tuple(f"a secret in code ({secret.kind})" for secret in found.secrets[:1]),
    )


def _faults(path: Path, found: code.Reading) -> tuple[str, ...]:
    """Why a second run would not give the same."""
    faults = []
    if found.frameworks and not found.seeded and found.modules & RANDOM_USERS:
        faults.append("no random seed is set")
    if found.local:
        faults.append(f"paths of one machine: {found.local}")
    if found.now:
        faults.append("it depends on the time at which it runs")
    if found.frameworks and not _pinned(path.parent):
        faults.append("no versions of its packages are pinned beside it")
    return tuple(faults)


RANDOM_USERS = code.RANDOM | {"xgboost", "lightgbm", "catboost", "keras"}


def _pinned(directory: Path) -> bool:
    """Whether the directory, or the one above, says which versions of packages its code was written for."""
    for place in (directory, directory.parent):
        if any(
            (place / name).exists() for name in ("uv.lock", "poetry.lock", "Pipfile.lock", "conda-lock.yml")
        ):
            return True
        try:
            lines = (place / "requirements.txt").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        asked = [line.strip() for line in lines if line.strip() and not line.strip().startswith(("#", "-"))]
        return bool(asked) and all(_PINNED.match(line) for line in asked)
    return False
