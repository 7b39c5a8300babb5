"""Writes what somebody reviews: a package for each workload in our own shape, and its line of settings.

What no reading can know (who answers for it, what it is worth, how fast it has to be) is filled with a value
that the preview takes and marked ``REVIEW``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import workloads
from ferry.assess.model import Assessment, Found, Kind, Proposal
from workloads.catalogue import CATALOGUE
from workloads.schedules import ScheduleError, shortest_gap
from workloads.spec import Pattern, Wave

LINES = "workloads.settings.yaml"
"""File of the settings' lines, beside the packages."""

NO_SCHEDULE = "0 3 * * 0"
"""Weekly, for work that somebody starts by hand."""
_LONGEST = 60
_RESERVED = {path.stem for path in Path(workloads.__file__).parent.glob("*.py")} | {"samples", "workloads"}
"""Modules of that room, whose names no package may take."""

_BACKENDS = (
    ("onnxruntime", {"onnx", "onnxruntime"}),
    ("pytorch", {"torch"}),
    ("fil", {"xgboost", "lightgbm", "sklearn", "cuml"}),
)
"""Triton's backend for a framework, in the order in which they are looked for; else Python."""


@dataclass(frozen=True)
class Written:
    """What became of a package: its directory, or why there is none."""

    name: str
    path: str
    kept: str = ""


def write(assessment: Assessment, target: Path) -> list[Written]:
    """Packages under ``target/workloads`` and the settings' lines beside it. Nothing that exists is changed.

    Raises:
        OSError: the directory cannot be written.
    """
    written = [_package(item, target / "workloads") for item in assessment.proposals]
    lines = [f"    {item.name}: {{stage: legacy}}" for item in written if not item.kept]
    text = "\n".join(["  # Goes under ferry:workloads in Pulumi.<env>.yaml.", "  ferry:workloads:", *lines])
    target.mkdir(parents=True, exist_ok=True)
    (target / LINES).write_text(f"{text}\n" if lines else "# Nothing new.\n", "utf-8")
    return written


def _package(item: Proposal, rooms: Path) -> Written:
    name = configured(item.name)
    directory = rooms / name.replace("-", "_")
    if name in CATALOGUE:
        return Written(name, "", "the catalogue has a workload of this name; compare the two")
    if directory.exists():
        return Written(name, str(directory), "it is there already, and is left as it is")
    directory.mkdir(parents=True)
    (directory / "__init__.py").write_text(f'"""The workload {name}."""\n', "utf-8")
    (directory / "definition.py").write_text(definition(item, name), "utf-8")
    return Written(name, str(directory))


def configured(name: str) -> str:
    """The name in configuration: never one of a module of the room ``workloads``."""
    return f"{name}-workload" if name.replace("-", "_") in _RESERVED else name


def definition(item: Proposal, name: str) -> str:
    """The text of ``definition.py``."""
    fields = _fields(item, name)
    used = {word for line in fields for word in _SHAPES if f"{word}(" in line or f"{word}." in line}
    imports = [f"    {word}," for word in sorted({*used, "WorkloadSpec"})]
    return "\n".join(
        [
            f'"""Proposed by `ferry assess`: {_plain(item.pattern_reason)}.',
            "",
            f"Lines with REVIEW were not to be read anywhere. {_count(item.workload.parts)} found:",
            *(f"{part.kind} {_plain(_tail(part.name))}" for part in item.workload.parts[:8]),
            '"""',
            "",
            "from workloads.spec import (",
            *imports,
            ")",
            "",
            "WORKLOAD = WorkloadSpec(",
            *fields,
            ")",
            "",
        ]
    )


_SHAPES = (
    "BatchSlo",
    "LegacySpec",
    "MetricSpec",
    "ModelSpec",
    "OnlineSlo",
    "Pattern",
    "ScheduleSpec",
    "Serving",
    "Slo",
    "Tolerances",
    "Wave",
)


def _fields(item: Proposal, name: str) -> list[str]:
    workload = item.workload
    owner, called = _owner(item), _plain(_tail(workload.main.name))
    lines = [
        f'    name="{name}",',
        f'    what="{called}",  # REVIEW: in a sentence for people',
        f'    owner="{owner or "to-be-named"}",' + ("" if owner else "  # REVIEW: who answers for it"),
        f"    pattern=Pattern.{item.pattern.name},",
        f"    serving=Serving.{workload.serving.name},",
        f"    priority={item.priority},",
        "    impact_usd=0,  # REVIEW: nobody has measured it",
        f"    wave=Wave.{item.wave.name},",
        f'    legacy=LegacySpec(kind="{_legacy(workload.main)}", name="{called}"),',
    ]
    if not item.pattern.moves:
        return lines
    gpu = ", gpu=True" if any(part.gpus for part in workload.parts) else ""
    return [
        *lines,
        f'    model=ModelSpec(name="{name}", framework="{_backend(item)}"{gpu}),',
        *_tolerances(item),
        f"    slo=Slo({_slo(item)}),  # REVIEW: what its callers and readers count on",
        *_schedule(item),
    ]


def _tolerances(item: Proposal) -> list[str]:
    wider = ["        degradation=0.1,"] if item.wave is Wave.PILOT else []
    metric = '(MetricSpec(name="accuracy", tolerance=0.01),)'
    return [
        "    tolerances=Tolerances(",
        f"        metrics={metric},  # REVIEW: its own metric",
        *wider,
        "    ),",
    ]


def _slo(item: Proposal) -> str:
    serving = item.workload.serving
    online = ["online=OnlineSlo(p99_ms=500.0, error_rate=0.001)"] if serving.online else []
    batch = ["batch=BatchSlo(deadline_minutes=120)"] if serving.batch else []
    return ", ".join([*online, *batch])


def _schedule(item: Proposal) -> list[str]:
    workload = item.workload
    if not workload.serving.batch:
        return []
    cron = workload.cron if _minutes(workload.cron) else NO_SCHEDULE
    known = "the old clock's, as UTC" if cron == workload.cron else "somebody starts it by hand"
    longest = min(_LONGEST, _minutes(cron))
    return [f'    schedule=ScheduleSpec(cron="{cron}", longest_minutes={longest}),  # REVIEW: {known}']


def _minutes(cron: str) -> int:
    """Between two runs; 0 where there is no schedule to read."""
    try:
        return int(shortest_gap(cron).total_seconds() // 60) if cron else 0
    except ScheduleError:
        return 0


def _backend(item: Proposal) -> str:
    have = {name for part in item.workload.parts for name in part.frameworks}
    if item.pattern is Pattern.LIFT_AND_SHIFT:
        return "python"
    return next((backend for backend, names in _BACKENDS if have & names), "python")


def _legacy(part: Found) -> str:
    if part.kind in {Kind.NOTEBOOK, Kind.NOTEBOOK_INSTANCE}:
        return "notebook"
    if part.kind is Kind.SCRIPT:
        return "script"
    return "cron" if part.kind.scheduled else "sagemaker"


def _owner(item: Proposal) -> str:
    tags = [(key.lower(), value) for part in item.workload.parts for key, value in part.tags]
    return _plain(next((value for key, value in tags if key in {"owner", "team"} and value), ""))


def _tail(name: str) -> str:
    return name.rsplit("/", 1)[-1][:60]


def _count(parts: tuple[Found, ...]) -> str:
    return "One part was" if len(parts) == 1 else f"{len(parts)} parts were"


def _plain(text: str) -> str:
    """Text that cannot end a string or a docstring, whatever its writer called things."""
    return "".join(letter if letter.isprintable() and letter not in '"\\{}' else "-" for letter in text)
