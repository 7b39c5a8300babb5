"""Image repositories, their policies, and the registry's scanning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.convert import from_aws
from sandbox.providers.aws.services.ec2 import first
from sandbox.providers.aws.services.iam import malformed
from sandbox.providers.base import CheckFailure, Props


class Repository(Handler):
    """``aws:ecr/repository:Repository``; its id is its name."""

    title = "ECR Repository"
    cfn = "AWS::ECR::Repository"
    names = {
        "name": "RepositoryName",
        "encryptionConfigurations": "",
        "imageTagMutabilityExclusionFilters": "",
    }
    autoname = AutoName("name", 255)
    defaults = {"imageTagMutability": "MUTABLE"}
    replace_on = frozenset({"encryptionConfigurations"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("ecr").create_repository(
            repositoryName=inputs["name"],
            imageTagMutability=inputs["imageTagMutability"],
            tags=key_values(inputs.get("tagsAll")),
            **given(
                imageScanningConfiguration=inputs.get("imageScanningConfiguration"),
                encryptionConfiguration=_encryption(inputs),
            ),
        )["repository"]
        return Made(inputs["name"], _repository(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        ecr = aws.client("ecr")
        found = first(ecr.describe_repositories(repositoryNames=[id_])["repositories"])
        if found is None:
            return None
        tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
        return _repository(found) | {"tagsAll": tag_map(tags)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        ecr, new = aws.client("ecr"), change.new
        if "imageTagMutability" in change:
            ecr.put_image_tag_mutability(repositoryName=id_, imageTagMutability=new["imageTagMutability"])
        if "imageScanningConfiguration" in change:
            scanning = new.get("imageScanningConfiguration") or {"scanOnPush": False}
            ecr.put_image_scanning_configuration(repositoryName=id_, imageScanningConfiguration=scanning)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ecr").delete_repository(repositoryName=id_, force=bool(state.get("forceDelete")))

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        ecr, arn = aws.client("ecr"), state["arn"]
        if put:
            ecr.tag_resource(resourceArn=arn, tags=key_values(put))
        if drop:
            ecr.untag_resource(resourceArn=arn, tagKeys=list(drop))


def _encryption(inputs: Props) -> dict[str, Any] | None:
    if not inputs.get("encryptionConfigurations"):
        return None
    chosen = inputs["encryptionConfigurations"][0]
    return {"encryptionType": chosen.get("encryptionType", "AES256"), **given(kmsKey=chosen.get("kmsKey"))}


def _repository(repository: Mapping[str, Any]) -> Props:
    return {
        "arn": repository["repositoryArn"],
        "name": repository["repositoryName"],
        "registryId": repository["registryId"],
        "repositoryUrl": repository["repositoryUri"],
        "imageTagMutability": repository["imageTagMutability"],
        "imageScanningConfiguration": repository["imageScanningConfiguration"],
        "encryptionConfigurations": [repository["encryptionConfiguration"]],
    }


class LifecyclePolicy(Handler):
    """``aws:ecr/lifecyclePolicy:LifecyclePolicy``; its id is the repository's name."""

    title = "ECR Lifecycle Policy"
    replaced_first_deleted = True
    replace_on = frozenset({"repository"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = self._put(aws, inputs)
        return Made(inputs["repository"], {"registryId": made.get("registryId", aws.account)})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("ecr").get_lifecycle_policy(repositoryName=id_)
        return {
            "repository": id_,
            "policy": found["lifecyclePolicyText"],
            "registryId": found.get("registryId", aws.account),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ecr").delete_lifecycle_policy(repositoryName=id_)

    def _put(self, aws: Scope, inputs: Props) -> dict[str, Any]:
        made: dict[str, Any] = aws.client("ecr").put_lifecycle_policy(
            repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"]
        )
        return made


class RepositoryPolicy(Handler):
    """``aws:ecr/repositoryPolicy:RepositoryPolicy``; its id is the repository's name."""

    title = "ECR Repository Policy"
    replace_on = frozenset({"repository"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        return Made(inputs["repository"], {"registryId": aws.account})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("ecr").get_repository_policy(repositoryName=id_)
        return {"repository": id_, "policy": found["policyText"], "registryId": aws.account}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ecr").delete_repository_policy(repositoryName=id_)

    def _put(self, aws: Scope, inputs: Props) -> None:
        aws.client("ecr").set_repository_policy(
            repositoryName=inputs["repository"], policyText=inputs["policy"]
        )


class RegistryScanningConfiguration(Handler):
    """``aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration``: one per account and region."""

    title = "ECR Registry Scanning Configuration"

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        return Made(aws.account, {"registryId": aws.account, "rules": inputs.get("rules") or []})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("ecr").get_registry_scanning_configuration()
        settings = from_aws(found["scanningConfiguration"])
        return {
            "registryId": id_,
            "scanType": settings["scanType"],
            "rules": _read_rules(settings.get("rules")),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        self._put(aws, {"scanType": "BASIC"})

    def _put(self, aws: Scope, inputs: Props) -> None:
        aws.client("ecr").put_registry_scanning_configuration(
            scanType=inputs["scanType"], rules=_write_rules(inputs.get("rules"))
        )


def _write_rules(rules: Sequence[Props] | None) -> list[dict[str, Any]]:
    """The provider's singular-plural ``repositoryFilters`` are the service's own name too."""
    return [
        {"scanFrequency": rule["scanFrequency"], "repositoryFilters": rule["repositoryFilters"]}
        for rule in rules or ()
    ]


def _read_rules(rules: Sequence[Props] | None) -> list[Props]:
    return [dict(rule) for rule in rules or ()]
