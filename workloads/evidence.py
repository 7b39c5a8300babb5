"""What shows that a step is safe: one signed object, named by its own content (requirement C7).

Pure. ``ferry gate`` makes it, the program reads it when a stage advances, the guard reads it before a raise.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, ValidationError

from infra.specs.base import Spec
from workloads.state import EvidenceDigest, Stage


class Verdict(StrEnum):
    """What came out. Only ``PASS`` advances anything."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    """Shown to hold, by enough fresh data about the right models."""
    FAIL = "FAIL"
    """Shown not to hold, or not shown by data that would have been enough."""
    NO_DATA = "NO_DATA"
    """Nothing was measured. That is not health."""
    STALE = "STALE"
    """Measured too long ago, or before the workload came to where it is."""
    TOO_SMALL = "TOO_SMALL"
    """Fewer rows than the test needs; the result, whatever it is, does not count."""
    MISMATCH = "MISMATCH"
    """About other models, another workload or environment, or not signed by who may sign."""


class Kind(StrEnum):
    """What a check looks at."""

    PARITY = "parity"
    """Quality against the old system on paired rows."""
    TRAINING = "training"
    """Training time against the old system."""
    SLO = "slo"
    """Latency and errors, or files in time."""
    FEATURES = "features"
    """Every feature equal in the old store and the new one."""
    UNUSED = "unused"
    """Nobody asks the old system any more."""
    EXPORT = "export"
    """History exported and notebooks archived (requirement C12)."""


class Check(Spec):
    """One thing that was looked at.

    Attributes:
        kind: what.
        metric: of the kind, e.g. ``auc`` or ``p99_ms``.
        verdict: what came out.
        method: how it was judged, in words that a statistician accepts.
        n: rows, requests or runs; ``needed``: how many the method asks for.
        estimate: platform minus legacy, or the measured value; ``low`` and ``high`` its interval.
        limit: what it was held against.
        note: anything else a reader should know, such as the hardware.
    """

    kind: Kind
    metric: str
    verdict: Verdict
    method: str
    n: int = Field(ge=0)
    needed: int = Field(ge=0, default=0)
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    note: str = ""


Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Evidence(Spec):
    """What was found about one workload in one environment at one stage.

    Attributes:
        stage, ceiling: where the workload stood; it counts for the next step from there and for no other.
        legacy_model, platform_model: digests of what was compared.
        dataset: digest of the paired rows.
        multiplicity: what was done about there being several checks.
        expires_at: after this it is stale.
    """

    version: Literal[1] = 1
    workload: str
    environment: str
    stage: Stage
    ceiling: int | None = None
    legacy_model: Digest
    platform_model: Digest
    dataset: Digest
    checks: tuple[Check, ...]
    multiplicity: str
    made_at: AwareDatetime
    expires_at: AwareDatetime

    def canonical(self) -> bytes:
        """The one way to write it: sorted keys, no spaces, UTF-8, no NaN."""
        data = self.model_dump(mode="json")
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()

    @property
    def digest(self) -> str:
        """Its name: ``sha256:…`` of :meth:`canonical`."""
        return digest_of(self.canonical())


UNKNOWN = "sha256:" + "0" * 64
"""Stands for a model that nobody recorded; whatever bears it has not passed."""


def digest_of(content: bytes) -> str:
    """``sha256:`` and the hexadecimal digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Envelope(Spec):
    """Evidence as it lies in the store: what was signed, byte for byte, and the signature (base64)."""

    payload: str
    signature: str
    key: str


Verify = Callable[[bytes, bytes], bool]
"""Whether the second is who may sign's signature of the first."""


class UnreadableError(Exception):
    """The object is not the evidence that its name promises; the message says why."""


def seal(evidence: Evidence, signature: bytes, key: str) -> bytes:
    """What is put into the store."""
    payload = evidence.canonical().decode()
    envelope = Envelope(payload=payload, signature=base64.b64encode(signature).decode(), key=key)
    return envelope.model_dump_json().encode()


