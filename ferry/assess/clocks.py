"""Reads what starts by the clock: crontabs, and CronJobs of Kubernetes as ``kubectl get`` prints them."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cronsim import CronSim, CronSimError

from ferry.assess import code
from ferry.assess.model import Found, Inventory, Kind, Secret, Skipped

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ASSIGNMENT = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*)$")
_FIELDS = 5
_ANY = datetime(2026, 1, 1, tzinfo=UTC)
_CODE = (".py", ".ipynb")


def crontab(path: Path, inventory: Inventory) -> None:
    """Add the lines of a crontab that run Python or a notebook.

    A file under ``cron.d`` or named ``crontab`` has the user as its sixth field, as cron wants it there.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        inventory.skipped.append(Skipped(str(path), getattr(error, "strerror", None) or "not UTF-8 text"))
        return
    system = path.parent.name == "cron.d" or path.name == "crontab"
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        given = _ASSIGNMENT.match(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if given:
            if code.named_secret(given[1], given[2].strip("\"'")):
                inventory.loose.append(Secret(where, "a password, token or key in a crontab"))
            continue
        _line(line.strip(), where, inventory, system=system)


def _line(line: str, where: str, inventory: Inventory, *, system: bool) -> None:
    schedule, command = _split(line, system=system)
    if schedule == "@reboot":
        inventory.aside.append(Skipped(where, "runs when its machine starts, not by the clock"))
        return
    if not _valid(schedule):
        inventory.skipped.append(Skipped(where, "not a line of a crontab (five fields and a command)"))
        return
    files = _files(command)
    if not files:
        inventory.aside.append(Skipped(where, "runs neither Python nor a notebook"))
        return
    inventory.found.append(
        Found(
            kind=Kind.CRON,
            name=sorted(files)[0],
            where=where,
            cron=schedule,
            points_at=files,
            sources=frozenset(code.sources(command)),
            secrets=tuple(Secret(where, secret.kind) for secret in code.by_form(command, where)),
        )
    )


def _split(line: str, *, system: bool) -> tuple[str, str]:
    words = line.split(None, 1 if line.startswith("@") else _FIELDS)
    if line.startswith("@"):
        schedule, rest = ALIASES.get(words[0], words[0]), words[1:]
    else:
        schedule, rest = " ".join(words[:_FIELDS]), words[_FIELDS:]
    command = rest[0] if rest else ""
    return schedule, command.split(None, 1)[-1] if system and command else command


def _valid(schedule: str) -> bool:
    try:
        CronSim(schedule, _ANY)
    except CronSimError:
        return False
    return True


def _files(command: str) -> frozenset[str]:
    """Names of the Python files, notebooks and modules that a command names."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    files = {word.rsplit("/", 1)[-1] for word in words if word.endswith(_CODE)}
    modules = {f"{word.split('.')[-1]}.py" for flag, word in itertools.pairwise(words) if flag == "-m"}
    inner = {name for word in words if " " in word for name in _files(word)}
    return frozenset(files | inner | (modules - {"papermill.py"}))


def cronjobs(path: Path, inventory: Inventory) -> None:
    """Add the CronJobs of a file: JSON or YAML, a list or documents, as kubectl or a repository has them."""
    try:
        text = path.read_text("utf-8")
        documents = [json.loads(text)] if text.lstrip().startswith("{") else list(yaml.safe_load_all(text))
        objects = [item for document in documents if document for item in document.get("items", [document])]
        found = [_cronjob(item, path) for item in objects if item.get("kind") == "CronJob"]
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        inventory.skipped.append(Skipped(str(path), f"not a list of CronJobs ({type(error).__name__})"))
        return
    inventory.found += found


def _cronjob(item: Mapping[str, Any], path: Path) -> Found:
    meta, spec = item["metadata"], item["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    containers: list[Mapping[str, Any]] = pod["containers"]
    name = f"{meta.get('namespace', 'default')}/{meta['name']}"
    words = [str(word) for part in containers for word in (*part.get("command", []), *part.get("args", []))]
    return Found(
        kind=Kind.CRONJOB,
        name=str(meta["name"]),
        where=f"{path}: {name}",
        cron=ALIASES.get(str(spec["schedule"]), str(spec["schedule"])),
        points_at=_files(shlex.join(words)),
        sources=frozenset(source for word in [*words, *_values(containers)] for source in code.sources(word)),
        secrets=tuple(_environment(containers, name)),
        gpus=sum(int(_limits(part).get("nvidia.com/gpu", 0)) for part in containers),
        custom_image=True,
        exposures=tuple(_exposed(pod, containers)),
        tags=tuple(sorted((str(key), str(value)) for key, value in (meta.get("labels") or {}).items())),
        off=bool(spec.get("suspend")),
    )


def _limits(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return (container.get("resources") or {}).get("limits") or {}


def _values(containers: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from (str(item.get("value", "")) for part in containers for item in part.get("env") or [])


def _environment(containers: list[Mapping[str, Any]], name: str) -> Iterator[Secret]:
    """Variables with a secret as their plain value."""
    for part in containers:
        for item in part.get("env") or []:
            key, value = str(item.get("name", "")), str(item.get("value", ""))
            if code.named_secret(key, value) or code.by_form(value, name):
                yield Secret(f"{name} variable {key}", "a plain value of the environment")


def _exposed(pod: Mapping[str, Any], containers: list[Mapping[str, Any]]) -> Iterator[str]:
    if any((part.get("securityContext") or {}).get("privileged") for part in containers):
        yield "it runs privileged"
    if any("@sha256:" not in str(part.get("image", "")) for part in containers):
        yield "its image is named by a tag, which may point elsewhere tomorrow"
    if any("hostPath" in volume for volume in pod.get("volumes") or []):
        yield "it mounts a directory of its node"
