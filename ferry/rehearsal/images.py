"""The images that a pipeline would have built and pushed; here their digests are put into the registry.

A repository is empty when `up` has made it, and no container is built in a rehearsal. What stands in the
settings is pushed by name, so that the look-up of digests has something to find, and to miss.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stacks.settings import Settings
from stacks.settings.rules.kubeflow import OWN_REPOSITORY
from stacks.settings.rules.tracking import MLFLOW_REPOSITORY

KIND = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": KIND, "config": {"size": 0}, "layers": []})
"""Of no content: nothing here pulls it."""


def wanted(settings: Settings) -> Iterator[tuple[str, str]]:
    """Repository (in the spec) and digest of the project's own images that are on."""
    if "experiment_tracking" in settings.enabled and settings.services.mlflow is not None:
        yield MLFLOW_REPOSITORY, settings.services.mlflow.digest
    if settings.services.crossing is not None and OWN_REPOSITORY in settings.registry.repositories:
        yield OWN_REPOSITORY, settings.services.crossing.digest


def push(ecr: Any, settings: Settings, urls: Mapping[str, str]) -> list[str]:
    """Put them into the repositories that the stack's outputs name; what was pushed, for the report."""
    pushed = []
    for repository, digest in wanted(settings):
        name = urls[repository].partition("/")[2]
        tag = digest.partition(":")[2][:12]
        ecr.put_image(repositoryName=name, imageManifest=MANIFEST, imageTag=tag, imageDigest=digest)
        pushed.append(f"{name}@{digest}: pushed without content, as a pipeline would with it")
    return pushed


def known(ecr: Any) -> set[str]:
    """Image references (``repository URL@digest``) that the account's registry has."""
    found = set()
    for page in ecr.get_paginator("describe_repositories").paginate():
        for item in page["repositories"]:
            listed = ecr.get_paginator("list_images").paginate(repositoryName=item["repositoryName"])
            digests = {image["imageDigest"] for images in listed for image in images["imageIds"]}
            found |= {f"{item['repositoryUri']}@{digest}" for digest in digests}
    return found
