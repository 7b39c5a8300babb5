"""Brings a model into the cache before Triton starts; runs as the pod's init container.

Standard library and boto3 only. ``manifest.json`` in the model's folder names the SHA-256 of every file, and
its own is given: what was reviewed is what is served. The model appears whole, by one rename; if it is there
already (the container started again), nothing is fetched.

Environment: ``BUCKET``, ``PREFIX`` (ends in ``/``), ``DIGEST`` (``sha256:…`` of the manifest), ``MODEL``,
``CACHE``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path, PurePosixPath

import boto3

_BLOCK = 1 << 20


def main() -> int:
    """Fetch, compare, rename. The exit code is 1 for content that is not the reviewed one."""
    bucket, prefix, digest = (os.environ[name] for name in ("BUCKET", "PREFIX", "DIGEST"))
    cache, model = Path(os.environ["CACHE"]), os.environ["MODEL"]
    home, mark = cache / model, cache / f".{model}.digest"
    if home.is_dir() and mark.is_file() and mark.read_text() == digest:
        say(f"{model} {digest} is in the cache")
        return 0
    store = boto3.client("s3")
    text = store.get_object(Bucket=bucket, Key=f"{prefix}manifest.json")["Body"].read()
    if f"sha256:{hashlib.sha256(text).hexdigest()}" != digest:
        say(f"s3://{bucket}/{prefix}manifest.json is not {digest}: this is not the model that was reviewed")
        return 1
    part = cache / f".{model}.part"
    shutil.rmtree(part, ignore_errors=True)
    for name, expected in json.loads(text)["files"].items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            say(f"the manifest names {name}, which is outside the model's folder")
            return 1
        target = part / name
        target.parent.mkdir(parents=True, exist_ok=True)
        store.download_file(bucket, prefix + name, str(target))
        if digest_of(target) != expected:
            say(f"s3://{bucket}/{prefix}{name} is not what the manifest says ({expected})")
            return 1
    shutil.rmtree(home, ignore_errors=True)
    part.rename(home)
    mark.write_text(digest)
    say(f"{model} {digest} fetched")
    return 0


def digest_of(path: Path) -> str:
    """SHA-256 of a file, ``sha256:…``."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return f"sha256:{found.hexdigest()}"


def say(sentence: str) -> None:
    """To the container's log."""
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
