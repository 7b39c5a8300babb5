"""The script that brings a model into the cache, against an emulated S3 (B4).

It proves what is refused and what is kept. That a pod runs it with the right arguments is proved in
``test_triton.py``, and that Triton serves the result in ``tests/sandbox/servers/test_serving.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.triton import fetch

BUCKET, PREFIX = "models", "churn/7/"
FILES = {"config.pbtxt": b"name: 'churn'", "1/model.py": b"pass"}


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def manifest(files: dict[str, bytes]) -> bytes:
    return json.dumps({"files": {name: digest(content) for name, content in files.items()}}).encode()


class Store:
    """S3 with one model, and the variables of its pod."""

    def __init__(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        self.cache = cache
        self._patch = monkeypatch
        self.publish(FILES, manifest(FILES))

    def publish(self, files: dict[str, bytes], listed: bytes) -> None:
        for name, content in {**files, "manifest.json": listed}.items():
            self.s3.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=content)
        self.want(digest(listed))

    def want(self, wanted: str) -> None:
        variables = {"BUCKET": BUCKET, "PREFIX": PREFIX, "DIGEST": wanted, "MODEL": "churn"}
        for key, value in {**variables, "CACHE": str(self.cache)}.items():
            self._patch.setenv(key, value)

    @property
    def cached(self) -> dict[str, bytes]:
        home = self.cache / "churn"
        files = (path for path in home.rglob("*") if path.is_file())
        return {str(path.relative_to(home)): path.read_bytes() for path in files}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Store(tmp_path, monkeypatch)


def test_reviewed_model_is_in_the_cache_whole(store: Store) -> None:
    """B4."""
    assert fetch.main() == 0
    assert store.cached == FILES


def test_cached_model_needs_no_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """B4: a container that starts again asks nobody."""
    assert fetch.main() == 0

    def nobody(*_: Any) -> None:
        raise AssertionError("S3 was asked")

    monkeypatch.setattr(boto3, "client", nobody)
    assert fetch.main() == 0
    assert store.cached == FILES


def test_another_manifest_than_the_reviewed_one_is_refused(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """B4: whoever may write to the bucket does not decide what is served."""
    store.want(digest(b"reviewed"))
    assert fetch.main() == 1
    assert "not the model that was reviewed" in capsys.readouterr().err
    assert store.cached == {}


def test_changed_file_is_refused_and_nothing_of_it_is_served(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """B4."""
    store.s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}1/model.py", Body=b"import os")
    assert fetch.main() == 1
    assert "1/model.py is not what the manifest says" in capsys.readouterr().err
    assert store.cached == {}


def test_manifest_that_leaves_its_folder_is_refused(store: Store) -> None:
    """B4."""
    files = {"../evil": b"x"}
    store.publish({}, manifest(files))
    assert fetch.main() == 1
    assert not (store.cache / "evil").exists()


def test_new_model_replaces_the_old_one_whole(store: Store) -> None:
    """B4."""
    assert fetch.main() == 0
    files = {"config.pbtxt": b"new", "2/model.py": b"pass"}
    store.publish(files, manifest(files))
    assert fetch.main() == 0
    assert store.cached == files