def unseal(content: bytes, digest: EvidenceDigest, verify: Verify) -> Evidence:
    """Evidence out of the store, after name and signature were checked.

    Raises:
        UnreadableError: not an envelope, another content than the name promises, or a wrong signature.
    """
    try:
        envelope = Envelope.model_validate_json(content)
        signature = base64.b64decode(envelope.signature, validate=True)
    except ValueError:
        raise UnreadableError("it is not an envelope with evidence") from None
    payload = envelope.payload.encode()
    if digest_of(payload) != digest:
        raise UnreadableError(f"its content is {digest_of(payload)}")
    if not verify(payload, signature):
        raise UnreadableError("its signature is not by the key of this environment")
    try:
        return Evidence.model_validate_json(payload)
    except ValidationError as error:
        raise UnreadableError(f"it has another form ({error.errors()[0]['msg']})") from None


class Finding(Spec):
    """What evidence says about one step: a verdict, and why in half a sentence."""

    verdict: Verdict
    why: str


NOTHING = Finding(verdict=Verdict.NO_DATA, why="none is named in configuration")
"""What no evidence says."""


class Asked(Spec):
    """What evidence is held against.

    Attributes:
        since: when the workload came to its stage; older evidence was taken before.
        kinds: what has to be shown.
        platform_model: digest of what is about to get traffic; None where only the guard knows it.
    """

    workload: str
    environment: str
    stage: Stage
    ceiling: int | None
    since: AwareDatetime | None
    kinds: frozenset[Kind]
    platform_model: str | None = None


def judge(evidence: Evidence, asked: Asked, now: datetime) -> Finding:
    """Whether this evidence is enough for this step at this time; the first thing that is wrong, if any."""
    return (
        _about_something_else(evidence, asked)
        or _too_old(evidence, asked, now)
        or _not_shown(evidence, asked.kinds)
        or Finding(verdict=Verdict.PASS, why="fresh, signed, and every check passed")
    )


def _about_something_else(evidence: Evidence, asked: Asked) -> Finding | None:
    pairs: Collection[tuple[str, object, object]] = (
        ("workload", evidence.workload, asked.workload),
        ("environment", evidence.environment, asked.environment),
        ("stage", evidence.stage, asked.stage),
        ("ceiling", evidence.ceiling, asked.ceiling),
        ("model", evidence.platform_model, asked.platform_model or evidence.platform_model),
    )
    for what, has, wanted in pairs:
        if has != wanted:
            return Finding(verdict=Verdict.MISMATCH, why=f"it is about {what} {has}, not {wanted}")
    return None


def _too_old(evidence: Evidence, asked: Asked, now: datetime) -> Finding | None:
    if now < evidence.made_at:
        return Finding(
            verdict=Verdict.MISMATCH, why=f"it was made in the future, at {evidence.made_at:%d %b %H:%M}"
        )
    if now >= evidence.expires_at:
        hours = (now - evidence.made_at).total_seconds() / 3600
        life = (evidence.expires_at - evidence.made_at).total_seconds() / 3600
        return Finding(verdict=Verdict.STALE, why=f"it is {hours:.0f} h old and was good for {life:.0f} h")
    if asked.since is not None and evidence.made_at < asked.since:
        return Finding(verdict=Verdict.STALE, why=f"it was made before the workload came to {asked.stage}")
    return None


def _not_shown(evidence: Evidence, kinds: frozenset[Kind]) -> Finding | None:
    """A check of any kind that failed counts, asked for or not; one that is asked for has to be there."""
    for check in evidence.checks:
        if check.verdict is not Verdict.PASS:
            return Finding(verdict=check.verdict, why=f"{check.kind} ({check.metric}) is {check.verdict}")
    missing = sorted(kinds - {check.kind for check in evidence.checks})
    if missing:
        return Finding(verdict=Verdict.NO_DATA, why=f"it says nothing about {', '.join(missing)}")
    return None
