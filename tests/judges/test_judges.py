"""Judges that somebody else wrote find nothing that nobody has explained (E3, E8).

checkov sees every resource of AWS in dev and prod, by a translation that refuses a type it does not know, and
parliament every IAM document. Both see what the program registers and what the cluster's component makes of
it. That a judge can see at all is shown by a twin that is spoilt.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.providers.aws.table import BACKED, RECORDED
from tests.infra.environments import children, made
from tests.judges.accepting import Explanation, Finding, read, unexplained, unused
from tests.judges.asking import by_checkov, by_parliament, documents
from tests.judges.terraform import SECRET, Item, UnmappedError, plan, terraform_type

ENVIRONMENTS = ("dev", "prod")
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"


@functools.cache
def items(environment: str) -> tuple[Item, ...]:
    """Everything that the program registers, and what the cluster's component makes of it."""
    registered = (*made(environment).resources, *children(environment))
    return tuple(Item(item.urn, item.type, item.name, item.inputs, item.uses) for item in registered)


def explained_by(judge: str) -> list[Explanation]:
    """Entries of the reviewed file."""
    return [item for item in read() if item.judge == judge]


def told(found: Sequence[Finding]) -> str:
    """For the message of a failing test."""
    return "\n".join(f"{item.rule} {item.where}: {item.what}" for item in found)


def spoilt() -> list[Item]:
    """A bucket's lock, open."""
    (first, *_) = [item for item in items("dev") if item.type == BLOCK]
    return [dataclasses.replace(first, inputs={**first.inputs, "blockPublicAcls": False})]


def test_checkov_finds_nothing_that_nobody_explained(checkov: Path, tmp_path: Path) -> None:
    """E3: all severities, checks across resources included; the spoilt twin is found by the same run."""
    stacks = {name: items(name) for name in ENVIRONMENTS} | {"spoilt": spoilt()}
    found, judged = by_checkov(checkov, stacks, tmp_path)
    ours = [item for item in found if not item.where.startswith("spoilt ")]
    left = unexplained(ours, explained_by("checkov"))
    assert left == [], told(left)
    assert unused(ours, explained_by("checkov")) == []
    assert judged >= 400, "a judge that sees little finds little"
    twins = {(item.rule, item.where.partition(" ")[2]) for item in found if item.where.startswith("spoilt ")}
    assert "CKV_AWS_53" in {rule for rule, _ in twins}, "the open lock was not seen"


def test_parliament_finds_nothing_that_nobody_explained(checkov: Path) -> None:
    """A4, E3: every IAM document; a misspelt action is found by the same run."""
    asked = {name: text for env in ENVIRONMENTS for name, text in documents(env, items(env)).items()}
    twin = {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::b/*"}
    bad = json.dumps({"Version": "2012-10-17", "Statement": [twin]})
    found = by_parliament(checkov, {**asked, "spoilt": bad})
    ours = [item for item in found if item.where != "spoilt"]
    left = unexplained(ours, explained_by("parliament"))
    assert left == [], told(left)
    assert unused(ours, explained_by("parliament")) == []
    assert len(asked) >= 60, "a judge that sees little finds little"
    assert "UNKNOWN_ACTION" in {item.rule for item in found if item.where == "spoilt"}


def test_every_type_that_the_rehearsal_knows_is_mapped() -> None:
    """E3: coverage cannot shrink unseen."""
    unmapped = []
    for kind in {*BACKED, *RECORDED}:
        try:
            terraform_type(kind)
        except UnmappedError:
            unmapped.append(kind)
    assert unmapped == []


def test_type_that_is_in_no_table_is_an_error() -> None:
    """E3."""
    with pytest.raises(UnmappedError, match="Add it to TYPES"):
        plan([Item("urn", "aws:lambda/function:Function", "f", {})])


def test_secret_is_no_part_of_a_plan() -> None:
    """E3: as the engine marks it."""
    marked = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "hidden"}
    text = json.dumps(plan([Item("urn", BUCKET, "b", {"bucket": marked})]))
    assert "hidden" not in text
    assert SECRET in text


def test_explanation_covers_its_own_findings_only() -> None:
    """E3: another rule, another thing and another judge stay open; one that covers nothing is named."""
    known = Explanation("checkov", "A", ("dev *-bucket",), "because")
    mine, others = (
        Finding("checkov", "A", "dev x-bucket"),
        [
            Finding("checkov", "B", "dev x-bucket"),
            Finding("checkov", "A", "prod x-bucket"),
            Finding("parliament", "A", "dev x-bucket"),
        ],
    )
    assert unexplained([mine, *others], [known]) == sorted(others)
    assert unused(others, [known]) == [known]
