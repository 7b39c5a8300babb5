"""Container repositories."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import RepositoryName


class RegistrySpec(Spec):
    """ECR.

    Attributes:
        repositories: names; each becomes ``ferry-<environment>/<name>``.
        keep_images: how many tagged images a repository keeps; untagged ones go after a week.
    """

    repositories: list[RepositoryName] = Field(min_length=1)
    keep_images: int = Field(ge=1)
