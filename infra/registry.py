"""Image repositories (A8): scanned on push, their tags never moved, old images removed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.scope import Component, Scope
from infra.specs.registry import RegistrySpec

UNTAGGED_DAYS = 7


@dataclass(frozen=True)
class RegistryArgs:
    """Repositories of one environment; ``key`` is the ARN of the key that encrypts them."""

    scope: Scope
    spec: RegistrySpec
    key: pulumi.Input[str]


def lifecycle(keep_images: int) -> dict[str, Any]:
    """Which images go: untagged ones after a week, then all but the newest ``keep_images``."""
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_DAYS,
    }
    rest = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep_images}
    return {
        "rules": [
            {
                "rulePriority": number,
                "description": what,
                "selection": selection,
                "action": {"type": "expire"},
            }
            for number, what, selection in (
                (1, "untagged images", untagged),
                (2, "all but the newest", rest),
            )
        ]
    }


class Registry(Component):
    """ECR repositories, named after the environment.

    Attributes:
        urls: name in the spec to the repository's URL.
    """

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Registry", name, opts)
        self._args = args
        self.urls = {item: self._repository(item) for item in args.spec.repositories}
        self._scanning()
        self.register_outputs({"urls": self.urls})

    def _repository(self, item: str) -> pulumi.Output[str]:
        scope = self._args.scope
        repository = aws.ecr.Repository(
            self.part(item.replace("/", "-")),
            name=f"{scope.name}/{item}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(
                    encryption_type="KMS",
                    kms_key=self._args.key,
                )
            ],
            force_delete=scope.teardown,
            opts=self.child(protect=scope.protected),
        )
        aws.ecr.LifecyclePolicy(
            self.part(f"{item.replace('/', '-')}-lifecycle"),
            repository=repository.name,
            policy=json.dumps(lifecycle(self._args.spec.keep_images)),
            opts=self.child(),
        )
        url: pulumi.Output[str] = repository.repository_url
        return url

    def _scanning(self) -> None:
        """The account's own setting for this region: what the repositories ask for is also its default."""
        everything = aws.ecr.RegistryScanningConfigurationRuleRepositoryFilterArgs(
            filter="*",
            filter_type="WILDCARD",
        )
        rule = aws.ecr.RegistryScanningConfigurationRuleArgs(
            scan_frequency="SCAN_ON_PUSH", repository_filters=[everything]
        )
        aws.ecr.RegistryScanningConfiguration(
            self.part("scanning"), scan_type="BASIC", rules=[rule], opts=self.child()
        )
