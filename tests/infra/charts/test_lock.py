"""The lock of charts ("charts by OCI digest"). Proves what is refused, and what Helm is given.

That a digest is the registry's is proved where `ferry charts` meets one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.charts.lock import FETCHED, Chart, Lock, LockError, committed, differing, locked, read

DIGEST = f"sha256:{'a' * 64}"
OCI: dict[str, Any] = {"name": "karpenter", "repository": "oci://registry.test/charts", "version": "1.12.1"}
HTTPS: dict[str, Any] = {"name": "metrics-server", "repository": "https://charts.test/m", "version": "3.13.1"}
READ: dict[str, Any] = {"source": "the test"}


def test_committed_lock_can_be_used_and_says_why_of_each_unpinned_chart() -> None:
    assert locked("karpenter", "1.12.1").oci
    assert all(chart.unverified for chart in committed().unverified)


@pytest.mark.parametrize(
    ("chart", "reference", "looked_up_at"),
    [
        ({**OCI, **READ, "digest": DIGEST}, f"oci://registry.test/charts/karpenter@{DIGEST}", None),
        ({**OCI, "unverified": "new"}, "oci://registry.test/charts/karpenter", None),
        ({**HTTPS, **READ, "archive": DIGEST}, f"{FETCHED}/metrics-server-3.13.1.tgz", None),
        ({**HTTPS, "unverified": "new"}, "metrics-server", "https://charts.test/m"),
    ],
)
def test_helm_is_given_a_chart_by_its_digest_wherever_one_is_known(
    chart: dict[str, Any], reference: str, looked_up_at: str | None
) -> None:
    found = Chart.model_validate(chart)
    assert (found.reference, found.looked_up_at) == (reference, looked_up_at)


def test_the_archive_alone_does_not_pin_an_oci_chart() -> None:
    """Helm pulls the manifest that the tag names; a known archive says nothing about it."""
    known = Chart.model_validate({**OCI, **READ, "archive": DIGEST, "unverified": "manifest not read"})
    assert known.pin is None


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (OCI, "neither pinned nor unverified"),
        ({**OCI, "digest": DIGEST}, "without the source"),
        ({**OCI, **READ, "digest": DIGEST, "unverified": "new"}, "pinned and also unverified"),
        ({**HTTPS, **READ, "digest": DIGEST}, "is not oci://"),
        ({**OCI, **READ, "digest": "sha256:123"}, "digest"),
        ({**OCI, "version": "^1.2", "unverified": "new"}, "version"),
        ({**OCI, "repository": "http://registry.test", "unverified": "new"}, "repository"),
        ({**OCI, "digset": DIGEST, "unverified": "new"}, "digset"),
    ],
)
def test_a_lock_that_says_less_than_it_seems_is_refused(
    tmp_path: Path, chart: dict[str, Any], words: str
) -> None:
    path = tmp_path / "lock.yaml"
    path.write_text(yaml.safe_dump({"charts": [chart]}))
    with pytest.raises(LockError, match=words):
        read(path)


def test_a_chart_or_version_that_is_not_locked_is_refused_with_the_way_out() -> None:
    lock = Lock.model_validate({"charts": [{**OCI, "unverified": "new"}]})
    with pytest.raises(
        LockError, match=r"holds 1\.12\.1 of the chart karpenter, 1\.13\.0 was asked for.*ferry charts"
    ):
        lock.find("karpenter", "1.13.0")
    with pytest.raises(LockError, match="no version of the chart argo-cd"):
        lock.find("argo-cd")


def test_two_versions_are_told_apart_only_by_version() -> None:
    newer = {**OCI, "version": "1.13.0"}
    lock = Lock.model_validate({"charts": [{**chart, "unverified": "new"} for chart in (OCI, newer)]})
    assert lock.find("karpenter", "1.13.0").version == "1.13.0"
    with pytest.raises(LockError, match=r"1\.12\.1, 1\.13\.0"):
        lock.find("karpenter")
    with pytest.raises(ValueError, match="stands here twice"):
        Lock.model_validate({"charts": [{**OCI, "unverified": "new"}] * 2})


def test_a_fetched_archive_of_another_content_is_noticed(tmp_path: Path) -> None:
    right = f"sha256:{hashlib.sha256(b'chart').hexdigest()}"
    chart = Chart.model_validate({**HTTPS, **READ, "archive": right})
    assert differing(chart, tmp_path) is None, "nothing fetched is not another content"
    file = tmp_path / FETCHED / chart.file
    file.parent.mkdir()
    file.write_bytes(b"chart")
    assert differing(chart, tmp_path) is None
    file.write_bytes(b"another chart")
    assert differing(chart, tmp_path) == f"sha256:{hashlib.sha256(b'another chart').hexdigest()}"
