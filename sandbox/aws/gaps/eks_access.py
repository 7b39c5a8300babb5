"""Who may enter a cluster: access entries, their policies, and pod identities. moto has none of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from moto.iam.models import iam_backends

from sandbox.aws.gaps.asking import Ask, Gap
from sandbox.aws.gaps.eks import check_trusted, cluster_of, invalid, not_found
from sandbox.aws.wire import RefusedError

Record = dict[str, Any]

POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEKSSecretReaderPolicy",
)
"""Access policies that a person may be given (EKS user guide, review access policy permissions)."""
_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"


def create_entry(ask: Ask) -> object:
    """CreateAccessEntry: for a cluster that takes entries, and an IAM principal that exists."""
    cluster, params = cluster_of(ask), ask.params
    if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
        raise RefusedError(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
            "to perform this operation.",
        )
    principal, kind = str(params["principalArn"]), str(params.get("type") or "STANDARD")
    _check_principal(ask, principal)
    if principal in cluster.entries:
        raise _taken("The specified access entry resource is already in use on this cluster.")
    if kind != "STANDARD" and params.get("kubernetesGroups"):
        raise invalid("The kubernetesGroups parameter can only be set for access entries of type STANDARD.")
    now = datetime.now(UTC)
    cluster.entries[principal] = entry = {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": list(params.get("kubernetesGroups") or _groups(kind)),
        "accessEntryArn": _arn(ask, "access-entry", cluster.name, _short(ask, principal), uuid.uuid4()),
        "createdAt": now,
        "modifiedAt": now,
        "tags": dict(params.get("tags") or {}),
        "username": params.get("username") or _username(kind, principal),
        "type": kind,
        "policies": {},
    }
    return {"accessEntry": entry}


def _check_principal(ask: Ask, arn: str) -> None:
    """EKS knows an IAM principal by its id, so it must exist."""
    iam: Any = iam_backends[ask.account]["aws"]
    known = {owner.arn for owner in [*iam.roles.values(), *iam.users.values()]}
    foreign = f"::{ask.account}:" not in arn
    if not foreign and arn not in known:
        raise invalid("The specified principalArn is invalid: invalid principal.")


def _arn(ask: Ask, kind: str, cluster: str, *rest: object) -> str:
    tail = "/".join(str(part) for part in (cluster, *rest))
    return f"arn:aws:eks:{ask.region}:{ask.account}:{kind}/{tail}"


def _short(ask: Ask, principal: str) -> str:
    kind, _, name = principal.rsplit(":", 1)[-1].partition("/")
    return f"{kind}/{ask.account}/{name}"


def _groups(kind: str) -> list[str]:
    return ["system:nodes"] if kind.startswith("EC2") else []


def _username(kind: str, principal: str) -> str:
    if kind.startswith("EC2"):
        return "system:node:{{EC2PrivateDNSName}}"
    if ":role/" not in principal:
        return principal
    account, name = principal.split(":")[4], principal.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"


def _taken(message: str) -> RefusedError:
    return RefusedError("ResourceInUseException", message, HTTPStatus.CONFLICT)


def entry_of(ask: Ask) -> Record:
    """The entry that the call names.

    Raises:
        RefusedError: there is none.
    """
    found: Record | None = cluster_of(ask).entries.get(str(ask.params["principalArn"]))
    if found is None:
        raise not_found(
            f"The specified principalArn could not be found. You can view your available access entries "
            f"with 'list-access-entries': {ask.params['principalArn']}"
        )
    return found


def describe_entry(ask: Ask) -> object:
    """DescribeAccessEntry."""
    return {"accessEntry": entry_of(ask)}


def list_entries(ask: Ask) -> object:
    """ListAccessEntries, or those with a policy."""
    wanted = ask.params.get("associatedPolicyArn")
    entries = cluster_of(ask).entries.items()
    return {"accessEntries": [arn for arn, entry in entries if not wanted or wanted in entry["policies"]]}


def update_entry(ask: Ask) -> object:
    """UpdateAccessEntry: groups and user name."""
    entry = entry_of(ask)
    for field in ("kubernetesGroups", "username"):
        if field in ask.params:
            entry[field] = ask.params[field]
    entry["modifiedAt"] = datetime.now(UTC)
    return {"accessEntry": entry}


def delete_entry(ask: Ask) -> object:
    """DeleteAccessEntry, its associations included."""
    entry_of(ask)
    del cluster_of(ask).entries[str(ask.params["principalArn"])]
    return {}


def associate(ask: Ask) -> object:
    """AssociateAccessPolicy; associating again changes the scope."""
    entry, policy, scope = entry_of(ask), str(ask.params["policyArn"]), dict(ask.params["accessScope"])
    if policy.removeprefix(_PREFIX) not in POLICIES:
        raise not_found(f"The specified policyArn does not exist: {policy}")
    if entry["type"] != "STANDARD":
        raise RefusedError(
            "InvalidRequestException",
            f"Access policies cannot be associated with access entries of type {entry['type']}.",
        )
    if scope.get("type") == "namespace" and not scope.get("namespaces"):
        raise invalid("Namespaces must be specified for an access scope of type namespace.")
    now = datetime.now(UTC)
    before = entry["policies"].get(policy, {"associatedAt": now})
    entry["policies"][policy] = made = {
        "policyArn": policy,
        "accessScope": {"namespaces": [], **scope},
        "associatedAt": before["associatedAt"],
        "modifiedAt": now,
    }
    return {**_whose(entry), "associatedAccessPolicy": made}


def disassociate(ask: Ask) -> object:
    """DisassociateAccessPolicy."""
    if entry_of(ask)["policies"].pop(str(ask.params["policyArn"]), None) is None:
        raise not_found("The specified access policy association could not be found.")
    return {}


def list_associated(ask: Ask) -> object:
    """ListAssociatedAccessPolicies."""
    entry = entry_of(ask)
    return {**_whose(entry), "associatedAccessPolicies": list(entry["policies"].values())}


def _whose(entry: Record) -> Record:
    return {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}


def list_policies(_ask: Ask) -> object:
    """ListAccessPolicies."""
    return {"accessPolicies": [{"name": name, "arn": _PREFIX + name} for name in POLICIES]}


def create_identity(ask: Ask) -> object:
    """CreatePodIdentityAssociation: one role per service account."""
    cluster, params = cluster_of(ask), ask.params
    check_trusted(ask.account, params["roleArn"], "pods.eks.amazonaws.com")
    whose = (params["namespace"], params["serviceAccount"])
    if whose in {(made["namespace"], made["serviceAccount"]) for made in cluster.pod_identities.values()}:
        raise _taken(f"Association already exists: {'/'.join(whose)}")
    identity, now = "a-" + uuid.uuid4().hex[:17], datetime.now(UTC)
    cluster.pod_identities[identity] = made = {
        "clusterName": cluster.name,
        "namespace": whose[0],
        "serviceAccount": whose[1],
        "roleArn": params["roleArn"],
        "associationArn": _arn(ask, "podidentityassociation", cluster.name, identity),
        "associationId": identity,
        "tags": dict(params.get("tags") or {}),
        "createdAt": now,
        "modifiedAt": now,
    }
    return {"association": made}


def _identity(ask: Ask) -> Record:
    found: Record | None = cluster_of(ask).pod_identities.get(str(ask.params["associationId"]))
    if found is None:
        raise not_found(f"The association {ask.params['associationId']} was not found.")
    return found


def describe_identity(ask: Ask) -> object:
    """DescribePodIdentityAssociation."""
    return {"association": _identity(ask)}


def list_identities(ask: Ask) -> object:
    """ListPodIdentityAssociations, by namespace and service account."""
    wanted = {key: ask.params[key] for key in ("namespace", "serviceAccount") if ask.params.get(key)}
    made = cluster_of(ask).pod_identities.values()
    return {"associations": [one for one in made if all(one[key] == value for key, value in wanted.items())]}


def update_identity(ask: Ask) -> object:
    """UpdatePodIdentityAssociation: the role."""
    found = _identity(ask)
    if ask.params.get("roleArn"):
        check_trusted(ask.account, ask.params["roleArn"], "pods.eks.amazonaws.com")
        found["roleArn"] = ask.params["roleArn"]
    found["modifiedAt"] = datetime.now(UTC)
    return {"association": found}


def delete_identity(ask: Ask) -> object:
    """DeletePodIdentityAssociation."""
    found = _identity(ask)
    del cluster_of(ask).pod_identities[found["associationId"]]
    return {"association": found}


GAP = Gap(
    "eks",
    {
        "CreateAccessEntry": create_entry,
        "DescribeAccessEntry": describe_entry,
        "ListAccessEntries": list_entries,
        "UpdateAccessEntry": update_entry,
        "DeleteAccessEntry": delete_entry,
        "AssociateAccessPolicy": associate,
        "DisassociateAccessPolicy": disassociate,
        "ListAssociatedAccessPolicies": list_associated,
        "ListAccessPolicies": list_policies,
        "CreatePodIdentityAssociation": create_identity,
        "DescribePodIdentityAssociation": describe_identity,
        "ListPodIdentityAssociations": list_identities,
        "UpdatePodIdentityAssociation": update_identity,
        "DeletePodIdentityAssociation": delete_identity,
    },
)
