"""The judges: official or widely used programs, each asked about all objects at once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from infra.namespaces import Level
from tests.manifests.rendered import KUBERNETES, Rendered

CUSTOM_GROUPS = ("gateway.networking.k8s.io",)
"""Groups under Kubernetes' own domain whose kinds are custom resources nevertheless."""
CRITICAL = 1
"""kube-score's grade for what it calls critical."""


def pod_security(judge: Path, pods: Sequence[tuple[str, Level, dict[str, Any]]]) -> dict[str, list[str]]:
    """Reasons why a pod would not be admitted at its level, by id; none is good.

    Args:
        judge: the official evaluator.
        pods: id, level, and the pod's metadata and spec.
    """
    asked = [
        {"id": name, "level": level, "metadata": pod.get("metadata", {}), "spec": pod["spec"]}
        for name, level, pod in pods
    ]
    done = subprocess.run([judge], input=json.dumps(asked), capture_output=True, text=True, check=True)
    return {answer["id"]: answer["reasons"] for answer in json.loads(done.stdout)}


def schema(item: Rendered) -> str:
    """What Kubernetes' own schema of the object's kind says against it; empty is good."""
    try:
        kubernetes_validate.validate(item.manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error.message)
    return ""


def has_schema(item: Rendered) -> bool:
    """Whether the kind is Kubernetes' own; the schemas of the others are in CRDs, which a rehearsal asks."""
    group = item.manifest["apiVersion"].partition("/")[0]
    return "." not in group or (group.endswith(".k8s.io") and group not in CUSTOM_GROUPS)


def kube_score(judge: Path, objects: Iterable[Rendered]) -> dict[str, str]:
    """Critical findings, ``<object>: <check>`` to what it says."""
    documents = yaml.safe_dump_all([item.manifest for item in objects])
    argv: list[str | Path] = [
        judge,
        "score",
        "--output-format",
        "json",
        "--kubernetes-version",
        f"v{KUBERNETES}",
        "-",
    ]
    done = subprocess.run(argv, input=documents, capture_output=True, text=True, check=False)
    answers = json.loads(done.stdout)
    return {
        f"{_name(answer)}: {check['check']['id']}": _said(check)
        for answer in answers or []
        for check in answer["checks"] or []
        if check["grade"] == CRITICAL and not check["skipped"]
    }


def _name(answer: dict[str, Any]) -> str:
    meta = answer["object_meta"]
    parts = (answer["type_meta"]["kind"], meta.get("namespace", ""), meta["name"])
    return "/".join(part for part in parts if part)


def _said(check: dict[str, Any]) -> str:
    comments = check["comments"] or []
    said = [f"{comment['path']} {comment['summary']}".strip() for comment in comments]
    return "; ".join(re.sub(r"\s+", " ", text) for text in said)
