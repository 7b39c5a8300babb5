"""Starts the judges, each in a process with its own site, and reads what they say. Thin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.toolchain.wheels import SITE
from tests.judges import parliament_run
from tests.judges.accepting import Finding
from tests.judges.terraform import Item, plan

DOCUMENTS = ("policy", "assumeRolePolicy")
CHECKOV = [
    "--framework",
    "terraform_plan",
    "--output",
    "json",
    "--quiet",
    "--compact",
    "--skip-download",
    "--soft-fail",
]
ITSELF = "arn:aws:iam::123456789012:role/itself"


def by_checkov(
    tool: Path, environments: Mapping[str, Iterable[Item]], folder: Path
) -> tuple[list[Finding], int]:
    """Failures of every severity, and how many resources were judged.

    A name in a plan ends with a number of its own, which is not part of a finding.
    """
    arguments: list[str] = []
    for name, items in environments.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(plan(items), default=str))
        arguments += ["-f", str(path)]
    said = _run(
        tool,
        ["-m", "checkov.main", *arguments, *CHECKOV],
    )
    reports: list[dict[str, Any]] = said if isinstance(said, list) else [said]
    failed = [item for report in reports for item in report["results"]["failed_checks"]]
    found = [
        Finding(
            "checkov",
            item["check_id"],
            f"{Path(item['file_path']).stem} {_name(item['resource'])}",
            item["check_name"],
        )
        for item in failed
    ]
    wrong = sum(report["summary"]["parsing_errors"] for report in reports)
    assert wrong == 0, "checkov could not read a plan"
    return found, sum(report["summary"]["resource_count"] for report in reports)


def _name(resource: str) -> str:
    return resource.partition(".")[2].rpartition("-")[0]


def by_parliament(tool: Path, documents: Mapping[str, str]) -> list[Finding]:
    """Everything that it says of IAM documents, by the name of each."""
    said: Sequence[tuple[str, str, str]] = _run(tool, [str(parliament_run.__file__)], json.dumps(documents))
    return [Finding("parliament", issue, name, detail) for name, issue, detail in said]


def documents(environment: str, items: Iterable[Item]) -> dict[str, str]:
    """Every IAM document of a stack. A role's trust names no resource; parliament wants one: it is itself."""
    found: dict[str, str] = {}
    for item in items:
        for key in DOCUMENTS:
            text = item.inputs.get(key)
            if item.type.startswith("aws:") and isinstance(text, str) and '"Statement"' in text:
                name = f"{environment} {item.type} {item.name}"
                found[name] = _with_resource(text) if key == "assumeRolePolicy" else text
    return found


def _with_resource(text: str) -> str:
    document = json.loads(text)
    statements = [{"Resource": ITSELF, **statement} for statement in document["Statement"]]
    return json.dumps({**document, "Statement": statements})


def _run(tool: Path, arguments: Sequence[str], given: str = "") -> Any:
    """The judge's answer as JSON; the tool is a link into its own site, which nobody else sees."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", *arguments],
        input=given,
        env={**os.environ, "PYTHONPATH": str(tool.with_name(SITE)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)
