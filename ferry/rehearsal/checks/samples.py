"""The sample pipelines, run by Kubeflow's local runner; their artifacts go to the store of pipelines (B2).

Real: the SDK, its compiler and runner, the steps, the token, the role, S3's answer. Simulated: the pods, and
Kubeflow's launcher, which on the cluster uploads a step's artifacts with the very account that is used here.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.irsa import ACCOUNT, AUDIENCE, NAMESPACE, OWN_STORE, ROLE, assume
from ferry.report.model import Check, Claim

PREFIX = "v2/artifacts/rehearsal"
"""Below it the samples' artifacts go; Kubeflow's own go below ``v2/artifacts`` too."""
EXPECTED: Mapping[str, frozenset[str]] = {
    "sample": frozenset({"report/written"}),
    "two-steps": frozenset({"prepare/data", "fit/model"}),
}
"""Pipeline to the artifacts that its steps must leave, step and name."""
SLOPE, EXACT = 2.0, 0.001
"""What the second pipeline fits, and how exactly."""
LONGEST_S = 240.0
"""For both pipelines, on a machine that does other things too; alone they take less than ten seconds."""

RAN = Claim("pipelines.ran", "B2", "the sample pipelines ran through Kubeflow's local runner to their result")
STORED = Claim("pipelines.stored", "B2", "their artifacts are in S3, written by pipeline-runner's own role")
SIMULATED = (
    "Kubeflow's launcher: the artifacts of the sample pipelines are uploaded by the check, as its account"
)


@dataclass(frozen=True)
class Found:
    """What the runs left: outputs by pipeline; artifacts by ``pipeline/step/name`` to their digest."""

    outputs: Mapping[str, Mapping[str, Any]]
    local: Mapping[str, str]
    stored: Mapping[str, str]


def judge(found: Found) -> list[Check]:
    """Every pipeline gave its result, and each artifact is in the store as it was written."""
    wrong = [f"{name} did not run" for name in EXPECTED if name not in found.outputs]
    slope = found.outputs.get("two-steps", {}).get("Output")
    if isinstance(slope, float) and abs(slope - SLOPE) > EXACT:
        wrong.append(f"two-steps fitted {slope} where {SLOPE} is right")
    wanted = [f"{name}/{artifact}" for name, artifacts in EXPECTED.items() for artifact in sorted(artifacts)]
    lost = [f"{key} was not written by its step" for key in wanted if key not in found.local]
    lost += [
        f"{key} is not in the store as it was written"
        for key, digest in found.local.items()
        if found.stored.get(key) != digest
    ]
    return [RAN.none_of(wrong), STORED.none_of(lost)]


def run(context: CheckContext, note: Note) -> list[Check]:
    """Run both, upload what they left with the runner's role, and read it back as somebody else."""
    role, store = context.outputs["roles"].get(ROLE), context.outputs["stores"].get(OWN_STORE)
    if not role or not store:
        return [RAN.failed(f"the stack's outputs name no role {ROLE} or no store {OWN_STORE}")]
    context.simulated.append(SIMULATED)
    with tempfile.TemporaryDirectory(dir=context.spec.state) as directory:
        note("two pipelines through Kubeflow's local runner")
        fault = _run_all(Path(directory))
        if fault:
            return [RAN.failed(fault)]
        outputs = json.loads((Path(directory) / "outputs.json").read_text())
        files = artifacts(Path(directory), EXPECTED)
        note(f"{len(files)} artifacts into {store}")
        return judge(Found(outputs, _digests(files), _through_s3(context, str(role), str(store), files)))


def _run_all(directory: Path) -> str:
    """What went wrong; empty when nothing did. A process of its own: the runner keeps global state."""
    argv = [sys.executable, "-m", "workloads.samples", "run", str(directory)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LONGEST_S, check=False)  # noqa: S603 - own module
    except subprocess.TimeoutExpired:
        return f"the pipelines did not end within {LONGEST_S:.0f} s"
    return "" if done.returncode == 0 else f"the runner ended with {done.returncode}: {done.stderr[-500:]}"


def artifacts(directory: Path, pipelines: Mapping[str, Any]) -> dict[str, bytes]:
    """Artifacts below the runs' directories, by ``pipeline/step/name``, without the runner's own files."""
    found = {}
    for name in pipelines:
        for path in sorted((directory / name).glob("*/*/*")):
            if path.is_file() and path.name != "executor_output.json":
                found[f"{name}/{path.parent.name}/{path.name}"] = path.read_bytes()
    return found


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {key: hashlib.sha256(body).hexdigest() for key, body in files.items()}


def _through_s3(context: CheckContext, role: str, store: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write as the runner, read as the account; then take everything away again."""
    credentials = assume(context, role, context.kube.token(NAMESPACE, ACCOUNT, AUDIENCE))
    as_runner, as_account = context.aws("s3", credentials), context.aws("s3")
    for key, body in files.items():
        as_runner.put_object(Bucket=store, Key=f"{PREFIX}/{key}", Body=body)
    try:
        return {key: _stored_digest(as_account, store, key) for key in files}
    finally:
        _clean(as_account, store)


def _stored_digest(s3: Any, store: str, key: str) -> str:
    body = s3.get_object(Bucket=store, Key=f"{PREFIX}/{key}")["Body"].read()
    return hashlib.sha256(body).hexdigest()


def _clean(s3: Any, store: str) -> None:
    listed = s3.list_object_versions(Bucket=store, Prefix=PREFIX)
    versions: Sequence[Mapping[str, str]] = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
    for item in versions:
        s3.delete_object(Bucket=store, Key=item["Key"], VersionId=item["VersionId"])
