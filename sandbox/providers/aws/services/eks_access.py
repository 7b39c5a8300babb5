"""Who may enter a cluster: access entries, the policies associated with them, pod identities."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, given
from sandbox.providers.aws.services.eks import EksHandler, moment
from sandbox.providers.base import CheckFailure, Props


class AccessEntry(EksHandler):
    """``aws:eks/accessEntry:AccessEntry``; its id is ``<cluster>:<principal ARN>``."""

    title = "EKS Access Entry"
    cfn = "AWS::EKS::AccessEntry"
    names = {"userName": "Username"}
    arn_key = "accessEntryArn"
    defaults = {"type": "STANDARD"}
    moves_on_update = frozenset({"modifiedAt"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        if inputs.get("type") not in ("STANDARD", None) and inputs.get("kubernetesGroups"):
            reason = f"an access entry of type {inputs['type']} takes no groups. Remove kubernetesGroups."
            return [CheckFailure("kubernetesGroups", reason)]
        return []

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("eks").create_access_entry(
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            type=inputs["type"],
            **given(
                kubernetesGroups=inputs.get("kubernetesGroups"),
                username=inputs.get("userName"),
                tags=dict(inputs.get("tagsAll") or {}) or None,
            ),
        )["accessEntry"]
        return Made(f"{inputs['clusterName']}:{inputs['principalArn']}", _entry(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cluster, _, principal = id_.partition(":")
        found = aws.client("eks").describe_access_entry(clusterName=cluster, principalArn=principal)
        return _entry(found["accessEntry"]) | {"tagsAll": found["accessEntry"].get("tags") or {}}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        cluster, _, principal = id_.partition(":")
        aws.client("eks").update_access_entry(
            clusterName=cluster,
            principalArn=principal,
            kubernetesGroups=change.new.get("kubernetesGroups") or [],
            **given(username=change.new.get("userName")),
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        cluster, _, principal = id_.partition(":")
        aws.client("eks").delete_access_entry(clusterName=cluster, principalArn=principal)


def _entry(entry: dict[str, Any]) -> Props:
    return {
        "accessEntryArn": entry["accessEntryArn"],
        "clusterName": entry["clusterName"],
        "principalArn": entry["principalArn"],
        "type": entry["type"],
        "userName": entry.get("username", ""),
        "kubernetesGroups": entry.get("kubernetesGroups") or [],
        "createdAt": moment(entry.get("createdAt")),
        "modifiedAt": moment(entry.get("modifiedAt")),
    }


class AccessPolicyAssociation(Handler):
    """``aws:eks/accessPolicyAssociation:AccessPolicyAssociation``; id ``<cluster>#<principal>#<policy>``."""

    title = "EKS Access Policy Association"
    replace_on = frozenset({"accessScope", "clusterName", "policyArn", "principalArn"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("eks").associate_access_policy(
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            policyArn=inputs["policyArn"],
            accessScope=inputs["accessScope"],
        )["associatedAccessPolicy"]
        id_ = "#".join(inputs[key] for key in ("clusterName", "principalArn", "policyArn"))
        return Made(id_, _association(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cluster, principal, policy = id_.split("#")
        answer = aws.client("eks").list_associated_access_policies(
            clusterName=cluster, principalArn=principal
        )
        found = next(
            (item for item in answer["associatedAccessPolicies"] if item["policyArn"] == policy), None
        )
        if found is None:
            return None
        where = {"clusterName": cluster, "principalArn": principal}
        return where | _association(found)

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Every input forces a new association."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        cluster, principal, policy = id_.split("#")
        aws.client("eks").disassociate_access_policy(
            clusterName=cluster, principalArn=principal, policyArn=policy
        )


def _association(association: dict[str, Any]) -> Props:
    return {
        "policyArn": association["policyArn"],
        "accessScope": {key: value for key, value in association["accessScope"].items() if value},
        "associatedAt": moment(association.get("associatedAt")),
        "modifiedAt": moment(association.get("modifiedAt")),
    }


class PodIdentityAssociation(EksHandler):
    """``aws:eks/podIdentityAssociation:PodIdentityAssociation``; id ``<association id>``."""

    title = "EKS Pod Identity Association"
    cfn = "AWS::EKS::PodIdentityAssociation"
    arn_key = "associationArn"

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("eks").create_pod_identity_association(
            clusterName=inputs["clusterName"],
            namespace=inputs["namespace"],
            serviceAccount=inputs["serviceAccount"],
            roleArn=inputs["roleArn"],
            **given(tags=dict(inputs.get("tagsAll") or {}) or None),
        )["association"]
        return Made(made["associationId"], _pod_identity(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cluster, association = state.get("clusterName", ""), id_
        if "," in id_:
            cluster, _, association = id_.partition(",")
        found = aws.client("eks").describe_pod_identity_association(
            clusterName=cluster, associationId=association
        )["association"]
        return _pod_identity(found) | {"tagsAll": found.get("tags") or {}}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("eks").update_pod_identity_association(
            clusterName=change.new["clusterName"], associationId=id_, roleArn=change.new["roleArn"]
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("eks").delete_pod_identity_association(clusterName=state["clusterName"], associationId=id_)


def _pod_identity(association: dict[str, Any]) -> Props:
    return {
        key: association[key]
        for key in (
            "associationArn",
            "associationId",
            "clusterName",
            "namespace",
            "roleArn",
            "serviceAccount",
        )
    }
